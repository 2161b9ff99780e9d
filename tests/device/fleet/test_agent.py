"""The agent between a kiosk's own broker and a hub, both real, by TLS with its certificate."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from device.fleet import guard
from device.fleet.agent import LONGEST_TURN_S, Agent, main
from device.fleet.blobs import encode_metadata, encode_parts
from device.fleet.enrolment import install
from device.fleet.installed import Installed
from device.fleet.intake import open_updates
from device.fleet.manifest import Entry
from device.fleet.moment import Scene
from device.fleet.settings import load_settings
from device.messaging.topics import FLEET_METADATA, blob_topic
from device.upkeep.notify import Notifier
from device.upkeep.watchdog import Watchdog
from tests.brokers import Mosquitto, listen, wait_until
from tests.device.fleet.agents import KEEPALIVE_S, KIOSK, running, says
from tests.device.fleet.repository import NEEDS, NOW, FleetRepository
from tests.device.fleet.test_parts import CONTENT, Shelf, sha256_of
from tests.device.messaging.wire import wire
from tests.needs import needs
from tests.schemas import valid
from tests.tools.fleet.clients import Client, connected
from tools.fleet.certificates import WATCHER, Authority
from tools.fleet.connection import operator_connection
from tools.fleet.enrol import enrol
from tools.fleet.local_hub import LocalHub
from tools.fleet.publish import publish
from tools.fleet.usage import written_by

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]

ONLINE = {"state": "online", "boot": "b1", "release": "0.1.0", "at": "2026-11-29T12:00:00Z"}


@dataclass
class FakeDriver:
    """Wants one file as soon as it has metadata."""

    wanted: tuple[Entry, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    scene: Scene = field(default_factory=Scene)

    def metadata(self, files: Mapping[str, bytes], now: datetime | None) -> None:
        self.files = files

    def turn(self, scene: Scene) -> Iterable[Entry]:
        self.scene = scene
        return self.wanted if self.files else ()

    def message(self, now: datetime) -> Mapping[str, Any]:
        return {"state": "DOWNLOAD" if self.files else "IDLE"}


@contextmanager
def process(settings: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An agent as its service runs it."""
    program = [sys.executable, "-m", "device.fleet.agent", "--config", str(settings)]
    with subprocess.Popen(program) as agent:
        try:
            yield agent
        finally:
            agent.kill()


def test_the_hub_hears_how_the_kiosk_is_and_nothing_of_what_it_shows(
    settings: Path, own: Mosquitto, operator: Client
) -> None:
    with listen(own.port) as kiosk, running(settings):
        says(operator, "status", state="stopped")
        kiosk.say(KIOSK.topic("status"), ONLINE, retain=True)
        kiosk.say(KIOSK.topic("suggestions"), {"state": "showing"}, retain=True)
        kiosk.say(KIOSK.topic("feedback"), {"verdict": "liked"})
        kiosk.say(KIOSK.topic("display"), {"state": "showing"}, qos=0)
        kiosk.say(KIOSK.topic("counts"), {"visitors": 12})
        kiosk.say(KIOSK.topic("health"), {"fps": 15.0}, retain=True)
        says(operator, "health", fps=15.0)
        says(operator, "counts", visitors=12)
        valid("status", says(operator, "status", state="online", boot="b1").json())
        report = says(operator, "agent", kiosk_broker=True).json()
        valid("agent", report)
        assert report["certificate_days"] > 300
        assert report["trouble"] == []
    says(operator, "status", state="offline", boot="b1")
    names = {message.name for message in operator.heard}
    assert names == {"status", "health", "counts", "agent"}
    echoed = [m for m in kiosk.messages if m.name == "agent"]
    assert echoed == [], "nothing of the hub's comes back to the kiosk"


def test_a_kiosk_whose_program_or_broker_has_gone_is_stopped_not_offline(
    settings: Path, own: Mosquitto, operator: Client
) -> None:
    with running(settings):
        with listen(own.port) as kiosk:
            kiosk.say(KIOSK.topic("status"), ONLINE, retain=True)
            says(operator, "status", state="online")
            kiosk.say(KIOSK.topic("status"), ONLINE | {"state": "offline"}, retain=True)
            says(operator, "status", state="stopped", boot="b1")
            kiosk.say(KIOSK.topic("status"), ONLINE | {"boot": "b2"}, retain=True)
            says(operator, "status", state="online", boot="b2")
        own.kill()
        says(operator, "status", state="stopped", boot="")
        own.start()
        with listen(own.port) as kiosk:
            kiosk.say(KIOSK.topic("status"), ONLINE | {"boot": "b3"}, retain=True)
            says(operator, "status", state="online", boot="b3")


