"""The operator's commands and announcements, through a real hub to a kiosk and its own broker."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from device.errors import UserError
from device.fleet import diagnostics, guard, screenshot
from device.fleet.agent import Agent
from device.fleet.envelopes import Verb, wrap
from device.fleet.installed import Installed
from device.fleet.intake import open_updates
from device.fleet.orders import NOT_AT_REST, open_commands
from device.fleet.settings import load_settings
from device.messaging.fleet_messages import CommandResult
from device.messaging.topics import FLEET_BLOBS, FLEET_METADATA
from tests.brokers import Listener, Mosquitto, listen, wait_until
from tests.device.fleet.agents import KIOSK, running, says
from tests.device.fleet.repository import NEEDS, FleetRepository
from tests.device.fleet.test_commands import command
from tests.junk import payloads
from tests.needs import needs
from tests.schemas import valid
from tests.tools.fleet.clients import Client, connected
from tools.fleet.certificates import WATCHER
from tools.fleet.commands import announce, send
from tools.fleet.connection import Connection, operator_connection
from tools.fleet.local_hub import LocalHub
from tools.fleet.publish import publish
from tools.fleet.signing import commander

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]

NAME = "helsinki/kiosk-1"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def fleet(tmp_path: Path, settings: Path, operator: Client) -> FleetRepository:
    """The fleet that the kiosk is enrolled in; nothing of an earlier test is at the hub."""
    fleet = FleetRepository(tmp_path / "signed")
    (settings.parent / "root.json").write_bytes(fleet.root)
    operator.close()  # the commands come by a connection of the same name
    return fleet


@contextmanager
def obeying(settings: Path, **given: Any) -> Iterator[Agent]:
    """An agent that takes releases and commands."""
    config = load_settings(settings)
    updates, trouble = open_updates(config, Installed(wheels=NEEDS["wheels"]))
    assert trouble == ""
    with running(settings, updates, commands=open_commands(config), **given) as agent:
        yield agent


@pytest.fixture
def agent(settings: Path, fleet: FleetRepository, hub: LocalHub) -> Iterator[Agent]:
    with obeying(settings) as agent:
        with connected(hub.port, hub.operator.tls(WATCHER)) as watcher:
            watcher.subscribe("wayside/v1/helsinki/#")
            says(watcher, "agent", kiosk_broker=True, paused=False)
        yield agent


@pytest.fixture
def desk(agent: Agent, hub: LocalHub) -> Iterator[Connection]:
    """The operator's connection, once the kiosk has said how it is."""
    with operator_connection(hub.operator) as connection:
        yield connection


def ask(desk: Connection, fleet: FleetRepository, verb: Verb) -> CommandResult:
    result = send(desk, commander(fleet.repository, fleet.keys), NAME, verb, now())
    valid("command-result", result)
    return result


def test_a_kiosk_shows_its_name_and_says_so(
    desk: Connection, fleet: FleetRepository, own: Mosquitto
) -> None:
    with listen(own.port) as kiosk:
        assert ask(desk, fleet, "identify")["state"] == "done"
        shown = kiosk.wait(lambda message: message.topic == KIOSK.topic("identify"))
        valid("identify", shown.json())
        assert shown.json()["name"] == "kiosk-1"
        assert not shown.retain


def test_a_restart_asks_systemd_once(
    desk: Connection, fleet: FleetRepository, settings: Path
) -> None:
    switch = load_settings(settings).folder / guard.SWITCH
    assert ask(desk, fleet, "restart")["state"] == "done"
    assert switch.exists()
    for sequence in range(2, 8):  # at once, and none takes the number of the one before
        assert ask(desk, fleet, "restart")["sequence"] == sequence


def test_diagnostics_are_those_that_the_service_writes(
    desk: Connection, fleet: FleetRepository, settings: Path
) -> None:
    folder = load_settings(settings).folder

    def service() -> bool:
        """Does what wayside-diagnostics.path does."""
        if not (folder / diagnostics.REQUEST).exists():
            return False
        (folder / diagnostics.ANSWER).write_text("catalogue     ok\n", encoding="utf-8")
        return True

    thread = threading.Thread(target=lambda: wait_until(service, "a request"))
    thread.start()
    assert ask(desk, fleet, "diagnostics")["lines"] == ["catalogue     ok"]
    thread.join()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return tmp_path / "page.png"


