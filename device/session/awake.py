"""Whether the screen is on: `display.hours`, in the way opening hours are written.

Guarantees: while the time is not known, or whether these hours have begun (hours of public holidays
without `place.country`), the screen is on. A touch does not wake it: a screen that lights up would
be one that looks at people at an hour for which nobody has been told so.
"""

from __future__ import annotations

from datetime import datetime

from device.catalogue.hours import parse_hours
from device.config import DisplayConfig, PlaceConfig
from device.errors import UserError


class Awake:
    """The hours of a screen."""

    def __init__(self, display: DisplayConfig, place: PlaceConfig) -> None:
        """Read the hours.

        Raises:
            UserError: they are not understood at this place.
        """
        try:
            self._hours = None if display.hours is None else parse_hours(display.hours, place)
        except ValueError as error:
            raise UserError(f"display.hours: got {display.hours!r}: {error}") from None
        self._minute: datetime | None = None
        self._on = True

    def at(self, now: datetime | None) -> bool:
        """Whether the screen is on at `now`, local time; None: not known. Asked in every turn, it
        looks once a minute."""
        if self._hours is None or now is None:
            return True
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._on = minute, self._hours.minutes_left(now) != 0
        return self._on
