"""What a kiosk obeys: what was signed for it, now, and once."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

from device.fleet.commands import RECORD, Commands, Outcome
from device.fleet.disk import Disk
from device.fleet.envelopes import Announcement, Command, wrap
from device.fleet.trust import ANCHOR, Trust
from device.messaging.payloads import LIFETIME_S
from device.messaging.topics import Topics
from tests.device.fleet.disks import DyingDisk, PowerCutError
from tests.device.fleet.repository import NOW, FleetRepository
from tests.junk import JSON, payloads
from tests.schemas import valid
from tools.fleet.keys import generate
from tools.fleet.signing import commander

BOOT = "boot-1"
WALL = datetime(2001, 1, 1, tzinfo=UTC)
"""The kiosk's own clock, which is wrong."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> FleetRepository:
    return FleetRepository(tmp_path_factory.mktemp("signed"))


@pytest.fixture(scope="module")
def signer(fleet: FleetRepository) -> CryptoSigner:
    return commander(fleet.repository, fleet.keys)


@pytest.fixture
def start(memory: Path, fleet: FleetRepository) -> Callable[..., Commands]:
    """Starts the agent's part; it finds what the one before has left."""
    (memory / "trust").mkdir()
    (memory / "trust" / ANCHOR).write_bytes(fleet.root)

    def start(disk: Disk | None = None, boot: str = BOOT) -> Commands:
        trust = Trust(memory / "trust", Disk(), NOW - timedelta(days=9))
        topics = Topics("helsinki", "kiosk-1")
        return Commands(topics, memory, disk or Disk(), trust, lambda: boot)

    return start


@pytest.fixture
def commands(start: Callable[..., Commands]) -> Commands:
    return start()


def command(**given: Any) -> Command:
    fields: dict[str, Any] = {
        "kiosk": "helsinki/kiosk-1",
        "boot": BOOT,
        "sequence": 1,
        "expires": NOW + timedelta(minutes=2),
        "verb": "identify",
    }
    return Command(**(fields | given))


def announcement(text: str = "The west door is closed", **given: Any) -> Announcement:
    fields: dict[str, Any] = {
        "site": "helsinki",
        "number": 5,
        "begins": NOW - timedelta(hours=1),
        "ends": NOW + timedelta(hours=1),
        "texts": {"en": text},
    }
    return Announcement(**(fields | given))


def refusal(outcome: Outcome) -> str:
    assert outcome.state == "refused"
    valid("command-result", outcome.message(NOW))
    return outcome.reason.partition(":")[0]


def test_a_command_is_obeyed_once(commands: Commands, signer: CryptoSigner) -> None:  # failure 19
    payload = wrap(command(), signer)
    assert commands.command(payload, False, NOW) == Outcome(1, "identify")
    assert refusal(commands.command(payload, False, NOW)) == "repeated"
    assert commands.sequence == 1


def test_a_retained_command_is_refused(
    commands: Commands, signer: CryptoSigner, memory: Path
) -> None:  # failure 14
    assert refusal(commands.command(wrap(command(), signer), True, NOW)) == "retained"
    assert not (memory / RECORD).exists()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"kiosk": "helsinki/kiosk-2"}, "another kiosk"),
        ({"boot": "boot-0"}, "another start"),
        ({"expires": NOW}, "expired"),
    ],
)
def test_a_command_for_another_kiosk_start_or_time_is_refused(
    commands: Commands, signer: CryptoSigner, given: dict[str, Any], reason: str
) -> None:
    assert refusal(commands.command(wrap(command(**given), signer), False, NOW)) == reason
    assert commands.sequence == 0


def test_a_clock_that_was_set_back_revives_no_command(
    commands: Commands, signer: CryptoSigner, fleet: FleetRepository, memory: Path
) -> None:
    trust = Trust(memory / "trust", Disk(), NOW)
    fleet.publish(1)
    trust.update(fleet.files, fleet.blob, NOW)  # the floor of time is NOW from here on
    payload = wrap(command(expires=NOW - timedelta(seconds=1)), signer)
    for now in (NOW - timedelta(days=700), None):
        assert refusal(commands.command(payload, False, now)) == "expired"