@pytest.fixture
def shown(
    settings: Path, fleet: FleetRepository, hub: LocalHub, own: Mosquitto, picture: Path
) -> Iterator[Shown]:
    """A kiosk whose program runs and says what its page shows."""
    request = load_settings(settings).folder / screenshot.REQUEST
    with (
        obeying(settings, picture=picture),
        listen(own.port) as kiosk,
        connected(hub.port, hub.operator.tls(WATCHER)) as watcher,
        operator_connection(hub.operator) as desk,
    ):
        watcher.subscribe("wayside/v1/helsinki/#")
        kiosk.say(KIOSK.topic("status"), {"state": "online"}, retain=True)
        says(watcher, "status", state="online")
        says(watcher, "agent", kiosk_broker=True)
        yield Shown(kiosk, watcher, desk, request, picture)


class Shown:
    """What the page shows, and the service that takes a picture of it."""

    def __init__(
        self, kiosk: Listener, watcher: Client, desk: Connection, request: Path, picture: Path
    ) -> None:
        self._kiosk, self._watcher, self.desk = kiosk, watcher, desk
        self._request, self._picture = request, picture
        self._said = 0

    def shows(self, state: str) -> None:
        """Say it, and wait until the agent knows."""
        self._said += 1
        self._kiosk.say(KIOSK.topic("suggestions"), {"state": state}, retain=True)
        self._kiosk.say(KIOSK.topic("health"), {"frames": self._said}, retain=True)
        says(self._watcher, "health", frames=self._said)

    @contextmanager
    def service(self, before: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Does what wayside-screenshot.path does. before: happens while the picture is taken."""

        def take() -> None:
            wait_until(self._request.exists, "a request")
            before()
            self._picture.with_suffix(".new").write_bytes(PNG)
            self._picture.with_suffix(".new").rename(self._picture)

        thread = threading.Thread(target=take)
        thread.start()
        yield
        thread.join()


PNG = screenshot.BEGINS + b"a page at rest"


def test_a_screenshot_is_the_one_that_the_service_takes_of_the_resting_page(
    shown: Shown, fleet: FleetRepository
) -> None:
    shown.shows("resting")
    with shown.service():
        result = ask(shown.desk, fleet, "screenshot")
    assert (result["state"], base64.b64decode(result["image"])) == ("done", PNG)


@pytest.mark.parametrize("state", ["showing", "opted_out"])
def test_what_somebody_is_shown_is_on_no_screenshot(
    shown: Shown, fleet: FleetRepository, state: str
) -> None:
    shown.shows(state)
    result = ask(shown.desk, fleet, "screenshot")
    assert (result["state"], result["reason"], result["image"]) == ("failed", NOT_AT_REST, "")


def test_a_screenshot_is_thrown_away_if_somebody_came_meanwhile(
    shown: Shown, fleet: FleetRepository
) -> None:
    shown.shows("resting")
    with shown.service(lambda: shown.shows("showing")):
        result = ask(shown.desk, fleet, "screenshot")
    assert (result["state"], result["reason"], result["image"]) == ("failed", NOT_AT_REST, "")


def test_while_updates_are_paused_nothing_is_fetched(
    desk: Connection, fleet: FleetRepository, agent: Agent, settings: Path
) -> None:
    ask(desk, fleet, "pause")
    fleet.now = now()
    fleet.publish(7, "catalogue/places.sqlite", content=b"a town")
    publish(fleet.repository, desk)
    releases = load_settings(settings).folder / "releases" / "7"
    report = desk.read([KIOSK.topic("agent")])[KIOSK.topic("agent")]
    assert b'"paused":true' in report
    assert ask(desk, fleet, "identify")["state"] == "done"
    assert not releases.exists()
    ask(desk, fleet, "resume")
    wait_until(releases.exists, "the release is fetched")


def test_a_retained_command_is_not_obeyed_when_the_kiosk_comes_back(
    settings: Path, fleet: FleetRepository, hub: LocalHub, own: Mosquitto
) -> None:  # failure 14
    boot, signer = guard.boot_id(), commander(fleet.repository, fleet.keys)
    kept = wrap(command(boot=boot, expires=now() + timedelta(days=1)), signer)
    with connected(hub.port, hub.operator.tls()) as operator:
        operator.publish(KIOSK.topic("command"), kept, retain=True)
        operator.subscribe(KIOSK.topic("command-result"))
        with listen(own.port) as kiosk, obeying(settings):
            refused = says(operator, "command-result", sequence=1, state="refused").json()
            assert refused["reason"].startswith("retained")
            assert not [m for m in kiosk.messages if m.topic == KIOSK.topic("identify")]
        operator.publish(KIOSK.topic("command"), b"", retain=True)


def test_an_announcement_reaches_the_page_and_is_taken_back(
    desk: Connection, fleet: FleetRepository, own: Mosquitto
) -> None:
    """The kiosk's clock need not be right: the time is that of what was signed last."""
    signer = commander(fleet.repository, fleet.keys)
    topic = KIOSK.topic("announcement")
    fleet.now = now()
    fleet.publish(1)
    publish(fleet.repository, desk)
    with listen(own.port) as kiosk:
        begins, until = fleet.now - timedelta(seconds=1), fleet.now + timedelta(hours=1)
        announce(desk, signer, "helsinki", {"en": "The <b>west</b> door is closed"}, begins, until)
        said = kiosk.wait(lambda m: m.topic == topic and bool(m.json()["texts"]))
        valid("announcement", said.json())
        assert said.json()["texts"] == {"en": "The <b>west</b> door is closed"}
        announce(desk, signer, "helsinki", {}, begins, until)
        kiosk.wait(lambda m: m.topic == topic and not m.json()["texts"])


@pytest.mark.parametrize(
    ("texts", "hours", "says"),
    [
        ({"en": "x" * 161}, 1, "--text en: "),
        ({"English!": "x"}, 1, "--text English!"),
        ({"en": "x"}, -1, "--until"),
    ],
)
def test_an_announcement_that_no_screen_could_show_is_one_line(
    desk: Connection, fleet: FleetRepository, texts: dict[str, str], hours: int, says: str
) -> None:
    signer = commander(fleet.repository, fleet.keys)
    with pytest.raises(UserError, match=says) as error:
        announce(desk, signer, "helsinki", texts, now(), now() + timedelta(hours=hours))
    assert "\n" not in str(error.value)


def test_a_kiosk_that_is_not_there_is_asked_nothing(fleet: FleetRepository, hub: LocalHub) -> None:
    with (
        operator_connection(hub.operator) as desk,
        pytest.raises(UserError, match="is not connected"),
    ):
        ask(desk, fleet, "restart")


def test_a_key_of_another_fleet_commands_nothing(
    desk: Connection, fleet: FleetRepository, tmp_path: Path
) -> None:
    other = FleetRepository(tmp_path / "other")
    result = ask(desk, other, "restart")
    assert (result["state"], result["sequence"]) == ("refused", None)


def test_no_message_at_the_hub_or_the_kiosks_broker_ends_the_agent(
    desk: Connection, fleet: FleetRepository, own: Mosquitto, agent: Agent
) -> None:
    at_hub = (
        KIOSK.topic("command"),
        KIOSK.topic("site-announcement"),
        FLEET_METADATA,
        f"{FLEET_BLOBS}{'0' * 64}/0",
    )
    at_kiosk = [KIOSK.topic(n) for n in ("status", "suggestions", "health", "counts", "touches")]
    with listen(own.port) as kiosk:

        @examples(max_examples=40, deadline=None)
        @given(payload=payloads("payload", "signatures", "state", "camera"), retain=st.booleans())
        def send_everywhere(payload: bytes, retain: bool) -> None:
            for topic in at_hub:
                desk.write(topic, payload)
            for topic in at_kiosk:
                kiosk.say(topic, payload, retain=retain)

        send_everywhere()
        desk.flush()
        for topic in at_hub:
            desk.write(topic, b"")
        desk.flush()
        assert ask(desk, fleet, "identify")["state"] == "done"
        assert agent.trouble is None
