"""All that is counted of people and touches, and the one way in which it leaves the kiosk.

| table | keys | kept |
|---|---|---|
| visitors | mood; age band; company: three sums over the same people | an hour |
| trend | whether the mood was pleasant | until told, at most a week |
| touches | verdict | an hour |
| touches of items | daypart, verdict and item; never mood, age, gender or company | until told |
| screens of items | item | until told |
| told | item: screens and touches by verdict that were told | it fades |
| tried | item: screens it stood on, screens with a touch; never leaves the kiosk | it fades |

Guarantees: a number below `privacy.smallest_cell` does not leave, nor does any from which, with all
the others that leave, it could be derived. A visitor is in one period only, and what is told of
items at the end of a day is only what was never told before: small numbers wait until they are
large enough, those of touches without their daypart. So no two messages, nor two looks at what was
told, can be subtracted from each other (tests/device/session/test_ledger.py tries it). The tables
of touches share their events: items are hidden so that what the sums by verdict leave for the
hidden ones is never small. What waits is forgotten after `LONGEST_DAYS`; what fades is halved in
`HALF_LIFE_DAYS`. Of visitors nothing outlives the process but what was told (`archive.py`); of
items, what `Kept` has too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import get_args

from device.messaging.messages import Cells, HourSums, Touches
from device.session.kept import Kept, Told
from device.session.trend import Span, Trend
from device.values import (
    ADULT_AT,
    AGE_BAND_STARTS,
    AGE_BANDS,
    MOODS,
    UNKNOWN,
    ItemVerdict,
    SomeCompany,
    Touch,
    Tried,
    Visitor,
)

ADULT_BANDS = tuple(
    band for band, start in zip(AGE_BANDS, AGE_BAND_STARTS, strict=True) if start >= ADULT_AT
)

DAYPARTS = {"night": 22, "morning": 6, "midday": 11, "afternoon": 14, "evening": 18}
"""Hours at which they begin."""

ANY = "any"
"""Instead of a daypart: touches of several days and dayparts, in which they were too few."""

HALF_LIFE_DAYS = 90
"""What was learned of an item counts half after so long: tastes and towns change."""

LONGEST_DAYS = 400
"""Small numbers that have waited longer are forgotten."""

LEAST = 0.5
"""An item with fewer screens left is forgotten."""


class Ledger:
    """The present hour and the present day. Nothing leaves it but through `hour` and `day`."""

    def __init__(self, smallest: int, kept: Kept | None = None) -> None:
        """smallest: number from which a count may leave. kept: of before a restart."""
        self._smallest = smallest
        self._trend = Trend(smallest)
        self._begin_hour()
        kept = kept or Kept()
        self.tried = {item: Tried(*numbers) for item, numbers in kept.tried.items()}
        """What became of each item, for the matching."""
        self.told = dict(kept.told)
        """What has been told of each item so far."""
        self.changes = 0
        """How often something of `kept` has changed."""
        self._touched: set[str] = set()  # of the present screen
        self._items = Counter({cell[:3]: cell[3] for cell in kept.touches})
        self._screens = Counter(kept.screens)
        self._date: date | None = kept.day
        self._since: date | None = kept.since
        self._faded: date | None = kept.faded

    def kept(self) -> Kept:
        """What outlives a restart."""
        return Kept(
            day=self._date,
            since=self._since,
            faded=self._faded,
            tried={item: (one.shown, one.liked) for item, one in self.tried.items()},
            told=self.told,
            screens=self._screens,
            touches=tuple((*cell, number) for cell, number in self._items.items()),
        )

    def visit(self, visitor: Visitor, company: str) -> None:
        """Count a visitor who has left, unless they may be a minor."""
        if visitor.may_be_minor or visitor.age_band not in ADULT_BANDS:
            return
        self._moods[visitor.mood] += 1
        self._bands[visitor.age_band] += 1
        self._companies[company] += 1

    def touch(self, touch: Touch, now: datetime | None) -> None:
        """Count a touch. now: local time; while it is not known, it is not counted by item."""
        self._verdicts[touch.verdict] += 1
        self.changes += 1
        if touch.item_id not in self._touched:
            self._touched.add(touch.item_id)
            was = self.tried.get(touch.item_id, Tried())
            refused = touch.verdict == "not_for_me"
            self.tried[touch.item_id] = Tried(was.shown + refused, was.liked + (not refused))
        if now is not None:
            self._on(now.date())
            self._items[daypart(now.hour), touch.verdict, touch.item_id] += 1

    def screen(self, ids: tuple[str, ...], now: datetime | None) -> None:
        """Count a screen with these items; the next one begins. now: as in `touch`."""
        self._touched.clear()
        for item_id in ids:
            self.changes += 1
            was = self.tried.get(item_id, Tried())
            self.tried[item_id] = Tried(was.shown + 1, was.liked)
            if now is not None:
                self._on(now.date())
                self._screens[item_id] += 1

    def span(self, today: date) -> Span | None:
        """What may now be told of the moods of the place, once: `device/session/trend.py`."""
        return self._trend.told(today)

    def hour(self, day: date | None = None) -> HourSums:
        """The sums of the hour, which is over and forgotten with that.

        day: on which it began, where it is part of the trend; None: it is not.
        """
        visitors = self._moods.total()
        sums: HourSums = {
            "visitors": visitors if visitors >= self._smallest else None,
            "by_mood": self._cells(self._moods, (*MOODS, UNKNOWN)),
            "by_age_band": self._cells(self._bands, ADULT_BANDS),
            "by_company": self._cells(self._companies, get_args(SomeCompany)),
            "touches": self._cells(self._verdicts, get_args(ItemVerdict)),
        }
        if day is not None:
            self._trend.add(day, self._moods, sums)
        self._begin_hour()
        return sums

    def day(self, today: date) -> Touches | None:
        """What may now be told of items, once an earlier day has ended, and was not told before.

        None: no day has ended, or nothing may leave.
        """
        self._fade(today)
        if self._date is None or self._date == today:
            return None
        ended, self._date = self._date, None
        self.changes += 1
        parts: dict[str, dict[str, dict[str, int]]] = {}
        for part in (*DAYPARTS, ANY):  # what is too small in its daypart waits in `ANY`
            for verdict in get_args(ItemVerdict):
                told = self._tell_touches(part, verdict)
                for item, number in told.items():
                    parts.setdefault(part, {}).setdefault(item, {})[verdict] = number
        screens = dict(self._tell(self._screens))
        for item, number in screens.items():
            del self._screens[item]
            was = self.told.get(item, Told())
            self.told[item] = was.model_copy(update={"screens": (was.screens or 0) + number})
        if not self._items and not self._screens:
            self._since = None
        elif self._since and today - self._since > timedelta(LONGEST_DAYS):
            self._items.clear()
            self._screens.clear()
            self._since = None
        if not parts and not screens:
            return None
        return {"day": ended.isoformat(), "by_daypart": parts, "screens": screens}

    def _tell_touches(self, part: str, verdict: ItemVerdict) -> dict[str, int]:
        """The touches that are told of a daypart and verdict, by item; the others wait."""
        keys = [key for key in self._items if key[:2] == (part, verdict)]
        cells = {key[2]: self._items.pop(key) for key in keys}
        told = dict(self._tell(cells))
        for item, number in cells.items():
            if item not in told:
                self._items[ANY, verdict, item] += number
        for item, number in told.items():
            was = self.told.get(item, Told())
            touches = {**was.touches, verdict: was.touches.get(verdict, 0) + number}
            self.told[item] = was.model_copy(update={"touches": touches})
        return told

    def _tell(self, cells: Mapping[str, int]) -> list[tuple[str, int]]:
        suppressed = suppress(cells, self._smallest)
        return sorted((item, n) for item, n in suppressed.items() if n is not None)

    def _on(self, today: date) -> None:
        self._date = self._date or today
        self._since = self._since or today

    def _fade(self, today: date) -> None:
        """Let what was learned until today count less, once a day."""
        days = (today - self._faded).days if self._faded else 0
        if self._faded is None or days > 0:
            self._faded = today
        if days <= 0:
            return
        left = 0.5 ** (days / HALF_LIFE_DAYS)
        tried = ((i, Tried(one.shown * left, one.liked * left)) for i, one in self.tried.items())
        self.tried = {item: one for item, one in tried if one.shown >= LEAST}
        told = ((item, _faded(one, left)) for item, one in self.told.items())
        self.told = {
            i: one for i, one in told if max(one.screens or 0, *one.touches.values(), 0) >= LEAST
        }

    def _begin_hour(self) -> None:
        self._moods: Counter[str] = Counter()
        self._bands: Counter[str] = Counter()
        self._companies: Counter[str] = Counter()
        self._verdicts: Counter[str] = Counter()

    def _cells(self, counts: Counter[str], names: tuple[str, ...]) -> Cells:
        return suppress({name: counts[name] for name in names}, self._smallest)


def _faded(told: Told, left: float) -> Told:
    return Told(
        screens=None if told.screens is None else told.screens * left,
        touches={verdict: number * left for verdict, number in told.touches.items()},
    )


def daypart(hour: int) -> str:
    """The daypart of an hour, 0 to 23."""
    begun = [name for name, start in sorted(DAYPARTS.items(), key=lambda p: p[1]) if start <= hour]
    return begun[-1] if begun else "night"


def suppress(cells: Mapping[str, int], smallest: int) -> Cells:
    """The cells with every number below `smallest` hidden, and as many more as that needs.

    From the total the sum of the hidden cells can be derived. So the smallest published cell is
    hidden too until that sum is at least `smallest`, and of more than one cell (complementary
    suppression; Hundepool et al. 2012, Statistical Disclosure Control, chapter 4).
    """
    shown = sorted(
        (name for name in cells if cells[name] >= smallest), key=lambda name: cells[name]
    )
    hidden = {name for name in cells if cells[name] < smallest}
    left = sum(cells[name] for name in hidden)
    # A single hidden cell is below `smallest`, so a second one is always hidden with it.
    for name in shown:
        if not hidden or left >= smallest:
            break
        hidden.add(name)
        left += cells[name]
    return {name: None if name in hidden else cells[name] for name in cells}