@pytest.mark.slow
def test_a_power_cut_is_offline_within_one_and_a_half_keepalives(
    settings: Path, own: Mosquitto, operator: Client
) -> None:
    with listen(own.port) as kiosk, process(settings) as agent:
        kiosk.say(KIOSK.topic("status"), ONLINE, retain=True)
        says(operator, "status", state="online")
        agent.send_signal(signal.SIGSTOP)  # its connection stays open, and says nothing any more
        # 5 s x 1.5, and the hub looks every few seconds.
        wait_until(
            lambda: [m for m in operator.heard if m.name == "status" and b"offline" in m.payload],
            "offline by the last will",
            within_s=1.5 * KEEPALIVE_S,
        )


def test_while_the_hub_is_away_the_newest_state_is_kept_and_events_wait(
    settings: Path, own: Mosquitto, hub: LocalHub, operator: Client
) -> None:  # failure 18
    with wire(hub.port) as line, listen(own.port) as kiosk:
        content = yaml.safe_load(settings.read_text(encoding="utf-8"))
        content["mqtt"]["port"] = line.port
        settings.write_text(yaml.safe_dump(content), encoding="utf-8")
        with running(settings):
            says(operator, "status", state="stopped")
            line.away = True
            line.cut()
            for fps in range(50):
                kiosk.say(KIOSK.topic("health"), {"fps": fps}, retain=True)
            for visitors in (11, 12):
                kiosk.say(KIOSK.topic("counts"), {"visitors": visitors})
            line.away = False
            says(operator, "health", fps=49)
            for visitors in (11, 12):
                says(operator, "counts", visitors=visitors)
    heard = [message.json()["fps"] for message in operator.heard if message.name == "health"]
    assert len(heard) < 50, "older states are not sent"  # failure 18


def test_a_release_is_fetched_while_the_kiosk_says_what_is_seen_there(
    settings: Path, own: Mosquitto, operator: Client
) -> None:
    driver, shelf = FakeDriver(), Shelf()
    driver.wanted = (
        Entry(path="catalogue/a.sqlite", sha256=sha256_of(CONTENT), size=len(CONTENT)),
    )
    for number, payload in enumerate(encode_parts(CONTENT)):
        operator.publish(blob_topic(sha256_of(CONTENT), number), payload, retain=True)
    operator.publish(FLEET_METADATA, b"no metadata", retain=True)
    with listen(own.port) as kiosk, running(settings, (driver, shelf)):
        kiosk.say(KIOSK.topic("suggestions"), {"state": "showing"}, retain=True)
        wait_until(lambda: driver.scene.somebody, "somebody stands there")
        operator.publish(FLEET_METADATA, encode_metadata({"1.root.json": b"{}"}), retain=True)
        says(operator, "release", state="DOWNLOAD")
        wait_until(lambda: shelf.whole, "the file is there")
        assert shelf.whole == {sha256_of(CONTENT): CONTENT}
        assert driver.files == {"1.root.json": b"{}"}


def test_a_certificate_that_ends_soon_is_trouble(
    settings: Path, operator: Client, hub: LocalHub
) -> None:
    soon = enrol(hub.operator, hub.authority, "helsinki", "kiosk-1", renew=True, days=20)
    install(soon, settings.parent)
    with running(settings):
        report = says(operator, "agent").json()
    assert "--renew" in report["trouble"][0]
    assert report["certificate_days"] < 30


