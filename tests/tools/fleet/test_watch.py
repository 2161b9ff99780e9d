"""`wayside-tools fleet watch` on a real hub, beside a rollout, and through what goes wrong."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.errors import UserError
from tests.brokers import wait_until
from tests.device.fleet.repository import NOW
from tests.needs import needs
from tests.tools.fleet.light import LightKiosk, light_kiosks
from tools.__main__ import main
from tools.fleet.alerts import Alerts
from tools.fleet.certificates import WATCHER
from tools.fleet.history import History
from tools.fleet.local_hub import LocalHub, local_hub
from tools.fleet.screen import kiosks as table_of
from tools.fleet.table import Message, Row, Table
from tools.fleet.watch import Watch
from tools.fleet.watcher import Watcher

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]

NAMES = ("town/k1", "town/k2")


@dataclass
class Fleet:
    hub: LocalHub
    kiosks: Mapping[str, LightKiosk]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    with local_hub(folder / "hub") as hub, light_kiosks(hub, folder, NAMES, runs=7) as kiosks:
        hub.authority.certify("town/box")
        hot = {"temperature_c": 83.0, "fps": 12.0, "undervoltage": False, "camera": None}
        kiosks["town/k1"].say("health", **hot)
        yield Fleet(hub, kiosks)


def test_json_is_one_object_a_kiosk_and_ends(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = ["--hub", str(fleet.hub.folder)]
    assert main(["fleet", "watch", "--json", "--sort", "temperature", "--reverse", *hub]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == ["town/k1", "town/box", "town/k2"]
    assert rows[0]["wrong"] == {"hot": "83 °C"}
    assert (rows[0]["release"], rows[1]["state"]) == (7, "never")


def test_watch_tells_alerts_keeps_history_and_writes_a_page(
    fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, page, kept = tmp_path / "told", tmp_path / "page.html", tmp_path / "h.sqlite"
    words = ["--notify", f"cat >> {told}", "--html", str(page), "--history", str(kept)]
    command = ["fleet", "watch", "--hub", str(fleet.hub.folder), "--seconds", "1", *words]
    assert main(command) == 0
    assert "town/k1: online, release 7, 83 °C" in capsys.readouterr().out
    (alert,) = map(json.loads, told.read_text().splitlines())
    assert (alert["kiosk"], alert["kind"], alert["state"]) == ("town/k1", "hot", "began")
    assert "town/box" in page.read_text()
    assert main(command) == 0
    assert len(told.read_text().splitlines()) == 1, "it was told before"
    with closing(History(kept)) as history:
        assert history.names() == sorted(NAMES)


def test_a_release_that_changes_is_an_event_and_a_full_disk_one_complaint(tmp_path: Path) -> None:
    complaints = list[str]()
    with closing(History(tmp_path / "h.sqlite", make=True)) as history:
        watch = Watch(Table(), history, Alerts(), None, complaints.append)
        topic = "wayside/v1/town/k1/release"
        for running in (7, 7, 8):
            payload = json.dumps({"running": running, "state": "COMMITTED"}).encode()
            watch.hear(Message(topic, payload), NOW)
        assert [event.text for event in history.events(NOW)] == ["release 8, after 7"]
        history._file.execute("PRAGMA query_only = ON")  # as a disk that refuses
        topic = "wayside/v1/town/k1/status"
        watch.hear(Message(topic, b'{"state": "online"}'), NOW)
        for _ in range(3):
            watch.turn(datetime.now(UTC))
    (complaint,) = complaints
    assert "cannot be written" in complaint


def test_a_hub_that_was_away_is_watched_again(tmp_path: Path) -> None:
    with local_hub(tmp_path / "hub") as hub, Watcher(hub.operator, WATCHER) as watcher:
        watcher.settle()
        hub.stop()
        wait_until(lambda: not watcher.connected, "the loss is noticed")
        hub.start()
        wait_until(lambda: watcher.connected, "the connection is back")
        with light_kiosks(hub, tmp_path, NAMES[:1]):
            heard = wait_until(lambda: watcher.messages(1), "its kiosk is heard")
    assert heard[0].topic == "wayside/v1/town/k1/status"


def test_a_second_watch_ends_the_first_in_one_line(fleet: Fleet) -> None:
    hub = fleet.hub.operator
    with Watcher(hub, WATCHER) as first:
        first.settle()
        second = Watcher(hub, WATCHER)
        with pytest.raises(UserError, match="under the same name"):
            wait_until(lambda: first.messages(0.1) and None, "the first one's end")
        wait_until(lambda: second.connected, "the second goes on")
        second.close()


def test_a_hub_that_is_not_there_is_one_line(
    fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "hub"
    with local_hub(folder):
        pass
    assert main(["fleet", "watch", "--hub", str(folder), "--seconds", "1"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be reached" in line


def test_the_table_on_a_terminal_has_every_kiosk_and_what_is_wrong() -> None:
    from rich.console import Console

    rows = [Row("town/k1", "online", NOW, temperature_c=83.0), Row("town/box")]
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(table_of(rows, {}, NOW))
    text = console.export_text()
    assert "1 of 2 online" in text
    assert "town/k1: 83 °C" in text
    assert re.search(r"town/box +never", text)
