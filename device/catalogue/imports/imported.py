"""What an importer makes of a file: items, and what it left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from device.catalogue.network import Network
from device.values import ADULT_AT, Item

SHOWN = 12
"""Reasons that are listed; the rarer ones are added up."""

MOST_NAMED = 6
"""Categories that are named."""

LONGEST = 60
"""Characters of an example."""


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
            yield f"{sum(count for _, count in rest):6}  {len(rest)} other reasons"


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
        yield f"{len(self.items):6}  items: {_counted(item.category for item in self.items)}"
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


def _counted(categories: Iterable[str]) -> str:
    """The most frequent kinds of places, by the first parts of their categories."""
    counts = Counter("/".join(category.split("/")[:2]) for category in categories)
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    named = [f"{count} {category}" for category, count in ranked[:MOST_NAMED]]
    return ", ".join([*named, "..."] if len(ranked) > len(named) else named)
