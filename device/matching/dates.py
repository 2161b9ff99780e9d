"""Which events are shown now: from the day before they begin until they end.

Guarantees: an event that is over is never shown, nor one to which nobody can walk before it ends;
of a repeating event only the next date is shown; without a trusted clock there are no events.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from device.catalogue.arrays import NO_SERIES, Arrays
from device.config import PlaceConfig
from device.matching.blocks import Values
from device.matching.question import STEP_MIN
from device.values import KINDS

EVENT = KINDS.index("event")

DAYS_BEFORE = 1
"""Days, counted from midnight, that an event is shown before the day on which it begins."""


class Dates:
    """The events of a catalogue."""

    def __init__(self, arrays: Arrays, walk_min: Values, place: PlaceConfig) -> None:
        """walk_min: (N,) minutes of the way to each item, 0 where not known."""
        self._zone = ZoneInfo(place.timezone)
        rows = np.flatnonzero(arrays.kind == EVENT)
        # Dates of one series beside each other, the next one first.
        self._rows = rows[np.lexsort((arrays.begins[rows], arrays.series[rows]))]
        self._begins = arrays.begins[self._rows]
        self._leave_by = arrays.ends[self._rows] - walk_min[self._rows] * 60.0
        self._series = arrays.series[self._rows]
        self._out = np.zeros(len(arrays), np.bool_)
        self._out[rows] = True
        self._shown: NDArray[np.intp] = rows[:0]
        self._asked: datetime | None = None

    def left_out(self, now: datetime | None) -> NDArray[np.bool_] | None:
        """Which items are events that are not shown in the `STEP_MIN` minutes from `now` on, local
        time: (N,), valid until the next call; None: there are no events at all."""
        if not len(self._rows):
            return None
        if now != self._asked:
            self._out[self._shown] = True
            self._shown = self._rows[:0] if now is None else self._rows[self._on(now)]
            self._out[self._shown] = False
            self._asked = now
        return self._out

    def _on(self, now: datetime) -> NDArray[np.intp]:
        """Indices of the events that are shown."""
        local = now if now.tzinfo else now.replace(tzinfo=self._zone)
        day_after = local.date() + timedelta(days=DAYS_BEFORE + 1)
        until = datetime.combine(day_after, time(), self._zone).timestamp()
        soon = (self._begins < until) & (self._leave_by > local.timestamp() + STEP_MIN * 60)
        on = np.flatnonzero(soon)
        series = self._series[on]
        again = np.zeros(len(on), np.bool_)
        again[1:] = (series[1:] == series[:-1]) & (series[1:] != NO_SERIES)
        return on[~again]
