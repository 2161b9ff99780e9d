"""Opening hours in OpenStreetMap's `opening_hours` syntax, read by the library `opening-hours-py`.

A text is prepared in three ways. Rules of different weekdays are joined by `,`, since by the letter
of the specification a rule after `;` replaces the whole day and would close a bar at midnight
(`Fr 18:00-02:00; Sa 10:00-12:00`). Lists are spelled as the library reads them: of `Sa, Su` and of
`Dec 24, PH off` the first would be a rule that is open all day. What depends on something else than
the time is not known: a comment such as "by appointment", `unknown`, hours of holidays only, hours
by the sun where `place` has no coordinates. Public holidays are those of `place.country`; without
it, and for school holidays, such rules are left out. `PH Mo-Fr` are holidays that fall on these
days, which the library takes for both: on a holiday such hours are not known.
https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import combinations
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
_DAY_RANGES = rf"{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*"
_EVENT = r"sunrise|sunset|dawn|dusk"
_RULE = re.compile(
    rf"(?P<dates>[^\"]*?)(?P<days>{_DAY_RANGES}) "
    rf"(?P<times>[0-9(ds](?:[0-9:,+() -]|{_EVENT}|(?<=[ds])(?:un|awn|usk))*|off|closed)"
)
_HOLIDAYS = re.compile(r"(?:PH|SH)(?:,(?:PH|SH))*(?: .*)?")
_SCHOOL = re.compile(r"SH(?: .*)?")
_HOLIDAY_ON = re.compile(rf"PH(?:,SH)? {_DAY}\b.*|SH,PH {_DAY}\b.*")
_SUN = re.compile(_EVENT, re.IGNORECASE)
_PUBLIC = re.compile(r"\bPH\b", re.IGNORECASE)

_OUTSIDE = r'(?=(?:[^"]*"[^"]*")*[^"]*$)'
_WORDS = re.compile(
    r"\b(?:(?P<upper>PH|SH)|(?P<lower>week|off|closed|open|unknown|easter|sunrise|sunset|dawn|dusk)"
    rf"|{_DAY}|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b{_OUTSIDE}",
    re.IGNORECASE,
)
_SEMICOLONS = re.compile(rf";{_OUTSIDE}")
_COMMAS = re.compile(rf",(?![^\[]*\]){_OUTSIDE}")
_DASHES = re.compile(rf"(?: ?[‐‑‒–—−] ?| - ){_OUTSIDE}")
_TAIL = re.compile(
    rf"(?:^|(?<= ))(?=[0-9]{{1,2}}:|\(|\"|\|\||24/7|(?:{_EVENT}|off|closed|open|unknown)\b)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]{1,2}(?:-[0-9]{1,2})?(?:/[0-9]+)?(?= |$)")
_MONTH = re.compile(r"(?:[A-Z][a-z]{2}|week) (?=[0-9])")
_ORDINAL = re.compile(rf"\b[0-9]+(?:st|nd|rd|th)\b{_OUTSIDE}", re.IGNORECASE)


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


def parse_hours(text: str, place: PlaceConfig | None = None) -> Hours | None:
    """Opening hours from text; None: not known (empty, or hours of holidays only).

    place: of the sun and of public holidays; without coordinates hours by the sun are not known.

    Raises:
        ValueError: not in the syntax; the message has the part.
    """
    if (ordinal := _ORDINAL.search(text)) is not None:  # the library reads "24 Thursday" in "24th"
        raise ValueError(f"not understood from {text[ordinal.start() :]!r} on")
    country = None if place is None else place.country
    left_out = _HOLIDAYS if country is None else _SCHOOL
    text = _WORDS.sub(_as_specified, text)
    texts = (" ".join(part.split()) for part in _SEMICOLONS.split(text))
    every = [_spelled(part) for part in texts if part]
    groups = [
        [_HOLIDAY_ON.sub("PH unknown", rule) for rule in group if not left_out.fullmatch(rule)]
        for group in every
    ]
    if groups != every:
        _parsed(every)
    if all(_HOLIDAYS.fullmatch(rule) for group in groups for rule in group):
        return None
    here: dict[str, Any] = {}
    if country is not None and "PH" in text:
        here["country"] = country
    if _SUN.search(text) and place is not None and place.latitude is not None:
        here["coords"] = (place.latitude, place.longitude)
        here["timezone"] = ZoneInfo(place.timezone)
    hours = _parsed(groups, **here)
    return None if _SUN.search(text) and "coords" not in here else Hours(hours)


def _parsed(groups: list[list[str]], **here: Any) -> OpeningHours:
    """The library's hours of these rules, or a `ValueError` with what is not understood."""
    text = _joined(groups)
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


