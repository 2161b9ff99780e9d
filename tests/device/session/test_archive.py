"""What was told is kept for the report: as it was told, over restarts, for 400 days."""

from __future__ import annotations

import sqlite3
import stat
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.errors import UserError
from device.messaging.messages import Counts, Touches
from device.session.archive import FILE, SHOWN, Archive, ToldHour, read_hours, read_items
from device.session.ledger import LONGEST_DAYS, Ledger
from device.values import Item, Touch

NOON = datetime(2026, 11, 28, 12)
TEA = Item("tea", "place", "The Tea House", "cafe")
ALWAYS = date(2020, 1, 1), date(2040, 1, 1)
DAY: Touches = {
    "day": "2026-11-28",
    "by_daypart": {"morning": {"tea": {"chosen": 12}}, "any": {"tea": {"chosen": 11, "liked": 14}}},
    "screens": {"tea": 40, "inn": 30},
}


def item(item_id: str) -> Item | None:
    return TEA if item_id == "tea" else None


def hour(begins: str | None, visitors: int | None) -> Counts:
    return {"hour": begins, "visitors": visitors, "by_mood": {"sad": 30}, "by_age_band": {},
            "by_company": {}, "touches": {}}  # fmt: skip


def numbers(folder: Path) -> dict[tuple[str, str], int]:
    found = read_items(folder, *ALWAYS)
    return {(one.item, one.what): one.number for one in found}


def test_a_day_is_kept_by_item_with_what_it_was_called(tmp_path: Path) -> None:
    Archive(tmp_path).add_day(DAY, item)
    Archive(tmp_path).add_day({**DAY, "day": "2026-11-29"}, lambda _: None)  # after a restart
    found = read_items(tmp_path, date(2026, 11, 28), date(2026, 11, 28))
    assert [(one.item, one.what, one.number, one.kind, one.title) for one in found] == [
        ("inn", SHOWN, 30, "", ""),
        ("tea", "chosen", 23, "place", "The Tea House"),
        ("tea", "liked", 14, "place", "The Tea House"),
        ("tea", SHOWN, 40, "place", "The Tea House"),
    ]
    assert len(read_items(tmp_path, *ALWAYS)) == 8
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_of_an_hour_the_number_of_visitors_is_kept_and_nothing_else(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.add_hour(hour("2026-11-28T12:00:00+00:00", 57))
    archive.add_hour(hour("2026-11-28T13:00:00+00:00", None))
    archive.add_hour(hour(None, 99))
    noon = NOON.replace(tzinfo=UTC)
    assert read_hours(tmp_path) == [ToldHour(noon, 57), ToldHour(noon + timedelta(hours=1), None)]
    assert b"sad" not in (tmp_path / FILE).read_bytes()


def test_after_400_days_nothing_of_a_day_is_left_in_the_file(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.add_hour(hour("2026-11-28T12:00:00+00:00", 57))
    archive.add_day(DAY, item)
    later = date(2026, 11, 28) + timedelta(days=LONGEST_DAYS)
    other: Touches = {"day": later.isoformat(), "by_daypart": {}, "screens": {"fair": 11}}
    archive.add_day(other, item)
    assert len(read_items(tmp_path, *ALWAYS)) == 5
    archive.add_day({**other, "day": (later + timedelta(days=1)).isoformat()}, item)
    assert set(numbers(tmp_path)) == {("fair", SHOWN)}
    assert read_hours(tmp_path) == []
    assert b"The Tea House" not in (tmp_path / FILE).read_bytes()


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from((9, 20)),
                st.sampled_from(("chosen", "scanned")),
                st.sampled_from("abc"),
                st.integers(1, 14),
            ),
            max_size=8,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_it_holds_sums_of_what_was_told_and_knows_no_more(
    tmp_path_factory: pytest.TempPathFactory, days: list[list[tuple[int, str, str, int]]]
) -> None:
    """So what tests/device/session/test_ledger.py shows of the messages holds for every report."""
    folder = tmp_path_factory.mktemp("state")
    archive, ledger, told = Archive(folder), Ledger(11), Counter[tuple[str, str]]()
    archive.add_day({"day": "2026-11-27", "by_daypart": {}, "screens": {}}, item)
    for number, touched in enumerate(days):
        today = NOON + timedelta(days=number)
        for at, verdict, name, times in touched:
            for _ in range(times):
                ledger.touch(Touch(name, verdict), today.replace(hour=at))
        if message := ledger.day((today + timedelta(days=1)).date()):
            archive.add_day(message, item)
            for part in message["by_daypart"].values():
                told.update({(i, v): n for i, of in part.items() for v, n in of.items()})
    kept = Counter[tuple[str, str]]()
    for one in read_items(folder, *ALWAYS):
        assert one.number >= 11
        kept[one.item, one.what] += one.number
    assert kept == told


@pytest.mark.parametrize("content", [b"\0" * 4096, b"no database" * 400])
def test_a_damaged_file_is_set_aside_with_one_line(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        read_hours(tmp_path)
    Archive(tmp_path).add_day(DAY, item)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "damaged; it starts anew, and is now told.broken" in caplog.text
    assert (tmp_path / "told.broken").read_bytes() == content
    assert numbers(tmp_path)["tea", SHOWN] == 40


def test_a_file_of_a_later_version_is_set_aside(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("PRAGMA user_version = 2")
    file.close()
    Archive(tmp_path).add_day(DAY, item)
    assert (tmp_path / "told.broken").exists()
    assert numbers(tmp_path)["tea", SHOWN] == 40


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    archive = Archive(tmp_path / "state")
    for _ in range(3):
        archive.add_day(DAY, item)
    assert len(caplog.records) == 1
    assert "cannot be written" in caplog.text


def test_without_a_folder_nothing_is_kept_and_the_operator_is_told_why(tmp_path: Path) -> None:
    Archive(None).add_day(DAY, item)
    with pytest.raises(UserError, match="no such file; the kiosk writes it"):
        read_hours(tmp_path)
