"""When the events of a calendar take place: single ones, and the dates of repeating ones.

Dates of repeating events are worked out by the library `recurring-ical-events`. Guarantee: a rule
takes bounded time and gives a bounded number of dates, whatever it says.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import icalendar
import recurring_ical_events
from icalendar import Calendar, Event

from device.catalogue.imports.imported import LeftOut

MOST_DATES = 100
"""Of one event: the next ones."""

MOST_A_DAY = 24

REPEATING = ("RRULE", "RDATE", "RECURRENCE-ID")
"""An event with one of these is one of several dates."""

OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
"""Frequencies of which rules are left out: their dates are without number."""

EARLIEST = 1970

WORK_S = 20.0
"""Seconds for all repeating events of one calendar; a rule that never comes true takes three."""

WITHOUT_END = timedelta(hours=2)
"""How long an event is thought to last that does not say when it ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """One date of an event. begins, ends: aware. date: which of a repeating event's; empty: it does
    not repeat. assumed: its end is `WITHOUT_END` after its beginning. floating: the time zone that
    it names is not known, so that it is taken as local."""

    event: Event
    uid: str
    begins: datetime
    ends: datetime
    date: str = ""
    assumed: bool = False
    floating: str = ""


def occurrences(
    calendar: Calendar,
    zone: tzinfo,
    start: datetime,
    end: datetime,
    left_out: LeftOut,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Occurrence]:
    """The dates that begin before `end` and end after `start`, event by event.

    zone: of times without one, and of days.
    """
    until = clock() + WORK_S
    by_uid: dict[str, list[Event]] = defaultdict(list)
    events = (each for each in calendar.walk("VEVENT") if isinstance(each, Event))
    for number, event in enumerate(events):
        by_uid[text_of(event, "UID") or f"without-{number}"].append(event)
    for uid, same in by_uid.items():
        sound = []
        for event in same:
            if (why := _wrong(event, zone)) is not None:
                left_out.add(why, title_of(event))
            else:
                sound.append(event)
        if not sound:
            continue
        if len(sound) == 1 and not any(key in sound[0] for key in REPEATING):
            found = [_occurrence(sound[0], uid, zone)]
        elif clock() > until:
            left_out.add(f"repeats: not worked out within {WORK_S:g} s", title_of(sound[0]))
            continue
        else:
            found = _repeated(calendar, uid, sound, zone, start, end, left_out)
        for occurrence in found:
            if text_of(occurrence.event, "STATUS").upper() == "CANCELLED":
                left_out.add("cancelled", title_of(occurrence.event))
            elif occurrence.ends <= start:
                left_out.add("over already", title_of(occurrence.event))
            elif occurrence.begins >= end:
                left_out.add("later than what is looked at", title_of(occurrence.event))
            else:
                yield occurrence


def title_of(event: Event) -> str:
    """Its title, for people who look for it."""
    return text_of(event, "SUMMARY") or "without a title"


def text_of(event: Event, name: str) -> str:
    """A property as text in one line; of several the first; empty: it has none."""
    value = event.get(name)
    value = value[0] if isinstance(value, list) and value else value
    return " ".join(str(value or "").split())


def _wrong(event: Event, zone: tzinfo) -> str | None:
    """Why an event cannot be taken; None: it can."""
    try:
        begins = _time(event, "DTSTART", zone)
        ends = _time(event, "DTEND", zone)
        _length(event)
    except Exception:  # icalendar raises what it meets in a value
        return "a time that cannot be read"
    if begins is None:
        return "without a beginning"
    if not EARLIEST <= begins.year < 2200:
        return f"begins before {EARLIEST} or after 2200"
    if ends is not None and ends < begins:
        return "ends before it begins"
    if not all(isinstance(rule, dict) and rule.get("FREQ") for rule in _rules(event)):
        return "repeats by a rule that cannot be read"
    if any(_too_often(rule) for rule in _rules(event)):
        return f"repeats hourly or oftener, or more than {MOST_A_DAY} times a day"
    return None


def _rules(event: Event) -> list[Any]:
    rules = _value(event, "RRULE") or []
    return rules if isinstance(rules, list) else [rules]


def _too_often(rule: Any) -> bool:
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= max(len(rule.get(name, [])), 1)
    return str(rule["FREQ"][0]).upper() in OFTEN or times > MOST_A_DAY


def _repeated(
    calendar: Calendar,
    uid: str,
    events: list[Event],
    zone: tzinfo,
    start: datetime,
    end: datetime,
    left_out: LeftOut,
) -> list[Occurrence]:
    """The next dates of one event, with those that were moved."""
    alone = Calendar()
    if "X-WR-TIMEZONE" in calendar:
        alone.add("X-WR-TIMEZONE", calendar["X-WR-TIMEZONE"])
    alone.subcomponents.extend(events)
    try:
        dates = recurring_ical_events.of(alone).between(start, end)
        found = [_occurrence(each, uid, zone, repeats=True) for each in dates]
    except Exception:  # the library raises what dateutil and icalendar do
        left_out.add("repeats by a rule that cannot be read", title_of(events[0]))
        return []
    found.sort(key=lambda each: each.begins)
    for each in found[MOST_DATES:]:
        left_out.add(f"more than {MOST_DATES} dates of one event", title_of(each.event))
    return found[:MOST_DATES]


def _occurrence(event: Event, uid: str, zone: tzinfo, *, repeats: bool = False) -> Occurrence:
    begins = _time(event, "DTSTART", zone)
    assert begins is not None
    ends = _time(event, "DTEND", zone)
    if ends is None and (length := _length(event)):
        ends = begins + length
    first = _value(event, "DTSTART")
    if ends is None and not isinstance(first.dt, datetime):
        ends = _midnight(first.dt + timedelta(days=1), zone)
    assumed = ends is None or ends <= begins
    named = str(first.params.get("TZID", ""))
    unknown = isinstance(first.dt, datetime) and first.dt.tzinfo is None
    return Occurrence(
        event,
        uid,
        begins,
        begins + WITHOUT_END if ends is None or assumed else ends,
        _date(event, begins, zone) if repeats else "",
        assumed,
        named if unknown else "",
    )


def _date(event: Event, begins: datetime, zone: tzinfo) -> str:
    """Which date of a repeating event it is, even after it was moved."""
    first = _time(event, "RECURRENCE-ID", zone) or begins
    return first.astimezone(zone).isoformat()


def _time(event: Event, name: str, zone: tzinfo) -> datetime | None:
    """A time in `zone`; a day is its midnight. None: the event has none."""
    if name not in event:
        return None
    value: date | datetime = _value(event, name).dt
    if not isinstance(value, datetime):
        return _midnight(value, zone)
    if value.tzinfo is None:
        return value.replace(tzinfo=zone)
    return value.astimezone(zone)


def _length(event: Event) -> timedelta | None:
    """Its duration; None: it has none. Raises what a broken one raises."""
    length: timedelta | None = _value(event, "DURATION").dt if "DURATION" in event else None
    return length


def _value(event: Event, name: str) -> Any:
    """A property: icalendar has a type for each, and a list where it is there twice."""
    return event.get(name)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def parse(content: bytes) -> list[Calendar]:
    """The calendars in a file.

    Raises:
        ValueError: it is none, or is cut; says why.
    """
    try:
        found = Calendar.from_ical(content, multiple=True)
    except Exception as error:  # icalendar raises what it meets
        raise ValueError("is broken or cut") from error
    calendars = [each for each in found if isinstance(each, icalendar.Calendar)]
    if not calendars:
        raise ValueError("holds no calendar, or a cut one")
    return calendars