@pytest.mark.parametrize("change", ["payload", "type", "key", "document"])
def test_what_the_operators_key_has_not_signed_is_refused(
    commands: Commands, signer: CryptoSigner, change: str
) -> None:
    envelope = json.loads(wrap(command(), signer))
    if change == "payload":
        text = base64.b64decode(envelope["payload"]).replace(b"identify", b"restart")
        envelope["payload"] = base64.b64encode(text).decode()
    elif change == "type":
        envelope["payloadType"] = "application/vnd.wayside.announcement+json"
    elif change == "key":
        envelope = json.loads(wrap(command(), generate("commands")[1]))
    else:
        envelope = json.loads(wrap(announcement(), signer))
    outcome = commands.command(json.dumps(envelope).encode(), False, NOW)
    assert refusal(outcome) == ("broken" if change == "document" else "signature")
    assert outcome.sequence is None
    assert commands.sequence == 0


def test_after_a_rotation_the_old_key_commands_nothing(
    commands: Commands, tmp_path: Path, fleet: FleetRepository, memory: Path
) -> None:
    other = fleet.copy(tmp_path / "rotated")
    other.publish(2)
    old = commander(other.repository, other.keys)
    other.rotate("commands")
    new = commander(other.repository, other.keys)
    Trust(memory / "trust", Disk(), NOW).update(other.files, other.blob, NOW)
    assert refusal(commands.command(wrap(command(), old), False, NOW)) == "signature"
    assert commands.command(wrap(command(), new), False, NOW).state == ""


@pytest.mark.parametrize("lose", [False, True])
def test_a_power_cut_at_any_write_repeats_no_command(
    start: Callable[..., Commands], signer: CryptoSigner, memory: Path, lose: bool
) -> None:  # failure 30
    payload, cuts = wrap(command(), signer), 0
    while True:
        (memory / RECORD).unlink(missing_ok=True)
        obeyed = 0
        try:
            obeyed += not start(DyingDisk(cuts + 1, lose=lose)).command(payload, False, NOW).state
        except PowerCutError:
            cuts += 1
        else:
            break
        # Worse than a power cut, after which the machine has another boot id.
        obeyed += not start().command(payload, False, NOW).state
        assert obeyed <= 1
    assert refusal(start().command(payload, False, NOW)) == "repeated"
    assert cuts >= 3  # write, rename, sync


def test_where_the_disk_refuses_nothing_is_obeyed(
    start: Callable[..., Commands], signer: CryptoSigner
) -> None:  # failure 32
    class Full(Disk):
        def write(self, path: Path, content: bytes) -> None:
            raise OSError(28, "No space left on device")

    full = start(Full())
    assert refusal(full.command(wrap(command(), signer), False, NOW)) == "disk"
    assert full.announcement(wrap(announcement(), signer), NOW)
    assert full.screen(NOW, WALL), "people are told nevertheless"


def test_a_pause_outlasts_a_restart_of_the_machine(
    start: Callable[..., Commands], signer: CryptoSigner
) -> None:
    start().command(wrap(command(verb="pause"), signer), False, NOW)
    again = start(boot="boot-2")
    assert again.paused
    again.command(wrap(command(verb="resume", sequence=2, boot="boot-2"), signer), False, NOW)
    assert not start(boot="boot-2").paused


