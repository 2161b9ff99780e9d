"""Opening hours: the common subset of OpenStreetMap's `opening_hours`, and nothing guessed.

Understood: `24/7`, months (`Apr-Oct`), days (`Mo-Fr,Su`), spans (`09:00-12:00,13:00-17:00`), spans
over midnight (`20:00-02:00`, `20:00-26:00`), `off` and `closed`, rules joined by `;` of which the
last that names a day decides it. The device has no calendar of holidays: what is said of `PH` and
`SH` is left out. Whatever else is written there is refused, for unknown is better than wrong.
https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAY = 24 * 60
"""Minutes of a day."""

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOLIDAYS = ("PH", "SH")


def _ranges(names: tuple[str, ...]) -> str:
    one = f"(?:{'|'.join(names)})"
    return f"{one}(?:-{one})?(?:, ?{one}(?:-{one})?)*"


_SPAN = r"\d{1,2}:\d{2} ?- ?\d{1,2}:\d{2}"
_RULE = re.compile(
    rf"(?:(?P<months>{_ranges(_MONTHS)}) )?"
    rf"(?:(?P<days>{_ranges(_DAYS + _HOLIDAYS)}) )?"
    rf"(?P<times>{_SPAN}(?:, ?{_SPAN})*|off|closed)"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """On these months (0 January) and days (0 Monday): open in these spans, or closed if none.

    spans: (start, end) in minutes from midnight; an end beyond 1440 is on the next day.
    """

    months: frozenset[int]
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
        for rule in reversed(self.rules):
            if day.weekday() in rule.days and day.month - 1 in rule.months:
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
            rules.append(Rule(frozenset(range(12)), frozenset(range(7)), ((0, DAY),)))
            continue
        match = _RULE.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is not understood, takes such as `Mo-Fr 09:00-17:00`")
        days = _numbers(match["days"], _DAYS)
        if days:
            rules.append(Rule(_numbers(match["months"], _MONTHS), days, _times(match["times"])))
    return Hours(tuple(rules)) if rules else None


def _numbers(text: str | None, names: tuple[str, ...]) -> frozenset[int]:
    """`Mo-We,Su` as {0, 1, 2, 6}; a range may wrap (`Sa-Mo`); None is all; holidays are none."""
    if text is None:
        return frozenset(range(len(names)))
    numbers: set[int] = set()
    for piece in text.replace(" ", "").split(","):
        first, _, last = piece.partition("-")
        if first in _HOLIDAYS or last in _HOLIDAYS:
            continue
        start = names.index(first)
        length = (names.index(last or first) - start) % len(names) + 1
        numbers.update((start + step) % len(names) for step in range(length))
    return frozenset(numbers)


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
