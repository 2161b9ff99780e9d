"""Moods of a place over weeks: of how many people how many were in a pleasant mood.

It adds up the sums of whole hours before small numbers are hidden, and tells them once, at the end
of a day: a span of one day, or of a few where one alone is too small. Guarantees: a span has at
least `LEAST` people, and of them at least `smallest` in a pleasant mood and as many in none; what
it leaves of the hours, beside what these have told themselves, is nothing or at least `smallest`
too. So a span, the hours of it and all other spans cannot be subtracted from each other to have a
few people (tests/device/session/test_trend.py tries it). It is in memory until it is told: a
restart loses the span that was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from device.messaging.messages import HourSums

PLEASANT = ("happy", "excited")
"""Moods of the pleasant side (Russell 1980, https://doi.org/10.1037/h0077714). All others count as
not pleasant, also neutral and unknown: the course tells something, not the level."""

LEAST = 50

LONGEST = timedelta(days=7)
"""A span that is still too small after so many days is forgotten."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included, and the people of them: all, and those in a pleasant mood."""

    first: date
    last: date
    came: int
    pleasant: int


@dataclass(slots=True)
class _Sums:
    """came, pleasant: of all hours. The others: what their own messages let one know of these."""

    first: date
    last: date
    came: int = 0
    pleasant: int = 0
    told_came: int = 0
    told_pleasant: int = 0
    told_others: int = 0


class Trend:
    """smallest: number from which a count may leave."""

    def __init__(self, smallest: int) -> None:
        self._smallest = smallest
        self._sums: _Sums | None = None

    def add(self, day: date, moods: Mapping[str, int], told: HourSums) -> None:
        """Add an hour. day: on which it began, local. moods: of all. told: what leaves of it."""
        sums = self._sums = self._sums or _Sums(day, day)
        sums.last = day
        sums.came += sum(moods.values())
        sums.pleasant += sum(moods.get(mood, 0) for mood in PLEASANT)
        if (came := told["visitors"]) is None:
            return
        sums.told_came += came
        cells = told["by_mood"]
        pleasant = [cells[mood] for mood in cells if mood in PLEASANT]
        others = [cells[mood] for mood in cells if mood not in PLEASANT]
        told_pleasant, told_others = sum(n or 0 for n in pleasant), sum(n or 0 for n in others)
        if None not in pleasant:  # then the rest of the hour is known to be of the others
            told_others = came - told_pleasant
        elif None not in others:
            told_pleasant = came - told_others
        sums.told_pleasant += told_pleasant
        sums.told_others += told_others

    def told(self, today: date) -> Span | None:
        """What may be told, once its last day has ended; None: nothing yet."""
        sums = self._sums
        if sums is None or sums.last >= today:
            return None
        others = sums.came - sums.pleasant
        left = (
            sums.came - sums.told_came,
            sums.pleasant - sums.told_pleasant,
            others - sums.told_others,
        )
        large = sums.came >= LEAST and min(sums.pleasant, others) >= self._smallest
        if large and all(number == 0 or number >= self._smallest for number in left):
            self._sums = None
            return Span(sums.first, sums.last, sums.came, sums.pleasant)
        if today - sums.first >= LONGEST:
            self._sums = None
        return None
