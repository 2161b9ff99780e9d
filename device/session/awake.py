"""Whether it is within some hours, in the way opening hours are written.

`display.hours` are those of the screen. Guarantees: while the time is not known, or whether these
hours have begun (hours of public holidays without `place.country`), the screen is on. A touch does
not wake it: a screen that lights up would be one that looks at people at an hour for which nobody
has been told so.
"""

from __future__ import annotations

from datetime import datetime

from device.catalogue.hours import parse_hours
from device.config import PlaceConfig
from device.errors import UserError


class Awake:
    """The hours of a screen, or of what else has hours."""

    def __init__(self, hours: str | None, place: PlaceConfig, key: str = "display.hours") -> None:
        """Read the hours. None: always. key: of the setting.

        Raises:
            UserError: they are not understood at this place.
        """
        try:
            self._hours = None if hours is None else parse_hours(hours, place)
        except ValueError as error:
            raise UserError(f"{key}: got {hours!r}: {error}") from None
        self._minute: datetime | None = None
        self._on = True

    def at(self, now: datetime | None) -> bool:
        """Whether it is on at `now`, local time; None: not known. Asked in every turn, it
        looks once a minute."""
        if self._hours is None or now is None:
            return True
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._on = minute, self._hours.minutes_left(now) != 0
        return self._on
