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


def reasons(
    item: Item,
    vocabulary: Collection[str],
    *,
    distance_m: float | None = None,
    minutes_left: int | None = None,
    now: datetime | None = None,
) -> tuple[Reason, ...]:
    """At most three: what the item is like, its distance, its hours, its decade, its fame.

    vocabulary: the tags and categories that have words. minutes_left: as
    `device.catalogue.hours.Hours.minutes_left`, from `now`; None: not known.
    """
    tags = [
        Reason("tag", name)
        for name in dict.fromkeys((*item.tags, item.category))
        if name in vocabulary
    ]
    facts = []
    if distance_m is not None:
        facts.append(Reason("distance", round(distance_m)))
    if now is not None and minutes_left not in (None, UNKNOWN_LEFT):
        facts.append(_hours(minutes_left, now))
    if item.year is not None:
        facts.append(Reason("decade", item.year // 10 * 10))
    if (item.popularity or 0) >= WELL_KNOWN:
        facts.append(Reason("well_known"))
    return tuple((tags[: max(MOST - len(facts), 1)] + facts)[:MOST])


def _hours(minutes_left: int, now: datetime) -> Reason:
    if minutes_left == 0:
        return Reason("closed")
    if minutes_left == DAY:
        return Reason("always_open")
    return Reason("open_until", f"{now + timedelta(minutes=minutes_left):%H:%M}")
