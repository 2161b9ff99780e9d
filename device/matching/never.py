"""Items that no audience is ever shown at this kiosk, and why: what an operator may want to mend.

An item is out of reach for all if it is of a kind that is not suggested, hidden, for an age that is
never certain, too far away for every company, an event that is over, or never open for as long as
the way there and a stay take. Opening hours are looked at for a week in each season.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from device.catalogue.hours import DAY, UNKNOWN_LEFT, parse_hours
from device.config import PlaceConfig
from device.matching.dates import EVENT
from device.matching.match import Matcher
from device.values import AGE_BAND_STARTS

WEEKS = tuple(timedelta(days=91 * season) for season in range(4))
"""From today to the beginning of each week that is looked at."""


def never_shown(
    matcher: Matcher,
    place: PlaceConfig,
    today: date,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, NDArray[np.intp]]:
    """Indices of the items that are never shown, by reason; an item is in one of them at most.

    tell: takes how many of the opening hours have been looked at, and of how many.
    """
    left_out, arrays = matcher.age_needed == 255, matcher.catalogue.arrays
    began = datetime.combine(today, time(), ZoneInfo(place.timezone)).timestamp()
    reasons = {
        "hidden, or of a kind that is not suggested": left_out,
        "for an age that is never certain": matcher.age_needed > max(AGE_BAND_STARTS),
        "too far for every company": matcher.reach.too_far(),
        "an event that is over": (arrays.kind == EVENT) & (arrays.ends < began),
        "never open for long enough": _never_open(matcher, place, today, tell),
    }
    found, named = {}, np.zeros(len(left_out), np.bool_)
    for reason, rows in reasons.items():
        found[reason] = (rows & ~named).nonzero()[0]
        named |= rows
    return found


def _never_open(
    matcher: Matcher, place: PlaceConfig, today: date, tell: Callable[[int, int], None]
) -> NDArray[np.bool_]:
    arrays, needed = matcher.catalogue.arrays, matcher.reach.needed_min
    enough = np.zeros(len(arrays.hours_texts))
    np.maximum.at(enough, arrays.hours, needed)
    longest = np.full(len(enough), np.inf)
    for number, text in enumerate(arrays.hours_texts):
        longest[number] = _longest_open(text, place, today, enough[number])
        tell(number + 1, len(enough))
    never: NDArray[np.bool_] = longest[arrays.hours] < needed
    return never


def _longest_open(text: str, place: PlaceConfig, today: date, enough: float) -> float:
    """Minutes of the longest opening, once it is at least `enough`; infinite if not known, or for a
    day."""
    try:
        hours = parse_hours(text, place)
    except ValueError:
        hours = None
    if hours is None:
        return np.inf
    longest = 0
    for week in WEEKS:
        at = datetime(today.year, today.month, today.day) + week
        ends = at + timedelta(days=7)
        while at < ends and longest < enough:
            left, same = hours.look(at)
            if left in (UNKNOWN_LEFT, DAY):
                return np.inf
            longest = max(longest, left)
            at += timedelta(minutes=max(1, same))
    return longest