def _readable(text: str, place: PlaceConfig | None) -> Hours | None:
    try:
        return parse_hours(text, place)
    except ValueError:
        return None


def _as_specified(word: re.Match[str]) -> str:
    """A word in the letters of the specification; the library takes any, the rules here do not."""
    change = {"upper": str.upper, "lower": str.lower}.get(word.lastgroup or "", str.capitalize)
    return change(word[0])


def _spelled(text: str) -> list[str]:
    """The rules that stand between two `;`, with their lists as the library reads them.

    A list of days, dates or weeks gets no blanks, and its times or `off` if the next entry is of
    another sort: `Dec 24, 25, PH off` is `Dec 24,Dec 25 off` and `PH off`.
    """
    rules: list[str] = []
    when: list[str] = []
    for part in _COMMAS.split(_DASHES.sub("-", text)):
        part = part.strip()
        if not part:
            return [text]  # the library says what is wrong
        tail = _TAIL.search(part)
        start = len(part) if tail is None else tail.start()
        if when and (number := _NUMBER.match(part[:start])) and (month := _MONTH.search(when[-1])):
            when.append(f"{month[0]}{number[0]}{part[number.end() : start]}".strip())
        elif part[:start]:
            when.append(part[:start].strip())
        if tail is None:
            continue
        if when:
            rules += [f"{days} {part[start:]}" for days in _listed(when)]
            when = []
        elif rules:
            rules[-1] += f",{part[start:]}"
        else:
            rules.append(part)
    return rules + _listed(when)


def _listed(when: Sequence[str]) -> list[str]:
    """Days, dates and weeks, neighbours of one sort joined by `,`."""
    lists: list[str] = []
    last = ""
    for each in when:
        first, *_, end = each.split(" ")[0], each.split(" ")[-1]
        if lists and _sort(first) == last:
            lists[-1] += f",{each.removeprefix('week ')}"
        else:
            lists.append(each)
        last = "week" if each.startswith("week ") else _sort(end)
    return lists


def _sort(word: str) -> str:
    return "day" if re.match(rf"{_DAY}|PH|SH", word) else "week" if word == "week" else "date"


def _joined(groups: list[list[str]]) -> str:
    """The rules as one text, those of different weekdays joined by `,`.

    A rule that closes days without another rule is redundant and is left out: after `,` it would
    cut off the night before. Rules of other dates and of holidays at the end stay there.
    """
    groups = [group for group in groups if group]
    last: list[str] = []
    while len(groups) > 1 and _dates(groups[-1]) != _dates(groups[0][:1]):
        last.insert(0, ", ".join(groups.pop()))
    rules = [(number, rule) for number, group in enumerate(groups) for rule in group]
    days = [day for _, rule in rules if (day := _weekdays(rule)) is not None]
    closes = [rule.endswith((" off", " closed")) for _, rule in rules]
    apart = len(days) == len(rules) and all(
        days[a][0] == days[b][0] and not days[a][1] & days[b][1]
        for a, b in combinations(range(len(rules)), 2)
        if rules[a][0] != rules[b][0] or closes[a] or closes[b]
    )
    opening = [rule for (_, rule), off in zip(rules, closes, strict=True) if not off]
    joined = [", ".join(opening)] if apart and opening else [", ".join(each) for each in groups]
    return "; ".join([*joined, *last])


def _dates(rules: Iterable[str]) -> set[str | None]:
    """The dates that these rules begin with; None among them: not a simple rule."""
    return {None if days is None else days[0] for days in map(_weekdays, rules)}


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
