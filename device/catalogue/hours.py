"""Opening hours in OpenStreetMap's `opening_hours` syntax, read by the library `opening-hours-py`.

A text is prepared in three ways. Rules of different weekdays are joined by `,`, since by the letter
of the specification a rule after `;` replaces the whole day and would close a bar at midnight
(`Fr 18:00-02:00; Sa 10:00-12:00`). `Sa, Su` is written `Sa,Su`, or `Sa` would be a rule that is
open all day. What depends on something else than the time is not known: a comment such as "by
appointment", `unknown`, or hours of holidays only, since the kiosk has no calendar of holidays.
https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from opening_hours import (  # type: ignore[attr-defined]  # its stubs lack ParserError
    OpeningHours,
    ParserError,
    State,
)

from device.config import PlaceConfig

DAY = 24 * 60
"""Minutes of a day, and the longest time ahead that is looked at."""

HORIZON_DAYS = 2
"""A change farther ahead is none: without a bound the library walks hours that never end, such as
`Mo-Su 00:00-24:00; Jan 1 10:00-10:00`, through thousands of years, which takes seconds."""

UNKNOWN_LEFT = -1
"""Minutes left where it is not known whether a place is open."""

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = f"(?:{'|'.join(_DAYS)})"
_DAY_RANGES = rf"{_DAY}(?:-{_DAY})?(?:, ?{_DAY}(?:-{_DAY})?)*"
_RULE = re.compile(
    rf"(?P<dates>[^\"]*?)(?P<days>{_DAY_RANGES}) (?P<times>[0-9][0-9:,+ -]*|off|closed)"
)
_HOLIDAYS = re.compile(r"(?:PH|SH)(?:, ?(?:PH|SH))*(?: .*)?")
_LIST_OF_DAYS = re.compile(rf"(?<=[ouehraH]), (?=(?:{_DAY}|PH|SH)\b)")
_SUN = re.compile(r"sunrise|sunset|dawn|dusk")
_OUTSIDE_QUOTES = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')


class Hours:
    """The opening hours of one text. Made by `parse_hours`."""

    def __init__(self, rules: OpeningHours) -> None:
        self._rules = rules

    def minutes_left(self, now: datetime) -> int:
        """Minutes for which it stays open from `now`, local time.

        0: closed. `DAY`: a day or more. `UNKNOWN_LEFT`: not known.
        """
        left, _ = self.look(now)
        return left

    def look(self, now: datetime) -> tuple[int, int]:
        """`minutes_left`, and for how many minutes, at most `DAY`, its state stays the same."""
        at = now.replace(second=0, microsecond=0, tzinfo=None)
        state, comment = self._rules.state(at)
        change = self._rules.next_change(at)
        same = DAY
        if change is not None:
            same = min(DAY, (change.replace(tzinfo=None) - at) // timedelta(minutes=1))
        if comment or state == State.UNKNOWN:
            return UNKNOWN_LEFT, same
        return (same if state == State.OPEN else 0), same


def parse_hours(text: str, place: PlaceConfig | None = None) -> Hours | None:
    """Opening hours from text; None: not known (empty, or hours of holidays only).

    place: where sunrise and sunset are taken; hours that name them are not known without it.

    Raises:
        ValueError: not in the syntax; the message has the part.
    """
    rules = [_LIST_OF_DAYS.sub(",", " ".join(rule.split())) for rule in _OUTSIDE_QUOTES.split(text)]
    rules = [rule for rule in rules if rule and not _HOLIDAYS.fullmatch(rule)]
    if not rules:
        return None
    sun: dict[str, Any] = {}
    if _SUN.search(text) and place is not None and place.latitude is not None:
        # The library would also look up the country, from a map that takes 110 MB of memory.
        sun = {"coords": (place.latitude, place.longitude), "auto_country": False}
        sun["timezone"] = ZoneInfo(place.timezone)
    try:
        hours = OpeningHours(_joined(rules), max_interval_days=HORIZON_DAYS, **sun)
    except ParserError as error:
        raise ValueError(_place_of(str(error), text)) from None
    return None if _SUN.search(text) and not sun else Hours(hours)


class Timetable:
    """The opening hours of many texts at once.

    A text is evaluated again only when its state may have changed, so that asking every few
    minutes costs little: most texts change twice a day.
    """

    def __init__(self, texts: Sequence[str], place: PlaceConfig | None = None) -> None:
        """texts: opening hours; one that cannot be read is not known. place: for the sun."""
        self._hours = [_readable(text, place) for text in texts]
        self._known = np.array([hours is not None for hours in self._hours], np.bool_)
        self._left = np.full(len(texts), UNKNOWN_LEFT, np.int64)
        self._answer: tuple[int, NDArray[np.int64]] = (-1, self._left)
        # Minutes since the year 1 between which `_left`, which counts from `_from`, holds.
        self._from = np.zeros(len(texts), np.int64)
        self._until = np.zeros(len(texts), np.int64)

    def minutes_left(self, now: datetime) -> NDArray[np.int64]:
        """`Hours.minutes_left` of each text: shape (T,)."""
        minute = now.toordinal() * DAY + now.hour * 60 + now.minute
        if minute == self._answer[0]:
            return self._answer[1]
        stale = self._known & ((minute < self._from) | (minute >= self._until))
        for number in stale.nonzero()[0].tolist():
            hours = self._hours[number]
            assert hours is not None
            left, same = hours.look(now)
            self._left[number], self._from[number] = left, minute
            # A day ahead may be half way through a longer span: look again before it shrinks.
            self._until[number] = minute + (1 if left == DAY else same)
        passed = np.where(self._left > 0, minute - self._from, 0)
        self._answer = (minute, self._left - passed)
        return self._answer[1]


def _readable(text: str, place: PlaceConfig | None) -> Hours | None:
    try:
        return parse_hours(text, place)
    except ValueError:
        return None


def _joined(rules: list[str]) -> str:
    """The rules as one text, those of different weekdays joined by `,`.

    A rule that closes days without another rule is redundant and is left out: after `,` it would
    cut off the night before.
    """
    days = [_weekdays(rule) for rule in rules]
    apart = all(
        a is not None and b is not None and a[0] == b[0] and not a[1] & b[1]
        for number, a in enumerate(days)
        for b in days[:number]
    )
    if len(rules) == 1 or not apart:
        return "; ".join(rules)
    opening = [rule for rule in rules if not rule.endswith((" off", " closed"))]
    return ", ".join(opening) or rules[0]


def _weekdays(rule: str) -> tuple[str, frozenset[int]] | None:
    """The dates that a simple rule begins with, and its days, 0 Monday; None: not a simple one."""
    match = _RULE.fullmatch(rule)
    if match is None:
        return None
    found: set[int] = set()
    for part in match["days"].split(","):
        first, _, last = part.strip().partition("-")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return match["dates"], frozenset(found)


def _place_of(error: str, text: str) -> str:
    """One line for a parser's error, which draws an arrow below the text."""
    column = re.search(r"--> 1:(\d+)", error)
    rest = text[int(column[1]) - 1 :] if column else text
    return f"not understood from {rest!r} on" if rest and rest != text else "not understood"
