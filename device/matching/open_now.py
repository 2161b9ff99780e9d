"""A few places that are open now, for the resting screen.

Guarantees: they are the same for everybody, since nobody is asked for; each suits all ages, is in
walking distance and stays open for a walk there and a visit; a place that never closes is none, as
nobody wonders whether a park is open. Every `TURN_MIN` minutes it is the turn of others.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import numpy as np

from device.catalogue.hours import DAY
from device.matching.match import Matcher
from device.values import KINDS, OpenPlace

MOST = 9
"""Places that are told at a time."""

TURN_MIN = 10

NEAR_MIN = 20.0
"""Minutes on foot: what is farther is not told."""

TAKE_TURNS = 54
"""Places, the best known and nearest ones."""

ALIKE = 6
"""Of these, places of one category: a street of restaurants is not all there is."""


class OpenNow:
    """What is open around the kiosk."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._turn = -1
        self._places: tuple[OpenPlace, ...] = ()

    def at(self, now: datetime | None) -> tuple[OpenPlace, ...]:
        """At most `MOST` places at a local time; none where the time is not known."""
        if now is None:
            return ()
        turn = (now.toordinal() * DAY + now.hour * 60 + now.minute) // TURN_MIN
        if turn != self._turn:
            self._turn, self._places = turn, self._choose(now, turn)
        return self._places

    def _choose(self, now: datetime, turn: int) -> tuple[OpenPlace, ...]:
        matcher = self._matcher
        arrays, walk = matcher.catalogue.arrays, matcher.ways.minutes
        left = matcher.reach.timetable.minutes_left(now)[arrays.hours]
        there = (arrays.kind == KINDS.index("place")) & (matcher.age_needed == 0)
        there &= (left > matcher.reach.needed_min + TURN_MIN) & (left < DAY)
        there &= ~(walk > NEAR_MIN)  # of some the way is not known
        rows = there.nonzero()[0]
        known = np.nan_to_num(arrays.popularity[rows]) - np.nan_to_num(walk[rows]) / NEAR_MIN
        kinds: Counter[int] = Counter()
        best: list[int] = []
        for row in rows[np.argsort(-known, kind="stable")].tolist():
            category = int(arrays.category[row])
            kinds[category] += 1
            if kinds[category] <= ALIKE:
                best.append(row)
            if len(best) == TAKE_TURNS:
                break
        first = turn * MOST % max(len(best), 1)
        chosen = (best[first:] + best[:first])[:MOST]
        return tuple(
            OpenPlace(
                matcher.catalogue.item(row),
                f"{now + timedelta(minutes=int(left[row])):%H:%M}",
                None if np.isnan(walk[row]) else float(walk[row]),
            )
            for row in chosen
        )
