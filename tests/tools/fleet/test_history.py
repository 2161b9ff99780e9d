"""The history: bounded, never silently wrong, and readable as a course or a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from device.errors import UserError
from tests.device.fleet.repository import NOW
from tools.__main__ import main
from tools.fleet.alerts import Alerts
from tools.fleet.courses import hourly, lines, share_online, spark, strip
from tools.fleet.history import COARSE_S, FINE_S, Event, History
from tools.fleet.page import page, write_page
from tools.fleet.table import Row

WELL = Row(
    "town/k1", "online", NOW, told=True, release=7, fps=15.0, temperature_c=50.0,
    undervoltage=False, wifi_dbm=-60.0, disk_free_mb=9000.0,
)  # fmt: skip

HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with closing(History(path, make=True)) as history:
        yield history


def fill(history: History, since: datetime, until: datetime, row: Row = WELL) -> None:
    at = since
    while at < until:
        history.sample([row], at)
        at += timedelta(seconds=FINE_S)


def test_a_sample_is_taken_every_five_minutes_however_often_it_is_asked(history: History) -> None:
    for second in range(0, 900, 100):
        history.sample([WELL], NOW + timedelta(seconds=second))
    samples = history.samples("town/k1", NOW)
    assert [(s.at - NOW).total_seconds() for s in samples] == [0, 300, 600]
    assert (samples[0].temperature_c, samples[0].release, samples[0].online) == (50.0, 7, 1.0)


def test_what_a_kiosk_said_before_it_went_is_no_sample_of_now(history: History) -> None:
    history.sample([replace(WELL, state="offline"), Row("town/box")], NOW)
    (sample,) = history.samples("town/k1", NOW)
    assert (sample.online, sample.temperature_c, sample.fps) == (0.0, None, None)
    assert history.names() == ["town/k1"]


def test_after_a_week_an_hour_is_one_sample_with_its_worst_values(history: History) -> None:
    begin = NOW - timedelta(days=8)
    fill(history, begin, begin + HOUR / 2, replace(WELL, temperature_c=60.0))
    worse = replace(WELL, temperature_c=80.0, undervoltage=True, disk_free_mb=5.0, wifi_dbm=-90.0)
    history.sample([worse], begin + HOUR / 2)
    fill(
        history,
        begin + HOUR / 2 + timedelta(minutes=5),
        begin + HOUR,
        replace(WELL, state="offline"),
    )
    history.sample([WELL], NOW)
    old, new = history.samples("town/k1", begin)
    assert (old.span_s, new.span_s) == (COARSE_S, FINE_S)
    assert (old.temperature_c, old.undervoltage, old.disk_free_mb) == (80.0, True, 5.0)
    assert old.online == pytest.approx(7 / 12)
    assert share_online([old, new]) == pytest.approx((7 + 1) / 13)


def test_nothing_is_kept_for_longer_than_400_days(history: History) -> None:
    for days in (420, 399, 8, 0):
        history.sample([WELL], NOW - timedelta(days=days))
        history.note([Event(NOW - timedelta(days=days), "town/k1", "runs", str(days), None)])
    history.sample([WELL], NOW + HOUR)
    since = NOW - timedelta(days=1000)
    assert [(NOW - s.at).days for s in history.samples("town/k1", since)][:2] == [399, 8]
    assert [e.text for e in history.events(since)] == ["0", "8", "399"]


def test_400_days_of_a_kiosk_take_less_than_a_megabyte(path: Path, history: History) -> None:
    history._file.execute("PRAGMA synchronous = OFF")
    hours = [NOW + hour * HOUR for hour in range(393 * 24)]
    week = [NOW + timedelta(days=393, minutes=5 * five) for five in range(7 * 288)]
    for number, at in enumerate((*hours, *week)):
        row = replace(WELL, temperature_c=50 + number % 97 / 10, fps=15 - number % 7 / 10)
        history.sample([row], at)
    history.close()
    assert 300_000 < path.stat().st_size < 700_000


def test_open_alerts_outlive_a_restart(path: Path) -> None:
    with closing(History(path, make=True)) as history:
        alerts = Alerts()
        history.tell(alerts.update([replace(WELL, undervoltage=True)], {}, NOW))
    with closing(History(path, make=True)) as history:
        assert history.open_alerts() == alerts.open
        history.tell(alerts.update([WELL], {}, NOW))
        assert history.open_alerts() == {}
        assert [event.began for event in history.events(NOW)] == [False, True]


@pytest.mark.parametrize("damage", ["cut", "zeroed", "foreign", "empty"])
def test_a_damaged_or_foreign_file_is_one_line_and_stays_as_it_is(
    path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(History(path, make=True)) as history:
        fill(history, NOW, NOW + 24 * HOUR)
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    if damage == "foreign":
        path.unlink()
        with closing(sqlite3.connect(path)) as file:
            file.execute("CREATE TABLE mine (x)")
    else:
        contents = {"cut": whole[: len(whole) // 2], "zeroed": bytes(len(whole)), "empty": b""}
        path.write_bytes(contents[damage])
    before = path.read_bytes()
    assert main(["fleet", "history", "--history", str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line
    assert path.read_bytes() == before


def test_history_prints_courses_and_events(
    history: History, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(NOW.tzinfo)
    for hour in range(24):
        hot = replace(WELL, temperature_c=40.0 + hour)
        history.sample([hot], now - timedelta(hours=24 - hour))
    history.note([Event(now, "town/k1", "runs", "release 8, after 7", None)])
    assert main(["fleet", "history", "--history", str(path)]) == 0
    told = capsys.readouterr().out
    assert "town/k1  online 100.0%" in told
    assert "40 to 63 °C" in told
    assert "release 8, after 7" in told
    assert main(["fleet", "history", "town/k2", "--history", str(path)]) == 1
    assert "town/k1" in capsys.readouterr().err
    assert main(["fleet", "history", "--json", "--history", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 25


def test_a_spark_shows_the_peaks_and_where_nothing_is_known() -> None:
    assert spark([1.0, 2.0, None, 8.0]) == "▁▂ █"
    assert spark([50.0, 50.2], least=15.0) == "▁▁", "noise is flat"
    assert spark([5.0, 5.0]) == "▁▁"
    assert len(spark([float(n) for n in range(1000)])) == 48
    assert spark([]) == spark([None]) == ""


def test_a_strip_joins_hours_of_one_kind_and_lines_break_where_nothing_is_known(
    history: History,
) -> None:
    fill(history, NOW, NOW + 2 * HOUR)
    fill(history, NOW + 2 * HOUR, NOW + 3 * HOUR, replace(WELL, state="offline"))
    fill(history, NOW + 4 * HOUR, NOW + 5 * HOUR)
    hours = hourly(history.samples("town/k1", NOW), NOW, 6)
    assert list(strip(hours)) == [(0, 2, "on"), (2, 1, "off"), (4, 1, "on")]
    drawn = list(lines(hours, lambda sample: sample.temperature_c, 0.0, 100.0))
    assert drawn == [[(0.5, 0.5), (1.5, 0.5)], [(4.5, 0.5)]]


def test_the_page_needs_nothing_else_and_trusts_no_text(history: History, tmp_path: Path) -> None:
    evil = replace(WELL, refused={9: "<script>alert(1)</script>"}, program="<b>")
    fill(history, NOW - 3 * HOUR, NOW)
    history.note([Event(NOW, "town/k1", "runs", "<img src=x>", None)])
    text = page([evil, Row("town/box")], {"timestamp": NOW + timedelta(days=3)}, history, NOW)
    assert "<script" not in text
    assert "<img" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert "timestamp ends in 3 days" in text
    assert '<rect class="on"' in text
    with pytest.raises(UserError, match="--html"):
        write_page(tmp_path / "none" / "page.html", [], {}, history, NOW)
