"""Why an item is suggested, as codes with arguments: facts of the item, and nothing else.

Guarantees: the audience is not an argument, so the reasons of an item are the same for everybody,
at the same hour and place; and a tag is a reason only where it has words (`device.words`), which
refuses words and tags that name or imply a mood, an age, a gender or a company.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from device.catalogue.hours import DAY, UNKNOWN_LEFT
from device.values import Item, Reason

MOST = 3
"""Reasons that a card has room for."""

WELL_KNOWN = 0.8
"""Popularity from which an item is called well known."""

GENERAL = ("outdoor", "indoor")
"""Tags that say nothing of the place itself: no reason of their own."""


def reasons(
    item: Item,
    vocabulary: Collection[str],
    *,
    distance_m: float | None = None,
    minutes_left: int | None = None,
    now: datetime | None = None,
) -> tuple[Reason, ...]:
    """At most three: when it is, what the item is like, its distance, its hours, its decade, its
    fame.

    vocabulary: the tags and categories that have words. minutes_left: as
    `device.catalogue.hours.Hours.minutes_left`, from `now`; None: not known.
    """
    said = [n for n in dict.fromkeys((*item.tags, item.category)) if n in vocabulary]
    particular = [name for name in said if name not in GENERAL]
    tags = [Reason("tag", name) for name in particular + [n for n in said if n in GENERAL]]
    when = [] if now is None or item.begins is None else [_when(item, now)]
    facts = []
    if distance_m is not None:
        facts.append(Reason("distance", round(distance_m)))
    if now is not None and minutes_left is not None and (hours := _hours(item, minutes_left, now)):
        facts.append(hours)
    if item.year is not None:
        facts.append(Reason("decade", item.year // 10 * 10))
    if (item.popularity or 0) >= WELL_KNOWN:
        facts.append(Reason("well_known"))
    return tuple((when + tags[: max(MOST - len(when + facts), 1)] + facts)[:MOST])


def _when(item: Item, now: datetime) -> Reason:
    """From when to when an event is, in the zone of `now`."""
    times = (time.astimezone(now.tzinfo) for time in (item.begins, item.ends) if time is not None)
    return Reason("when", "/".join(time.isoformat(timespec="minutes") for time in times))


def _hours(item: Item, minutes_left: int, now: datetime) -> Reason | None:
    """How long it is open; that it is not known is said of places with a door. Of an event it says
    nothing that `when` does not."""
    if item.begins is not None:
        return None
    if minutes_left == UNKNOWN_LEFT:
        has_door = item.kind == "place" and "outdoor" not in item.tags
        return Reason("hours_unknown") if has_door else None
    if minutes_left == DAY:
        return Reason("always_open")
    return Reason("open_until", f"{now + timedelta(minutes=minutes_left):%H:%M}")