def test_an_announcement_is_shown_while_it_holds(commands: Commands, signer: CryptoSigner) -> None:
    payload = wrap(announcement(begins=NOW, ends=NOW + timedelta(minutes=1)), signer)
    assert commands.announcement(payload, NOW - timedelta(seconds=1))
    assert commands.screen(NOW - timedelta(seconds=1), WALL) is None
    said = commands.screen(NOW, WALL)
    assert said is not None
    valid("announcement", said)
    assert said["texts"] == {"en": "The west door is closed"}
    assert commands.screen(NOW, WALL + timedelta(seconds=LIFETIME_S / 3 - 1)) is None
    assert commands.screen(NOW, WALL + timedelta(seconds=LIFETIME_S / 3)), "it is refreshed"
    over = commands.screen(NOW + timedelta(minutes=1), WALL + timedelta(seconds=60))
    assert over is not None
    assert over["texts"] == {}
    assert commands.screen(NOW + timedelta(hours=1), WALL + timedelta(hours=1)) is None


def test_an_older_announcement_does_not_return(
    start: Callable[..., Commands], commands: Commands, signer: CryptoSigner
) -> None:  # failure 19
    old = wrap(announcement("old", number=4), signer)
    commands.announcement(wrap(announcement("new"), signer), NOW)
    for kiosk in (commands, start()):
        assert not kiosk.announcement(old, NOW)
        shown = kiosk.screen(NOW, WALL)
        assert shown is None or shown["texts"] == {"en": "new"}


def test_an_announcement_is_taken_back_by_a_newer_one_and_not_by_the_hub(
    commands: Commands, signer: CryptoSigner
) -> None:
    commands.announcement(wrap(announcement(), signer), NOW)
    assert commands.screen(NOW, WALL)
    commands.announcement(b"", NOW)
    later = WALL + timedelta(seconds=LIFETIME_S)
    assert (commands.screen(NOW, later) or {}).get("texts")
    commands.announcement(wrap(announcement(number=6, texts={}), signer), NOW)
    assert (commands.screen(NOW, later) or {}).get("texts") == {}


def test_an_announcement_of_another_site_is_not_shown(
    commands: Commands, signer: CryptoSigner
) -> None:
    assert not commands.announcement(wrap(announcement(site="tampere"), signer), NOW)
    assert commands.screen(NOW, WALL) is None


envelopes = st.fixed_dictionaries(
    {
        "payload": st.sampled_from(["e30=", "!", ""]) | JSON,
        "payloadType": st.text() | JSON,
        "signatures": JSON
        | st.lists(
            st.fixed_dictionaries({"keyid": JSON, "sig": st.just("AA==") | JSON}),
            max_size=3,
        ),
    }
)
sent = payloads() | envelopes.map(lambda value: json.dumps(value).encode())


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, fleet: FleetRepository) -> Commands:
    """One kiosk for all payloads."""
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / ANCHOR).write_bytes(fleet.root)
    topics = Topics("helsinki", "kiosk-1")
    return Commands(topics, folder, Disk(), Trust(folder, Disk(), NOW), lambda: BOOT)


@settings(max_examples=50, deadline=None)
@given(payload=sent, retained=st.booleans())
def test_no_payload_is_obeyed_shown_or_ends_the_agent(
    payload: bytes, retained: bool, fuzzed: Commands
) -> None:
    outcome = fuzzed.command(payload, retained, NOW)
    assert outcome.state == "refused"
    valid("command-result", outcome.message(NOW))
    fuzzed.announcement(payload, NOW)
    assert fuzzed.screen(NOW, WALL) is None


@settings(max_examples=25, deadline=None)
@given(document=JSON)
def test_not_even_a_signed_document_of_another_shape_ends_the_agent(
    document: Any, fuzzed: Commands, signer: CryptoSigner
) -> None:
    content = json.dumps(document).encode()
    for kind in ("command", "announcement"):
        envelope = Envelope(content, f"application/vnd.wayside.{kind}+json", {})
        envelope.sign(signer)
        payload = json.dumps(envelope.to_dict()).encode()
        assert refusal(fuzzed.command(payload, False, NOW)) == "broken"
        assert not fuzzed.announcement(payload, NOW)
