"""What leaves the ledger, and that nothing small can be derived from all of it together."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from device.session.kept import Kept
from device.session.ledger import ANY, DAYPARTS, HALF_LIFE_DAYS, LONGEST_DAYS, Ledger, daypart
from device.values import Touch, Tried

SMALLEST = 11
DAY = datetime(2026, 11, 28)
NEXT = (DAY + timedelta(days=1)).date()

Touched = list[tuple[int, str, str, int]]
"""Hours, verdicts, items, and how often."""

TOUCHED = st.lists(
    st.tuples(
        st.sampled_from((9, 20)),
        st.sampled_from(("chosen", "liked")),
        st.sampled_from("abcd"),
        st.integers(1, 14),
    ),
    max_size=12,
)
"""In few cells, so that many of them are about as large as may be told."""

Cell = tuple[int, str, str, str]
"""Day, daypart, verdict and item."""


def touch(ledger: Ledger, touched: Touched, day: date) -> None:
    for hour, verdict, item, times in touched:
        for _ in range(times):
            ledger.touch(Touch(item, verdict), datetime.combine(day, time(hour)))


def day_of(touched: Touched) -> Ledger:
    ledger = Ledger(SMALLEST)
    touch(ledger, touched, DAY.date())
    return ledger


def told(ledger: Ledger, today: date = NEXT) -> dict[str, dict[str, dict[str, int]]] | None:
    """Touches that are told at the beginning of a day, by daypart, item and verdict."""
    message = ledger.day(today)
    return message and message["by_daypart"]


def test_touches_are_told_once_by_daypart_item_and_verdict() -> None:
    ledger = day_of([(9, "chosen", "tea", 12), (9, "liked", "lake", 20), (20, "chosen", "tea", 30)])
    assert ledger.day(DAY.date()) is None
    assert ledger.day(NEXT) == {
        "day": "2026-11-28",
        "by_daypart": {
            "evening": {"tea": {"chosen": 30}},
            "morning": {"lake": {"liked": 20}, "tea": {"chosen": 12}},
        },
        "screens": {},
    }
    assert ledger.day(NEXT + timedelta(days=1)) is None


def test_small_numbers_wait_and_so_do_those_that_would_reveal_them() -> None:
    ledger = day_of([(9, "chosen", "tea", 10)])
    assert told(ledger) is None
    touch(ledger, [(20, "chosen", "tea", 1)], NEXT)
    assert told(ledger, NEXT + timedelta(days=1)) == {"any": {"tea": {"chosen": 11}}}
    # With the sum by verdict, 32, the two that are shown would leave 2 for the third.
    some = day_of([(9, "chosen", "tea", 12), (9, "chosen", "lake", 18), (9, "chosen", "inn", 2)])
    assert told(some) == {"morning": {"lake": {"chosen": 18}}}


def test_screens_are_told_as_touches_are() -> None:
    ledger = Ledger(SMALLEST)
    for _ in range(10):
        ledger.screen(("tea", "lake"), DAY)
    assert ledger.day(NEXT) is None
    ledger.screen(("tea", "lake"), DAY + timedelta(days=1))
    message = ledger.day(NEXT + timedelta(days=1))
    assert message
    assert message["screens"] == {"lake": 11, "tea": 11}


def test_what_waits_too_long_is_forgotten() -> None:
    ledger = day_of([(9, "chosen", "tea", 10)])
    later = DAY.date() + timedelta(days=LONGEST_DAYS + 1)
    touch(ledger, [(9, "liked", "tea", 1)], later - timedelta(days=1))
    assert told(ledger, later) is None
    assert ledger.kept().touches == ()


def test_touches_without_a_clock_are_counted_by_verdict_alone() -> None:
    ledger = Ledger(SMALLEST)
    for _ in range(12):
        ledger.screen(("tea",), None)
        ledger.touch(Touch("tea", "liked"), None)
    assert ledger.day(NEXT) is None
    assert ledger.hour()["touches"]["liked"] is None  # 12 of three cells, two of them 0
    assert ledger.tried["tea"] == Tried(12, 12)


def test_what_became_of_items_is_kept_for_the_matching_and_never_told() -> None:
    ledger = Ledger(SMALLEST)
    for _ in range(3):
        ledger.touch(Touch("tea", "chosen"), DAY)
        ledger.touch(Touch("tea", "liked"), DAY)  # of the same screen
        ledger.screen(("tea", "lake"), DAY)
    ledger.touch(Touch("lake", "not_for_me"), DAY)
    assert ledger.tried == {"tea": Tried(3, 3), "lake": Tried(4, 0)}
    for verdict in ("chosen", "liked", "not_for_me", "liked"):  # of one screen, after many
        ledger.touch(Touch("lake", verdict), DAY)
    assert ledger.tried["lake"] == Tried(4, 0)
    ledger.screen(("lake",), DAY)
    for verdict in ("chosen", "liked"):
        ledger.touch(Touch("lake", verdict), DAY)
    assert ledger.tried["lake"] == Tried(5, 1)
    ledger.hour()
    assert ledger.day(NEXT) is None


def test_what_was_learned_fades_and_is_forgotten() -> None:
    ledger = Ledger(SMALLEST)
    for _ in range(40):
        ledger.screen(("tea", "lake"), DAY)
        ledger.touch(Touch("tea", "liked"), DAY)
    ledger.day(DAY.date())
    ledger.day(DAY.date() + timedelta(days=HALF_LIFE_DAYS))
    assert ledger.tried["tea"] == Tried(20, 20)
    assert ledger.told["lake"].screens == 40  # told after that
    assert ledger.told["tea"].touches == {"liked": 40}
    again = Ledger(SMALLEST, ledger.kept())
    for days in (9, 10, 11):  # nobody has come since
        ledger.day(DAY.date() + timedelta(days=days * HALF_LIFE_DAYS))
    again.day(DAY.date() + timedelta(days=2 * HALF_LIFE_DAYS))
    assert again.tried["tea"] == Tried(10, 10)
    assert ledger.tried == {}
    assert ledger.told == {}


def test_a_restart_changes_nothing() -> None:
    days = [(9, "chosen", "tea", 12), (9, "chosen", "lake", 7), (20, "liked", "tea", 5)]
    whole, ledger = day_of(days), day_of(days)
    for one in (whole, ledger):
        one.screen(("tea", "lake"), DAY)
    ledger = Ledger(SMALLEST, Kept.model_validate_json(ledger.kept().model_dump_json()))
    for day in (NEXT, NEXT + timedelta(days=1)):
        for one in (whole, ledger):
            touch(one, [(9, "chosen", "lake", 7)], day)
        assert whole.day(day + timedelta(days=1)) == ledger.day(day + timedelta(days=1))
    assert whole.kept() == ledger.kept()


@settings(deadline=None, max_examples=60)
@given(st.lists(TOUCHED, min_size=1, max_size=4))
def test_nothing_small_can_be_had_by_subtracting_what_is_told_on_any_days(
    days: list[Touched],
) -> None:
    """At worst the sums of all hours are known exactly, and hours lie within dayparts. What is told
    are numbers of their own, what the operator sees are their sums; what is left of a sum is not
    small, nor of one item; and no small number follows from all of it by any arithmetic."""
    ledger = Ledger(SMALLEST)
    cells: Counter[Cell] = Counter()
    groups: list[tuple[set[Cell], int]] = []  # cells of which the sum was told
    done: set[Cell] = set()  # those cells
    seen: Counter[tuple[str, str]] = Counter()
    for day, touched in enumerate(days):
        today = DAY.date() + timedelta(days=day)
        touch(ledger, touched, today)
        for hour, verdict, item, times in touched:
            cells[day, daypart(hour), verdict, item] += times
        by_part = told(ledger, today + timedelta(days=1)) or {}
        for part in (*DAYPARTS, ANY):
            for verdict in ("chosen", "liked"):
                numbers = {item: of[verdict] for item, of in by_part.get(part, {}).items()
                           if verdict in of}  # fmt: skip
                # Nobody outside knows which cells are empty.
                where = product(range(day + 1), DAYPARTS) if part == ANY else [(day, part)]
                waiting = {(d, p, verdict, item) for d, p in where for item in "abcd"} - done
                for item, number in numbers.items():
                    group = {cell for cell in waiting if cell[3] == item}
                    assert number == sum(cells[cell] for cell in group) >= SMALLEST
                    groups.append((group, number))
                    seen[item, verdict] += number
                    done |= group
                left = {cell for cell in waiting - done if cells[cell]}
                if numbers and left:
                    assert len({cell[3] for cell in left}) >= 2
                    assert sum(cells[cell] for cell in left) >= SMALLEST
        ledger = Ledger(SMALLEST, ledger.kept())  # a restart a day
    faded = {(i, v): n for i, one in ledger.told.items() for v, n in one.touches.items()}
    assert faded.keys() == seen.keys()
    assert all(0.95 * seen[key] <= n <= seen[key] for key, n in faded.items())
    for day, part, verdict in {cell[:3] for cell in cells}:
        everything = {(day, part, verdict, item) for item in "abcdz"}  # z: there may be others
        groups.append((everything, sum(cells[cell] for cell in everything)))
    for cell, number in cells.items():
        if number < SMALLEST:
            least, most = derived(cell, groups)
            assert most - least > 0.9, f"{cell} is known to be {number}"


def derived(wanted: Cell, groups: list[tuple[set[Cell], int]]) -> tuple[float, float]:
    """Between which numbers a cell must lie, by the sums of some groups of cells."""
    cells = sorted({cell for group, _ in groups for cell in group if cell[2] == wanted[2]})
    some = [(group, total) for group, total in groups if group & set(cells)]
    rows = [[float(cell in group) for cell in cells] for group, _ in some]
    totals = [total for _, total in some]
    aim = np.array([float(cell == wanted) for cell in cells])
    ends = [linprog(sign * aim, A_eq=rows, b_eq=totals) for sign in (1, -1)]
    assert all(end.status == 0 for end in ends)
    return ends[0].fun, -ends[1].fun


@settings(deadline=None)
@given(st.lists(st.tuples(st.sets(st.sampled_from("abcdef"), max_size=3), st.integers(1, 25))))
def test_what_is_told_of_screens_leaves_nothing_small(shown: list[tuple[set[str], int]]) -> None:
    ledger, waiting = Ledger(SMALLEST), Counter[str]()
    for number, (items, times) in enumerate(shown):
        today = DAY + timedelta(days=number)
        for _ in range(times):
            ledger.screen(tuple(items), today)
        waiting.update(dict.fromkeys(items, times))
        message = ledger.day((today + timedelta(days=1)).date())
        for item, n in (message["screens"] if message else {}).items():
            assert n == waiting.pop(item) >= SMALLEST
        if message and waiting:
            assert len(waiting) >= 2
            assert waiting.total() >= SMALLEST


@pytest.mark.parametrize(
    ("hour", "name"),
    [(0, "night"), (5, "night"), (6, "morning"), (13, "midday"), (17, "afternoon"), (23, "night")],
)
def test_each_hour_is_in_one_daypart(hour: int, name: str) -> None:
    assert daypart(hour) == name
    assert {daypart(n) for n in range(24)} == set(DAYPARTS)
