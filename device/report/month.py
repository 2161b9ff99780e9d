"""What a kiosk has told in a month: visitors by day and hour, and what became of each item.

Guarantees: every number is one that the ledger has told, or a sum of such numbers; one that is not
there is None, which is not zero: it was too small to be told, or waits for more. A number below the
smallest of today's settings is not there either.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from device.session.archive import ToldHour, ToldItem

HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ItemMonth:
    """What became of an item. told: by `SHOWN` or verdict. title: its id where no other is known.
    kind: empty: not known."""

    id: str
    kind: str
    title: str
    told: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Month:
    """A month at a kiosk.

    first, last: its days. visitors: by day and hour of the local day, 0 to 23; None: the kiosk
    counted, and they were too few to be told. items: those of which something was told. days: by
    day and `SHOWN` or verdict.
    """

    first: date
    last: date
    visitors: Mapping[tuple[date, int], int | None]
    items: tuple[ItemMonth, ...]
    days: Mapping[tuple[date, str], int]

    @property
    def visitors_told(self) -> int:
        """The visitors of all hours that were told; there were at least so many."""
        return sum(number or 0 for number in self.visitors.values())

    @property
    def hours_hidden(self) -> int:
        """Hours in which the kiosk counted and the visitors were too few to be told."""
        return sum(number is None for number in self.visitors.values())

    @property
    def all_days(self) -> list[date]:
        """Every day of the month."""
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]

    def total(self, what: str) -> int:
        """What was told of all items together. what: `SHOWN` or a verdict."""
        return sum(item.told.get(what, 0) for item in self.items)

    def most(self, what: str, count: int) -> list[ItemMonth]:
        """The items of which most was told, the first of equals by title."""
        some = [item for item in self.items if what in item.told]
        return sorted(some, key=lambda item: (-item.told[what], item.title))[:count]

    def by_kind(self) -> dict[str, Counter[str]]:
        """By kind, what was told of its items together; the kind most shown first."""
        kinds: dict[str, Counter[str]] = {}
        for item in self.items:
            kinds.setdefault(item.kind, Counter()).update(item.told)
        return dict(sorted(kinds.items(), key=lambda pair: (-pair[1].total(), pair[0])))


def days_of(year: int, month: int) -> tuple[date, date]:
    """The first and the last day of a month."""
    first = date(year, month, 1)
    return first, first.replace(day=monthrange(year, month)[1])


def month_of(
    first: date,
    last: date,
    hours: Iterable[ToldHour],
    told: Iterable[ToldItem],
    zone: ZoneInfo,
    smallest: int,
) -> Month:
    """Add up what was told in these days, both included.

    An hour begins when the kiosk has started, at any minute; it belongs to the hour of the clock in
    which its middle lies. zone: of the kiosk. smallest: numbers below it are left out.
    """
    visitors: dict[tuple[date, int], int | None] = {}
    for one in hours:
        middle = (one.begins + HALF_AN_HOUR).astimezone(zone)
        if not first <= middle.date() <= last:
            continue
        known = one.visitors if one.visitors is not None and one.visitors >= smallest else None
        cell = middle.date(), middle.hour
        before = visitors.get(cell)
        visitors[cell] = known if before is None else before + (known or 0)
    items: dict[str, Counter[str]] = {}
    days: Counter[tuple[date, str]] = Counter()
    names: dict[str, tuple[str, str]] = {}
    for number in told:
        if first <= number.day <= last and number.number >= smallest:
            items.setdefault(number.item, Counter())[number.what] += number.number
            days[number.day, number.what] += number.number
            names[number.item] = number.kind, number.title or number.item
    found = tuple(ItemMonth(item, *names[item], dict(of)) for item, of in sorted(items.items()))
    return Month(first, last, dict(sorted(visitors.items())), found, dict(sorted(days.items())))
