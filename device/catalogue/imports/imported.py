"""What an importer makes of a file: items, and what it left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from math import log1p
from unicodedata import normalize

from device.catalogue.columns import BY_NAME, Value
from device.catalogue.network import Network
from device.values import ADULT_AT, Item

Progress = Callable[[int, int | None], None]
"""Takes how much is done, and how much there is, None where it is not known."""

SHOWN = 12
"""Reasons that are listed; the rarer ones are added up."""

MOST_NAMED = 6
"""Categories that are named."""

LONGEST = 60
"""Characters of an example."""

LONGEST_TAG = 40
"""Characters."""

DIGEST = 12
"""Hexadecimal digits in an id: one in 500 tables of a million names would have two alike."""


@dataclass(slots=True)
class LeftOut:
    """How many rows, or cells of rows, were left out for each reason, with an example of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, why: str, example: str) -> None:
        """Count one. example: what it was; the first is kept."""
        self.counts[why] += 1
        self.examples.setdefault(why, " ".join(example.split()))

    def __bool__(self) -> bool:
        return bool(self.counts)

    def lines(self) -> Iterator[str]:
        """One line a reason, the most frequent first."""
        ranked = sorted(self.counts.items(), key=lambda each: (-each[1], each[0]))
        for why, count in ranked[:SHOWN]:
            example = self.examples[why]
            cut = example if len(example) <= LONGEST else example[: LONGEST - 1] + "…"
            yield f"{count:6}  {why} ({cut})"
        if rest := ranked[SHOWN:]:
            others = "another reason" if len(rest) == 1 else f"{len(rest)} other reasons"
            yield f"{sum(count for _, count in rest):6}  for {others}"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of one file. about: a line on it. rows: what was not taken; cells: what was not
    understood of the items that were. network: the footways, if it has any."""

    items: list[Item]
    about: str
    rows: LeftOut
    cells: LeftOut
    network: Network | None = None

    def report(self, name: str) -> Iterator[str]:
        """Lines for people: what came of the file, what of it is known, and what was left out."""
        yield f"{name}: {self.about}"
        of_what = _counted(item.category for item in self.items)
        yield f"{len(self.items):6}  items{': ' if self.items else ''}{of_what}"
        facts = {
            "with hours": sum(bool(item.hours) for item in self.items),
            "with an address": sum(bool(item.address) for item in self.items),
            "named in other languages": sum(bool(item.titles) for item in self.items),
            "for adults only": sum(item.minimum_age >= ADULT_AT for item in self.items),
        }
        for fact, count in facts.items():
            if count:
                yield f"{count:6}  {fact}"
        for title, left_out in (("left out", self.rows), ("cells left empty", self.cells)):
            if left_out:
                yield f"  {title}:"
                yield from left_out.lines()


def slug(text: str) -> str:
    """A text as a tag, of a to z, digits and `-`; empty if it has none of them."""
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_TAG].strip("-")


def id_of(kind: str, *names: str) -> str:
    """The id of an item that has no number: the same for the same names, in any script."""
    digest = sha256("\0".join(names).encode()).hexdigest()[:DIGEST]
    return "-".join(filter(None, (kind, slug(names[0]), digest)))


def is_number(text: str) -> bool:
    """Whether it is a number as sets give one to an item, so that an id can be made of it."""
    return re.fullmatch(r"[0-9]{1,20}", text) is not None


def popularity(count: int, most: int) -> float:
    """0 to 1, of how many rated or played something and the most that anything of its kind got.

    By the logarithm, since a few have nearly everything: ten times as many is always as much more.
    """
    return round(log1p(count) / log1p(most), 2) if most else 0.0


class Cells:
    """Reads cells as their columns do; what one does not take is left empty and counted."""

    def __init__(self, left_out: LeftOut) -> None:
        self._left_out = left_out

    def first(self, item: str, name: str, *texts: str) -> Value:
        """The first of these texts that the column takes; its empty value if none does.

        item: of which item, for the example.
        """
        column = BY_NAME[name]
        for text in texts:
            if not text.strip():
                continue
            try:
                return column.value(text)
            except ValueError:
                self.drop(item, name, text)
        return column.empty

    def year(self, item: str, text: str) -> int | None:
        """The year with which a date begins, such as `1994-05-01`; None: it has none."""
        year = self.first(item, "year", text[:4])
        return year if isinstance(year, int) else None

    def drop(self, item: str, name: str, text: str) -> None:
        """Count a cell that was not understood."""
        self._left_out.add(f"{name}: not understood", f"{item}: {text}")


def _counted(categories: Iterable[str]) -> str:
    """The most frequent kinds of places, by the first parts of their categories."""
    counts = Counter("/".join(category.split("/")[:2]) for category in categories)
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    named = [f"{count} {category}" for category, count in ranked[:MOST_NAMED]]
    return ", ".join([*named, "..."] if len(ranked) > len(named) else named)
