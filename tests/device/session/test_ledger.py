"""What leaves the ledger, and that nothing small can be derived from all of it together."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.session.ledger import DAYPARTS, Ledger, daypart
from device.values import Touch, Tried

SMALLEST = 11
DAY = datetime(2026, 11, 28)
NEXT = (DAY + timedelta(days=1)).date()

Touched = list[tuple[int, str, str, int]]
"""Hours, verdicts, items, and how often."""

TOUCHED = st.lists(
    st.tuples(
        st.integers(0, 23),
        st.sampled_from(("chosen", "liked", "not_for_me")),
        st.sampled_from("abcdef"),
        st.integers(1, 25),
    ),
    max_size=40,
)


def day_of(touched: Touched) -> Ledger:
    ledger = Ledger(SMALLEST)
    for hour, verdict, item, times in touched:
        for _ in range(times):
            ledger.touch(Touch(item, verdict), DAY.replace(hour=hour))
    return ledger


def test_a_day_of_touches_is_told_once_by_daypart_item_and_verdict() -> None:
    ledger = day_of([(9, "chosen", "tea", 12), (9, "liked", "lake", 20), (20, "chosen", "tea", 30)])
    assert ledger.day(DAY.date()) is None
    assert ledger.day(NEXT) == {
        "day": "2026-11-28",
        "by_daypart": {
            "evening": {"tea": {"chosen": 30}},
            "morning": {"lake": {"liked": 20}, "tea": {"chosen": 12}},
        },
    }
    assert ledger.day(NEXT + timedelta(days=1)) is None


def test_small_numbers_do_not_leave_nor_what_would_reveal_them() -> None:
    assert day_of([(9, "chosen", "tea", 10)]).day(NEXT) is None
    # With the sum by verdict, 32, the two that are shown would leave 2 for the third.
    told = day_of([(9, "chosen", "tea", 12), (9, "chosen", "lake", 18), (9, "chosen", "inn", 2)])
    assert told.day(NEXT) == {
        "day": "2026-11-28",
        "by_daypart": {"morning": {"lake": {"chosen": 18}}},
    }


def test_touches_without_a_clock_are_counted_by_verdict_alone() -> None:
    ledger = Ledger(SMALLEST)
    for _ in range(12):
        ledger.touch(Touch("tea", "liked"), None)
    assert ledger.day(NEXT) is None
    assert ledger.hour()["touches"]["liked"] is None  # 12 of three cells, two of them 0


def test_what_became_of_items_is_kept_for_the_matching_and_never_told() -> None:
    ledger = Ledger(SMALLEST)
    for _ in range(3):
        ledger.touch(Touch("tea", "chosen"), DAY)
        ledger.touch(Touch("tea", "liked"), DAY)  # of the same screen
        ledger.screen(("tea", "lake"))
    ledger.touch(Touch("lake", "not_for_me"), DAY)
    assert ledger.tried == {"tea": Tried(3, 3), "lake": Tried(4, 0)}
    for verdict in ("chosen", "liked", "not_for_me", "liked"):  # of one screen, after many
        ledger.touch(Touch("lake", verdict), DAY)
    assert ledger.tried["lake"] == Tried(4, 0)
    ledger.screen(("lake",))
    for verdict in ("chosen", "liked"):
        ledger.touch(Touch("lake", verdict), DAY)
    assert ledger.tried["lake"] == Tried(5, 1)
    ledger.hour()
    assert ledger.day(NEXT) is None
    assert ledger.tried["tea"] == Tried(3, 3)


@settings(deadline=None)
@given(TOUCHED)
def test_sums_by_verdict_and_touches_of_items_cannot_be_subtracted(touched: Touched) -> None:
    """At worst the sums of all hours are known exactly, and hours lie within dayparts."""
    sums: Counter[tuple[str, str]] = Counter()
    items: Counter[tuple[str, str, str]] = Counter()
    for hour, verdict, item, times in touched:
        sums[daypart(hour), verdict] += times
        items[daypart(hour), verdict, item] += times
    told = day_of(touched).day(NEXT)
    shown = {} if told is None else told["by_daypart"]
    for (part, verdict), total in sums.items():
        cells = {
            item: numbers[verdict]
            for item, numbers in shown.get(part, {}).items()
            if verdict in numbers
        }
        assert all(n == items[part, verdict, item] >= SMALLEST for item, n in cells.items())
        hidden = {key[2] for key in items if key[:2] == (part, verdict)} - cells.keys()
        if hidden and cells:
            assert len(hidden) >= 2
            assert total - sum(cells.values()) >= SMALLEST


@pytest.mark.parametrize(
    ("hour", "name"),
    [(0, "night"), (5, "night"), (6, "morning"), (13, "midday"), (17, "afternoon"), (23, "night")],
)
def test_each_hour_is_in_one_daypart(hour: int, name: str) -> None:
    assert daypart(hour) == name
    assert {daypart(n) for n in range(24)} == set(DAYPARTS)
