"""Moods of a place by week, from the spans of days that were told, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from device.session.trend import Span

Z = 1.959964
"""Of a normal distribution, for an interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Week:
    """monday: its first day. came, pleasant: of the spans that end in it."""

    monday: date
    came: int
    pleasant: int

    @property
    def share(self) -> float:
        """Of pleasant moods, 0 to 1."""
        return self.pleasant / self.came

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share (1927, https://doi.org/10.2307/2276774): of people
        who come independently of one another, which groups do not."""
        n, p = self.came, self.share
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return middle - half, middle + half


def weeks_of(spans: Sequence[Span]) -> list[Week | None]:
    """From the first week to the last; None: nothing was told in it."""
    if not spans:
        return []
    sums: dict[date, tuple[int, int]] = {}
    for span in spans:
        monday = span.last - timedelta(days=span.last.weekday())
        came, pleasant = sums.get(monday, (0, 0))
        sums[monday] = came + span.came, pleasant + span.pleasant
    first, last = min(sums), max(sums)
    mondays = (first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1))
    return [Week(monday, *sums[monday]) if monday in sums else None for monday in mondays]
