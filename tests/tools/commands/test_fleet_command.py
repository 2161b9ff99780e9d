"""`wayside-tools fleet command` and `announce`, with a real hub and a kiosk that answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from device.fleet.envelopes import Announcement, Command, unwrap
from device.fleet.screenshot import BEGINS
from tests.brokers import wait_until
from tests.device.fleet.agents import KIOSK
from tests.needs import needs
from tests.tools.fleet.clients import Client, connected, context
from tools.__main__ import main
from tools.fleet.local_hub import LocalHub, local_hub
from tools.fleet.repository import Repository
from tools.fleet.signing import commanders

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]

Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`fleet/`, `keys/` and a passphrase."""
    place = tmp_path_factory.mktemp("place")
    (place / "words").write_text("correct horse battery staple\n", encoding="utf-8")
    new = ["--fleet", str(place / "fleet"), "--keys", str(place / "keys")]
    words = ["--passphrase-file", str(place / "words")]
    assert main(["fleet", "keys", "new", *new, *words]) == 0
    return place


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with local_hub(tmp_path_factory.mktemp("hub") / "hub") as hub:
        yield hub


class Kiosk:
    """Says how it is, and answers each command with `result`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.result: dict[str, Any] = {
            "state": "done", "verb": "", "reason": "", "lines": [], "image": "",
            "at": "2026-11-29T12:00:00Z",
        }  # fmt: skip
        self.say("status", {"state": "online"})
        self.say("agent", {"boot": "b1", "sequence": 41})
        client.subscribe(KIOSK.topic("command"))

    def say(self, name: str, content: dict[str, Any]) -> None:
        self._client.publish(KIOSK.topic(name), json.dumps(content).encode(), retain=True)

    def heard(self) -> bytes:
        """The command that came."""
        return self._client.wait(KIOSK.topic("command")).payload

    def answers(self, **result: Any) -> None:
        """Answer the command that is to come."""
        client, said = self._client._client, self.result | {"sequence": 42} | result
        client.on_message = lambda *given: (
            self._client.heard.append(given[2]),
            client.publish(KIOSK.topic("command-result"), json.dumps(said).encode(), qos=1),
        )


@pytest.fixture
def kiosk(hub: LocalHub, tmp_path: Path) -> Iterator[Kiosk]:
    identity = hub.authority.certify("helsinki/kiosk-1")
    with connected(hub.port, context(hub.operator.folder / "ca.pem", identity, tmp_path)) as client:
        yield Kiosk(client)


def run(place: Path, hub: LocalHub, *words: str) -> int:
    options = ["--hub", str(hub.operator.folder), "--fleet", str(place / "fleet")]
    keys = ["--keys", str(place / "keys"), "--passphrase-file", str(place / "words")]
    return main(["fleet", *words, *options, *keys])


def test_a_command_is_signed_for_this_kiosk_its_start_and_its_next_number(
    place: Path, hub: LocalHub, kiosk: Kiosk, capsys: Output
) -> None:
    kiosk.answers()
    assert run(place, hub, "command", "helsinki/kiosk-1", "restart") == 0
    assert "helsinki/kiosk-1: restart done" in capsys.readouterr().out
    command = unwrap(Command, kiosk.heard(), commanders(Repository(place / "fleet")))
    assert (command.kiosk, command.boot) == ("helsinki/kiosk-1", "b1")
    assert (command.sequence, command.verb) == (42, "restart")
    assert 0 < (command.expires - datetime.now(UTC)).total_seconds() <= 120


def test_what_a_kiosk_sends_is_printed_as_text(
    place: Path, hub: LocalHub, kiosk: Kiosk, capsys: Output
) -> None:
    kiosk.answers(lines=["clock  ok", "\x1b[2Jgone"])
    assert run(place, hub, "command", "helsinki/kiosk-1", "diagnostics") == 0
    out = capsys.readouterr().out
    assert "clock  ok\n?[2Jgone\n" in out


def test_a_screenshot_becomes_a_file(
    place: Path, hub: LocalHub, kiosk: Kiosk, tmp_path: Path, capsys: Output
) -> None:
    out, image = tmp_path / "page.png", BEGINS + b"..."
    kiosk.answers(image=base64.b64encode(image).decode())
    assert run(place, hub, "command", "helsinki/kiosk-1", "screenshot", "--out", str(out)) == 0
    assert out.read_bytes() == image
    assert f"{out}\n" in capsys.readouterr().out


@pytest.mark.parametrize("image", ["no base64", base64.b64encode(b"#!/bin/sh").decode()])
def test_what_is_no_picture_is_not_kept(
    place: Path, hub: LocalHub, kiosk: Kiosk, tmp_path: Path, capsys: Output, image: str
) -> None:
    kiosk.answers(image=image)
    out = tmp_path / "page.png"
    assert run(place, hub, "command", "helsinki/kiosk-1", "screenshot", "--out", str(out)) == 1
    assert "is no picture" in capsys.readouterr().err
    assert not out.exists()


def test_a_refusal_is_exit_code_1_and_its_reason(
    place: Path, hub: LocalHub, kiosk: Kiosk, capsys: Output
) -> None:
    kiosk.answers(state="refused", reason="expired")
    assert run(place, hub, "command", "helsinki/kiosk-1", "pause") == 1
    assert "pause refused: expired" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kiosk_says", "says"),
    [
        (("status", {"state": "offline"}), "is not connected"),
        (("agent", {}), "takes no commands"),
        (("agent", {"boot": 1, "sequence": "x"}), "takes no commands"),
    ],
)
def test_a_kiosk_that_cannot_be_asked_is_one_line(
    place: Path, hub: LocalHub, kiosk: Kiosk, capsys: Output, kiosk_says: Any, says: str
) -> None:
    kiosk.say(*kiosk_says)
    assert run(place, hub, "command", "helsinki/kiosk-1", "identify") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


@pytest.mark.parametrize("name", ["kiosk-1", "helsinki/", "a/b/c", "fleet/x"])
def test_what_is_no_kiosk_is_one_line(
    place: Path, hub: LocalHub, capsys: Output, name: str
) -> None:
    assert run(place, hub, "command", name, "identify") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_announcement_is_retained_for_the_site_and_the_next_replaces_it(
    place: Path, hub: LocalHub, kiosk: Kiosk, capsys: Output
) -> None:
    until = ("--until", "2099-01-01T00:00")
    words = ("--text", "en=Closed = shut", "--text", "fi=Suljettu")
    assert run(place, hub, "announce", "helsinki", *words, *until) == 0
    assert "until 2099-01-01 00:00" in capsys.readouterr().out
    assert run(place, hub, "announce", "helsinki", "--take-back") == 0
    topic = KIOSK.topic("site-announcement")
    kiosk._client.subscribe(topic)
    found = wait_until(lambda: [m for m in kiosk._client.heard if m.topic == topic], topic)
    last = unwrap(Announcement, found[0].payload, commanders(Repository(place / "fleet")))
    assert last.texts == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--text", "Closed", "--until", "18:00"), "LANGUAGE=TEXT"),
        (("--text", "en=Closed"), "--until"),
        ((), "--take-back"),
    ],
)
def test_an_announcement_that_is_none_is_one_line(
    place: Path, hub: LocalHub, capsys: Output, words: tuple[str, ...], says: str
) -> None:
    assert run(place, hub, "announce", "helsinki", *words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