def test_a_kiosk_with_another_fleets_certificate_goes_on_without_the_hub(
    settings: Path, own: Mosquitto, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    identity = Authority.new(tmp_path / "other").certify("helsinki/kiosk-1")
    (settings.parent / "agent.pem").write_text(identity.certificate, encoding="utf-8")
    (settings.parent / "agent.key").write_text(identity.key, encoding="utf-8")
    with running(settings) as agent:
        wait_until(lambda: "unknown ca" in (agent.trouble or ""), "it says what is wrong")


def test_a_bug_in_what_decides_about_releases_ends_neither_relay_nor_agent(
    settings: Path, own: Mosquitto, operator: Client
) -> None:
    class Broken(FakeDriver):
        def turn(self, scene: Scene) -> Iterable[Entry]:
            raise RuntimeError("a bug")

    with listen(own.port) as kiosk, running(settings, (Broken(), Shelf())):
        kiosk.say(KIOSK.topic("health"), {"fps": 15}, retain=True)
        says(operator, "health", fps=15)
        says(operator, "agent", trouble=["releases are no longer taken: a bug"])


def test_an_agent_whose_own_thread_hangs_is_noticed(settings: Path) -> None:
    config, now = load_settings(settings), 0.0
    assert config.mqtt
    watchdog = Watchdog(Notifier(None))
    agent = Agent(config, config.mqtt, clock=lambda: now)
    agent.start(watchdog)

    def silent_s() -> float:
        return min(step.age_s for step in watchdog.heartbeats.steps().values())

    now = LONGEST_TURN_S - 1
    wait_until(lambda: silent_s() < 0.5, "a long turn is no hang")
    now = LONGEST_TURN_S + 1
    wait_until(lambda: silent_s() > 1.5, "no beat reaches the watchdog")
    agent.turn(within_s=0)
    wait_until(lambda: silent_s() < 0.5, "it goes on")
    agent.stop()


def test_without_a_hub_there_is_nothing_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "agent.yaml"
    assert main(["--config", str(path)]) == 0
    path.write_text("site: helsinki\n", encoding="utf-8")
    assert main(["--config", str(path)]) == 0
    assert capsys.readouterr().out.count("no fleet") == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mqtt: {broker: hub, tls: {ca: none.pem}}", "mqtt.tls.ca"),
        ("mqtt: {broker: embedded}", "embedded"),
        ("quiet_hours: at night", "quiet_hours"),
        ("hub: example.org", "hub"),
    ],
)
def test_a_mistake_in_its_configuration_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text(f"{text}\nfolder: {tmp_path}\n", encoding="utf-8")
    assert main(["--config", str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_it_takes_at_most_60_mb_and_writes_nothing_while_idle(
    settings: Path, own: Mosquitto, operator: Client
) -> None:
    with listen(own.port) as kiosk, process(settings) as agent:
        kiosk.say(KIOSK.topic("status"), ONLINE, retain=True)
        says(operator, "status", state="online")
        written = written_by(agent.pid)
        for fps in range(20):
            kiosk.say(KIOSK.topic("health"), {"fps": fps}, retain=True)
        says(operator, "health", fps=19)
        assert written_by(agent.pid) == written
        status = Path(f"/proc/{agent.pid}/status").read_text(encoding="utf-8")
        resident_kb = int(status.partition("VmRSS:")[2].split()[0])
        assert resident_kb * 1024 < 60e6
        os.kill(agent.pid, signal.SIGTERM)
        says(operator, "status", state="offline")
        assert agent.wait() == 0


def test_a_kiosk_fetches_the_release_that_was_signed_and_published_and_switches(
    settings: Path, hub: LocalHub, tmp_path: Path
) -> None:
    fleet = FleetRepository(tmp_path / "signed")
    fleet.publish(7, "catalogue/places.sqlite", content=CONTENT)
    with operator_connection(hub.operator) as connection:
        publish(fleet.repository, connection)
    (settings.parent / "root.json").write_bytes(fleet.root)
    config = load_settings(settings)
    updates, trouble = open_updates(config, Installed(wheels=NEEDS["wheels"]))
    assert trouble == ""
    watching = connected(hub.port, hub.operator.tls(WATCHER))
    with watching as watcher, running(settings, updates, wall=NOW.timestamp):
        watcher.subscribe("wayside/v1/helsinki/#")
        says(watcher, "release", state="TRIAL", candidate=7)
    fetched = config.folder / "releases" / "7" / "catalogue" / "places.sqlite"
    assert fetched.read_bytes() == CONTENT


def test_where_the_record_of_what_is_installed_is_damaged_no_release_is_judged(
    settings: Path,
) -> None:
    config = load_settings(settings)
    updates, trouble = open_updates(config, None)
    assert updates is None
    assert "make install" in trouble
    assert not (config.folder / guard.STATES[0]).exists()


def test_a_kiosk_without_a_root_of_trust_reports_and_takes_no_releases(
    settings: Path, operator: Client
) -> None:
    updates, trouble = open_updates(load_settings(settings), Installed(wheels=""))
    assert updates is None
    with running(settings, trouble=trouble):
        assert "root" in says(operator, "agent").json()["trouble"][0]
