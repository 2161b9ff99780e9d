"""Moods of a place: told by days, and never so that a few people can be had by subtracting."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from device.session.ledger import Ledger
from device.session.trend import LEAST, LONGEST, PLEASANT, Span
from device.values import MOODS, UNKNOWN
from tests.device.audience.people import visitor

SMALLEST = 11
MONDAY = date(2026, 11, 2)
NAMES = (*MOODS, UNKNOWN)

Cell = tuple[int, str]
"""An hour, and a mood."""


class Town:
    """A ledger, and what has left it: the messages of the hours, and the spans."""

    def __init__(self) -> None:
        self.ledger = Ledger(SMALLEST)
        self.hours: list[tuple[dict[str, int], dict]] = []
        self.spans: list[Span] = []

    def hour(self, day: date, **moods: int) -> None:
        for mood, number in moods.items():
            for _ in range(number):
                self.ledger.visit(visitor("t", mood=mood, band="adult"), "alone")
        self.hours.append((moods, dict(self.ledger.hour(day))))

    def ends(self, day: date) -> Span | None:
        """The span that is told on the day after."""
        if span := self.ledger.span(day + timedelta(days=1)):
            self.spans.append(span)
        return span


def test_a_day_tells_how_many_came_and_how_many_were_in_a_pleasant_mood() -> None:
    town = Town()
    town.hour(MONDAY, happy=30, neutral=25)
    town.hour(MONDAY, excited=12, sad=15)
    assert town.ledger.span(MONDAY) is None  # it has not ended
    assert town.ends(MONDAY) == Span(MONDAY, MONDAY, came=82, pleasant=42)
    assert town.ends(MONDAY + timedelta(days=1)) is None  # once


def test_days_that_are_too_small_are_told_together_and_forgotten_after_a_week() -> None:
    town = Town()
    town.hour(MONDAY, happy=14, sad=14)
    assert town.ends(MONDAY) is None
    tuesday = MONDAY + timedelta(days=1)
    town.hour(tuesday, happy=14, sad=14)
    assert town.ends(tuesday) == Span(MONDAY, tuesday, came=56, pleasant=28)
    town.hour(tuesday, happy=14, sad=14)
    assert town.ledger.span(tuesday + LONGEST) is None
    town.hour(tuesday + LONGEST, happy=14, sad=14)
    assert town.ends(tuesday + LONGEST) is None  # the first 28 are gone


def test_where_one_part_is_small_nothing_is_told() -> None:
    town = Town()
    town.hour(MONDAY, happy=10, sad=80)
    assert town.ends(MONDAY) is None


def test_an_hour_that_was_too_small_to_be_told_cannot_be_had_from_the_day() -> None:
    town = Town()
    town.hour(MONDAY, happy=40, sad=40)
    town.hour(MONDAY, happy=4, sad=3)  # the sum of the day would tell that 7 came
    assert town.ends(MONDAY) is None


def test_the_sums_are_those_of_all_people() -> None:
    town = Town()
    people = Counter(happy=2 * LEAST, worried=LEAST, unknown=20)
    town.hour(MONDAY, **people)
    span = town.ends(MONDAY)
    assert span is not None
    assert (span.came, span.pleasant) == (people.total(), 2 * LEAST)


MANY = st.integers(0, 45)
HOUR = st.dictionaries(st.sampled_from(NAMES), MANY, max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(HOUR, min_size=1, max_size=4), min_size=1, max_size=6))
def test_nothing_small_can_be_had_by_subtracting_hours_days_and_spans(
    days: list[list[dict[str, int]]],
) -> None:
    town, day_of = Town(), list[date]()
    for number, hours in enumerate(days):
        day = MONDAY + timedelta(days=number)
        for moods in hours:
            town.hour(day, **moods)
            day_of.append(day)
        town.ends(day)
    hidden = {
        (number, name): moods.get(name, 0)
        for number, (moods, told) in enumerate(town.hours)
        for name in NAMES
        if told["visitors"] is None or told["by_mood"][name] is None
    }
    known = [
        {one for one in hidden if one[0] == number}
        for number, (_, told) in enumerate(town.hours)
        if told["visitors"] is not None
    ]
    for span in town.spans:
        of_span = {one for one in hidden if span.first <= day_of[one[0]] <= span.last}
        pleasant = {one for one in of_span if one[1] in PLEASANT}
        known += [pleasant, of_span - pleasant]
    rows = [row(some, hidden) for some in known if some]
    if not rows:
        return
    rank = np.linalg.matrix_rank(rows)
    for few in groups(hidden):
        if 0 < sum(hidden[one] for one in few) < SMALLEST:
            derived = np.linalg.matrix_rank([*rows, row(few, hidden)]) == rank
            assert not derived, (few, town.hours, town.spans)


def row(some: set[Cell], hidden: dict[Cell, int]) -> np.ndarray:
    """An equation: the sum of some of the hidden numbers."""
    return np.array([float(one in some) for one in hidden])


def groups(hidden: dict[Cell, int]) -> list[set[Cell]]:
    """Who must not be told of: a mood of an hour, an hour, its pleasant and its other moods, and
    all hidden hours together."""
    found = [{one} for one in hidden] + [set(hidden)]
    for number in {one[0] for one in hidden}:
        of_hour = {one for one in hidden if one[0] == number}
        pleasant = {one for one in of_hour if one[1] in PLEASANT}
        found += [of_hour, pleasant, of_hour - pleasant]
    return [group for group in found if group]
