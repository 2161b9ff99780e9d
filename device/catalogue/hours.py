"""Opening hours: the common subset of OpenStreetMap's `opening_hours`, and nothing guessed.

Understood: `24/7`, dates (`Apr-Oct`, `Mar 15-Nov 15`), days (`Mo-Fr,Su`), spans
(`09:00-12:00,13:00-17:00`), spans over midnight (`20:00-02:00`, `20:00-26:00`), `off` and `closed`,
rules joined by `;` of which the last that names a day decides it. The device has no calendar of
holidays: what is said of `PH` and `SH` is left out. Whatever else is written there is refused, for
unknown is better than wrong.
https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAY = 24 * 60
"""Minutes of a day."""

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOLIDAYS = ("PH", "SH")


_MONTH_DAYS = 31
"""Every month has as many places in a rule's dates."""


def _ranges(names: tuple[str, ...], tail: str = "") -> str:
    one = f"(?:{'|'.join(names)}){tail}"
    return f"{one}(?:-{one})?(?:, ?{one}(?:-{one})?)*"


_SPAN = r"\d{1,2}:\d{2} ?- ?\d{1,2}:\d{2}"
_RULE = re.compile(
    rf"(?:(?P<dates>{_ranges(_MONTHS, '(?: [0-3][0-9]?)?')}) )?"
    rf"(?:(?P<days>{_ranges(_DAYS + _HOLIDAYS)}) )?"
    rf"(?P<times>{_SPAN}(?:, ?{_SPAN})*|off|closed)"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """On these dates and days of the week (0 Monday): open in these spans, or closed if none.

    dates: 31 * month + day, both from 0. spans: (start, end) in minutes from midnight; an end
    beyond 1440 is on the next day.
    """

    dates: frozenset[int]
    days: frozenset[int]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours in local time, to the minute. Made by `parse_hours`."""

    rules: tuple[Rule, ...]

    def minutes_left(self, now: datetime) -> int:
        """For how many minutes it stays open; 0: closed now; 1440: a day or more."""
        minute = now.hour * 60 + now.minute
        spans = sorted(
            (start + DAY * offset, end + DAY * offset)
            for offset in (-1, 0, 1)
            for start, end in self._spans(now.date() + timedelta(days=offset))
        )
        closes = minute
        for start, end in spans:
            if start <= closes < end:
                closes = end
        return min(closes - minute, DAY)

    def _spans(self, day: date) -> tuple[tuple[int, int], ...]:
        date_of_year = (day.month - 1) * _MONTH_DAYS + day.day - 1
        for rule in reversed(self.rules):
            if day.weekday() in rule.days and date_of_year in rule.dates:
                return rule.spans
        return ()


def parse_hours(text: str) -> Hours | None:
    """Opening hours from text; None: not known (empty, or it speaks of holidays only).

    Raises:
        ValueError: beyond the subset; the message says which part.
    """
    rules = []
    for part in filter(None, (" ".join(piece.split()) for piece in text.split(";"))):
        if part == "24/7":
            rules.append(Rule(_dates(None), _days(None), ((0, DAY),)))
            continue
        match = _RULE.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is not understood, takes such as `Mo-Fr 09:00-17:00`")
        days = _days(match["days"])
        if days:
            rules.append(Rule(_dates(match["dates"]), days, _times(match["times"])))
    return Hours(tuple(rules)) if rules else None


def _days(text: str | None) -> frozenset[int]:
    """`Mo-We,Su` as {0, 1, 2, 6}; None is every day; holidays are none."""
    if text is None:
        return frozenset(range(len(_DAYS)))
    found: set[int] = set()
    for first, last in _pairs(text):
        if first not in _HOLIDAYS and last not in _HOLIDAYS:
            found |= _range(_DAYS.index(first), _DAYS.index(last or first), len(_DAYS))
    return frozenset(found)


def _dates(text: str | None) -> frozenset[int]:
    """`Apr-Oct` and `Mar 15-Nov 15` as numbers of dates; None is the whole year."""
    year = len(_MONTHS) * _MONTH_DAYS
    if text is None:
        return frozenset(range(year))
    found: set[int] = set()
    for first, last in _pairs(text):
        start, end = _date(first, 1), _date(last or first, _MONTH_DAYS)
        found |= _range(start, end, year)
    return frozenset(found)


def _date(text: str, otherwise: int) -> int:
    month, _, day = text.partition(" ")
    number = int(day or otherwise)
    if not 1 <= number <= _MONTH_DAYS:
        raise ValueError(f"{text!r} is no date")
    return _MONTHS.index(month) * _MONTH_DAYS + number - 1


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """The two ends of each range; the second is empty where it is no range."""
    for piece in text.split(","):
        first, _, last = piece.strip().partition("-")
        yield first, last


def _range(start: int, end: int, size: int) -> set[int]:
    """From start to end, both included, around the end of the week or year if need be."""
    return {(start + step) % size for step in range((end - start) % size + 1)}


def _times(text: str) -> tuple[tuple[int, int], ...]:
    if text in ("off", "closed"):
        return ()
    spans = []
    for piece in text.replace(" ", "").split(","):
        start, end = (_minutes(clock) for clock in piece.split("-"))
        if start >= DAY:
            raise ValueError(f"{piece!r} starts after midnight's 24:00")
        spans.append((start, end if end > start else end + DAY))
    return tuple(spans)


def _minutes(clock: str) -> int:
    hour, minute = (int(part) for part in clock.split(":"))
    if minute > 59 or hour * 60 + minute > 2 * DAY:
        raise ValueError(f"{clock!r} is no time of day")
    return hour * 60 + minute
