"""A month is the sum of what was told, and what was not told is not zero."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from device.report.month import days_of, month_of
from device.session.archive import SHOWN, ToldHour, ToldItem

HELSINKI = ZoneInfo("Europe/Helsinki")
FIRST, LAST = days_of(2026, 11)


def hour(day: int, at: int, minute: int, visitors: int | None) -> ToldHour:
    """Of a day of November 2026; the time is UTC, two hours behind Helsinki's."""
    return ToldHour(datetime(2026, 11, day, at, minute, tzinfo=UTC), visitors)


def told(day: int, item: str, what: str, number: int, month: int = 11) -> ToldItem:
    return ToldItem(date(2026, month, day), item, what, number, "place", item.title())


def test_an_hour_belongs_to_the_local_hour_in_which_its_middle_lies() -> None:
    hours = [hour(1, 10, 12, 20), hour(1, 11, 40, 30), hour(1, 12, 45, None), hour(30, 21, 40, 99)]
    month = month_of(FIRST, LAST, hours, [], HELSINKI, 11)
    day = date(2026, 11, 1)
    assert dict(month.visitors) == {(day, 12): 20, (day, 14): 30, (day, 15): None}
    assert (month.visitors_told, month.hours_hidden) == (50, 1)


def test_two_hours_around_a_restart_are_added_up() -> None:
    day = date(2026, 11, 1)
    for pair in ([30, None], [None, 30], [12, 18]):
        hours = [hour(1, 10, minute, n) for minute, n in zip((0, 20), pair, strict=True)]
        assert month_of(FIRST, LAST, hours, [], HELSINKI, 11).visitors == {(day, 12): 30}


def test_items_are_added_up_over_the_days_of_the_month_alone() -> None:
    found = [told(1, "tea", SHOWN, 40), told(30, "tea", SHOWN, 20), told(30, "tea", "liked", 11),
             told(31, "tea", SHOWN, 99, month=10), told(9, "inn", SHOWN, 50)]  # fmt: skip
    month = month_of(FIRST, LAST, [], found, HELSINKI, 11)
    assert [(item.title, item.told[SHOWN]) for item in month.most(SHOWN, 9)] == [
        ("Tea", 60),
        ("Inn", 50),
    ]
    assert [item.id for item in month.most("liked", 9)] == ["tea"]
    assert (month.total(SHOWN), month.total("scanned")) == (110, 0)
    assert month.days[date(2026, 11, 30), SHOWN] == 20
    assert month.by_kind() == {"place": {SHOWN: 110, "liked": 11}}


def test_numbers_below_the_smallest_of_today_are_left_out() -> None:
    found = [told(1, "tea", SHOWN, 15), told(2, "tea", SHOWN, 40)]
    month = month_of(FIRST, LAST, [hour(1, 10, 0, 15)], found, HELSINKI, 20)
    assert month.items[0].told == {SHOWN: 40}
    assert month.hours_hidden == 1


def test_a_month_has_all_of_its_days() -> None:
    assert days_of(2028, 2)[1] == date(2028, 2, 29)
    assert len(month_of(FIRST, LAST, [], [], HELSINKI, 11).all_days) == 30
