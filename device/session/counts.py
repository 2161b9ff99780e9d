"""Hourly counts for the operator, from which nobody can be told.

Promises: somebody who may be a minor, or who has opted out, is in no count; a count below
`privacy.smallest_cell` is null, and so is every further one without which it could be worked out
from the rest. All is kept in memory: what has not been told is lost when the kiosk stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta

from device.config import PrivacyConfig
from device.values import AGE_BANDS, MOODS, UNKNOWN, Audience, Context, Visitor

HOUR_S = 3600.0

STAY_S = 2.0
"""Whoever stood there for less has passed by, and is no visitor."""

GONE_S = 2.0
"""Whoever has not been there for this long has left."""

ADULT_BANDS = tuple(band for band in AGE_BANDS if band not in ("child", "teen"))
COMPANIES = ("alone", "couple", "family", "friends")
VERDICTS = ("chosen", "liked", "not_for_me")

Cells = dict[str, int | None]


@dataclass(slots=True)
class _Stay:
    """Somebody who stands there: as last seen, in monotonic seconds, and for how long so far."""

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
        """Count somebody who has left, unless they passed by or may be a minor."""
        visitor = stay.visitor
        if stay.seconds < STAY_S or visitor.may_be_minor or visitor.age_band not in ADULT_BANDS:
            return
        self.moods[visitor.mood] += 1
        self.bands[visitor.age_band] += 1
        self.companies[stay.company] += 1


class Counts:
    """Visitors of an hour by mood, age band and company, and touches by verdict.

    A visitor is counted when they leave, as they were last seen. Hours begin with the first update
    and are measured on the monotonic clock.
    """

    def __init__(self, config: PrivacyConfig) -> None:
        self._on = config.counts
        self._smallest = config.smallest_cell
        self._began: float | None = None
        self._hour = _Hour()
        self._stays: dict[str, _Stay] = {}

    def update(self, audience: Audience, context: Context) -> None:
        """See who stands there now. Who has opted out was never there."""
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
        for track_id in [t for t, stay in self._stays.items() if at - stay.seen_at >= GONE_S]:
            self._hour.count(self._stays.pop(track_id))
        if audience.size and not audience.minors:
            self._hour.touches.update(touch.verdict for touch in context.touches)

    def due(self, context: Context) -> dict[str, object] | None:
        """The counts of the hour that has just ended, once; None while it lasts."""
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
            "by_company": self._cells(ended.companies, COMPANIES),
            "touches": self._cells(ended.touches, VERDICTS),
        }

    def _cells(self, counts: Counter[str], names: tuple[str, ...]) -> Cells:
        return suppress({name: counts[name] for name in names}, self._smallest)


def suppress(cells: Mapping[str, int], smallest: int) -> Cells:
    """The cells with every number below `smallest` hidden, and as many more as that needs.

    Whoever knows the total can subtract what is told. What is left over must not be a number below
    `smallest` itself, nor of one cell alone; until it is not, the smallest cell that is told is
    hidden too (complementary suppression; Hundepool et al. 2012, Statistical Disclosure Control,
    chapter 4).
    """
    told = sorted((name for name in cells if cells[name] >= smallest), key=lambda name: cells[name])
    hidden = [name for name in cells if cells[name] < smallest]
    # One hidden cell is below `smallest`, so that its sum asks for a second.
    while hidden and told and sum(cells[name] for name in hidden) < smallest:
        hidden.append(told.pop(0))
    return {name: None if name in hidden else cells[name] for name in cells}
