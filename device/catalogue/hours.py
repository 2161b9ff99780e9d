"""Opening hours in OpenStreetMap's `opening_hours` syntax, read by the library `opening-hours-py`.

`hour_rules` prepares a text for it. What depends on something else than the time is not known: a
comment such as "by appointment", `unknown`, hours of holidays only, hours by the sun where `place`
has no coordinates. Public holidays are those of `place.country`; without it, and for school
holidays, such rules are left out. `PH Mo-Fr` are holidays that fall on these days, which the
library takes for both: on a holiday such hours are not known.
https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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

from device.catalogue.hour_rules import DAY_NAME, EVENT, joined, spelled
from device.config import PlaceConfig

DAY = 24 * 60
"""Minutes of a day, and the longest time ahead that is looked at."""

HORIZON_DAYS = 2
"""A change farther ahead is none: without a bound the library walks hours that never end, such as
`Mo-Su 00:00-24:00; Jan 1 10:00-10:00`, through thousands of years, which takes seconds."""

UNKNOWN_LEFT = -1
"""Minutes left where it is not known whether a place is open."""

_HOLIDAYS = re.compile(r"(?:PH|SH)(?:,(?:PH|SH))*(?: .*)?")
_SCHOOL = re.compile(r"SH(?: .*)?")
_HOLIDAY_ON = re.compile(rf"PH(?:,SH)? {DAY_NAME}\b.*|SH,PH {DAY_NAME}\b.*")
_SUN = re.compile(EVENT, re.IGNORECASE)
_PUBLIC = re.compile(r"\bPH\b", re.IGNORECASE)


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
        if state == State.CLOSED:
            return 0, same
        return (UNKNOWN_LEFT if comment or state == State.UNKNOWN else same), same

    def on_day(self, now: datetime) -> tuple[str, ...] | None:
        """When it is open on the day of `now`, local time, such as `18:00-03:00`; None: not known.

        What began the day before stands there from 00:00, unless it is over. `00:00-00:00` is the
        whole day.
        """
        day = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        spans = []
        for begin, end, state, comment in self._rules.intervals(day, day + timedelta(days=1)):
            if comment or state == State.UNKNOWN:
                return None
            if state == State.CLOSED or (begin == day and end <= now.replace(tzinfo=None)):
                continue
            if end - day == timedelta(days=1) and begin > day:
                change = self._rules.next_change(end - timedelta(minutes=1))
                if change is not None and change.replace(tzinfo=None) - begin < timedelta(days=1):
                    end = change
            spans.append(f"{begin:%H:%M}-{end:%H:%M}")
        return tuple(spans)


def parse_hours(text: str, place: PlaceConfig | None = None) -> Hours | None:
    """Opening hours from text; None: not known (empty, or hours of holidays only).

    place: of the sun and of public holidays; without coordinates hours by the sun are not known.

    Raises:
        ValueError: not in the syntax; the message has the part.
    """
    country = None if place is None else place.country
    left_out = _HOLIDAYS if country is None else _SCHOOL
    every = spelled(text)
    groups = [
        [_HOLIDAY_ON.sub("PH unknown", rule) for rule in group if not left_out.fullmatch(rule)]
        for group in every
    ]
    if groups != every:
        _parsed(every)
    if all(_HOLIDAYS.fullmatch(rule) for group in groups for rule in group):
        return None
    here: dict[str, Any] = {}
    if country is not None and _PUBLIC.search(text):
        here["country"] = country
    if _SUN.search(text) and place is not None and place.latitude is not None:
        here["coords"] = (place.latitude, place.longitude)
        here["timezone"] = ZoneInfo(place.timezone)
    hours = _parsed(groups, **here)
    return None if _SUN.search(text) and "coords" not in here else Hours(hours)


def _parsed(groups: list[list[str]], **here: Any) -> OpeningHours:
    """The library's hours of these rules, or a `ValueError` with what is not understood."""
    text = joined(groups)
    here["auto_country"] = False  # it would be looked up in a map that takes 110 MB of memory
    try:
        return OpeningHours(text, max_interval_days=HORIZON_DAYS, **here)
    except ParserError as error:
        raise ValueError(_place_of(str(error), text)) from None


def lacking(texts: Iterable[str], place: PlaceConfig) -> list[str]:
    """Keys of `place` that some of these hours need and that are not set."""
    texts = list(texts)
    needed = {
        "place.country": place.country is None and any(_PUBLIC.search(text) for text in texts),
        "place.latitude and place.longitude": place.latitude is None
        and any(_SUN.search(text) for text in texts),
    }
    return [key for key, lacks in needed.items() if lacks]


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

    def on_day(self, number: int, now: datetime) -> tuple[str, ...] | None:
        """`Hours.on_day` of one text."""
        hours = self._hours[number]
        return None if hours is None else hours.on_day(now)


def _readable(text: str, place: PlaceConfig | None) -> Hours | None:
    try:
        return parse_hours(text, place)
    except ValueError:
        return None


def _place_of(error: str, text: str) -> str:
    """One line for a parser's error, which draws an arrow below the text."""
    column = re.search(r"--> 1:(\d+)", error)
    rest = text[int(column[1]) - 1 :] if column else text
    return f"not understood from {rest!r} on" if rest and rest != text else "not understood"
