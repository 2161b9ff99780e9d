"""Hourly counts for the operator, from which no person can be identified.

Guarantees: a visitor who may be a minor, or who has opted out, is in no count; a count below
`privacy.smallest_cell` is null, and so is each further one from which it could be derived. Counts
are in memory only: those that have not been published are lost when the kiosk stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import get_args

from device.config import PrivacyConfig
from device.messaging import topics
from device.values import (
    ADULT_AT,
    AGE_BAND_STARTS,
    AGE_BANDS,
    MOODS,
    UNKNOWN,
    Audience,
    Context,
    ItemVerdict,
    SomeCompany,
    Visitor,
)

HOUR_S = 3600.0

STAY_S = 2.0
"""A person who stays for less is a passer-by, not a visitor."""

GONE_S = 2.0
"""A visitor who has not been seen for this long has left."""

ADULT_BANDS = tuple(
    band for band, start in zip(AGE_BANDS, AGE_BAND_STARTS, strict=True) if start >= ADULT_AT
)


@dataclass(slots=True)
class _Stay:
    """A visitor who is there: as last seen, when (monotonic seconds), and how long so far."""

    visitor: Visitor
    company: str
    seen_at: float
    seconds: float = 0.0


class _Hour:
    """The counts of one hour."""

    def __init__(self) -> None:
        self.moods: Counter[str] = Counter()
        self.bands: Counter[str] = Counter()
        self.companies: Counter[str] = Counter()
        self.touches: Counter[str] = Counter()

    def count(self, stay: _Stay) -> None:
        """Count a visitor who has left, unless they passed by or may be a minor."""
        visitor = stay.visitor
        if stay.seconds < STAY_S or visitor.may_be_minor or visitor.age_band not in ADULT_BANDS:
            return
        self.moods[visitor.mood] += 1
        self.bands[visitor.age_band] += 1
        self.companies[stay.company] += 1


class Counts:
    """Visitors of an hour by mood, age band and company, and touches by verdict.

    A visitor is counted on leaving, as last seen; one whose face has turned out to be still is not.
    Hours begin with the first update and are measured on the monotonic clock.
    """

    def __init__(self, config: PrivacyConfig) -> None:
        self._on = config.counts
        self._smallest = config.smallest_cell
        self._began: float | None = None
        self._hour = _Hour()
        self._stays: dict[str, _Stay] = {}

    def update(self, audience: Audience, context: Context) -> None:
        """Take the audience of now. While somebody has opted out, nobody is counted."""
        at = context.at
        if self._began is None:
            self._began = at
        if not self._on:
            return
        if context.opted_out:
            self._stays.clear()
            return
        for visitor in audience.visitors:
            stay = self._stays.setdefault(
                visitor.track_id, _Stay(visitor, audience.company, seen_at=at)
            )
            stay.visitor, stay.company = visitor, audience.company
            stay.seconds += at - stay.seen_at
            stay.seen_at = at
        for track_id in audience.still:
            self._stays.pop(track_id, None)
        for track_id in [t for t, stay in self._stays.items() if at - stay.seen_at >= GONE_S]:
            self._hour.count(self._stays.pop(track_id))
        if audience.size and not audience.minors:
            self._hour.touches.update(touch.verdict for touch in context.touches)

    def due(self, context: Context) -> topics.Counts | None:
        """The counts of the hour that has just ended, once; None before its end."""
        if not self._on or self._began is None or context.at - self._began < HOUR_S:
            return None
        ago = timedelta(seconds=context.at - self._began)
        hour = None
        if context.now is not None:
            hour = (context.now - ago).astimezone(UTC).isoformat(timespec="seconds")
        ended, self._hour, self._began = self._hour, _Hour(), context.at
        visitors = ended.moods.total()
        return {
            "hour": hour,
            "visitors": visitors if visitors >= self._smallest else None,
            "by_mood": self._cells(ended.moods, (*MOODS, UNKNOWN)),
            "by_age_band": self._cells(ended.bands, ADULT_BANDS),
            "by_company": self._cells(ended.companies, get_args(SomeCompany)),
            "touches": self._cells(ended.touches, get_args(ItemVerdict)),
        }

    def _cells(self, counts: Counter[str], names: tuple[str, ...]) -> topics.Cells:
        return suppress({name: counts[name] for name in names}, self._smallest)


def suppress(cells: Mapping[str, int], smallest: int) -> topics.Cells:
    """The cells with every number below `smallest` hidden, and as many more as that needs.

    From the total the sum of the hidden cells can be derived. So the smallest published cell is
    hidden too until that sum is at least `smallest`, and of more than one cell (complementary
    suppression; Hundepool et al. 2012, Statistical Disclosure Control, chapter 4).
    """
    shown = sorted(
        (name for name in cells if cells[name] >= smallest), key=lambda name: cells[name]
    )
    hidden = [name for name in cells if cells[name] < smallest]
    # A single hidden cell is below `smallest`, so a second one is always hidden with it.
    while hidden and shown and sum(cells[name] for name in hidden) < smallest:
        hidden.append(shown.pop(0))
    return {name: None if name in hidden else cells[name] for name in cells}
