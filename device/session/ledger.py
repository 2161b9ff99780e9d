"""All that is counted of people and touches, and the one way in which it leaves the kiosk.

| table | keys | period |
|---|---|---|
| visitors | mood; age band; company: three sums over the same people | an hour |
| touches | verdict | an hour |
| touches of items | daypart, verdict and item; never mood, age, gender or company | a day |
| tried | item: screens it stood on, screens with a touch | while the kiosk runs; never leaves it |

Guarantees: everything is in memory, and dropped at the end of its period; a number below
`privacy.smallest_cell` does not leave, nor does any from which, with all the others that leave, it
could be derived. A visitor is in one period only, and so is a touch, so that no two messages can be
subtracted from each other. The tables of touches share their events: items are hidden so that what
the sums by verdict leave for the hidden ones is never small (tests/device/session/test_ledger.py
tries it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import get_args

from device.messaging.topics import Cells, HourSums, Touches
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


class Ledger:
    """The present hour and the present day. Nothing leaves it but through `hour` and `day`."""

    def __init__(self, smallest: int) -> None:
        """smallest: number from which a count may leave."""
        self._smallest = smallest
        self._begin_hour()
        self.tried: dict[str, Tried] = {}
        """What became of each item, for the matching."""
        self._touched: set[str] = set()  # of the present screen
        self._items: Counter[tuple[str, str, str]] = Counter()
        self._date: date | None = None

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
        if touch.item_id not in self._touched:
            self._touched.add(touch.item_id)
            was = self.tried.get(touch.item_id, Tried())
            refused = touch.verdict == "not_for_me"
            self.tried[touch.item_id] = Tried(was.shown + refused, was.liked + (not refused))
        if now is not None:
            self._date = self._date or now.date()
            self._items[daypart(now.hour), touch.verdict, touch.item_id] += 1

    def screen(self, ids: tuple[str, ...]) -> None:
        """Count a screen with these items; the next one begins."""
        self._touched.clear()
        for item_id in ids:
            was = self.tried.get(item_id, Tried())
            self.tried[item_id] = Tried(was.shown + 1, was.liked)

    def hour(self) -> HourSums:
        """The sums of the hour, which is over and forgotten with that."""
        visitors = self._moods.total()
        sums: HourSums = {
            "visitors": visitors if visitors >= self._smallest else None,
            "by_mood": self._cells(self._moods, (*MOODS, UNKNOWN)),
            "by_age_band": self._cells(self._bands, ADULT_BANDS),
            "by_company": self._cells(self._companies, get_args(SomeCompany)),
            "touches": self._cells(self._verdicts, get_args(ItemVerdict)),
        }
        self._begin_hour()
        return sums

    def day(self, today: date) -> Touches | None:
        """Touches of the items of an earlier day, which is forgotten with that; None: no such day
        has ended, or nothing of it may leave."""
        if self._date is None or self._date == today:
            return None
        ended, self._date = self._date, None
        items, self._items = self._items, Counter()
        told: dict[str, dict[str, dict[str, int]]] = {}
        for part, verdict in sorted({key[:2] for key in items}):
            cells = {item: n for (p, v, item), n in items.items() if (p, v) == (part, verdict)}
            for item, number in sorted(suppress(cells, self._smallest).items()):
                if number is not None:
                    told.setdefault(part, {}).setdefault(item, {})[verdict] = number
        return {"day": ended.isoformat(), "by_daypart": told} if told else None

    def _begin_hour(self) -> None:
        self._moods: Counter[str] = Counter()
        self._bands: Counter[str] = Counter()
        self._companies: Counter[str] = Counter()
        self._verdicts: Counter[str] = Counter()

    def _cells(self, counts: Counter[str], names: tuple[str, ...]) -> Cells:
        return suppress({name: counts[name] for name in names}, self._smallest)


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
    hidden = [name for name in cells if cells[name] < smallest]
    # A single hidden cell is below `smallest`, so a second one is always hidden with it.
    while hidden and shown and sum(cells[name] for name in hidden) < smallest:
        hidden.append(shown.pop(0))
    return {name: None if name in hidden else cells[name] for name in cells}
