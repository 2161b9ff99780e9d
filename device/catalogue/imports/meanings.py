"""What a word of a source means here: a genre of films, a tag of songs, a thing to do, an event.

The tables `films.csv`, `songs.csv`, `activities.csv` and `events.csv` beside this module are the
project's own judgement. A row holds for its words (separated by `;`), in any spelling (`Sci-Fi` is
`sci fi`). `activities.csv` says more of each, see `docs/matching.md`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias
from unicodedata import normalize

from device.catalogue.columns import COLUMNS
from device.values import Guest

Table: TypeAlias = Literal["films", "songs", "activities", "events"]

WHERE = {"indoors": ("indoor",), "outdoors": ("outdoor",), "either": ()}
"""Cells of the column `where`, and the tags that they give."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row. order: its number. category: empty: the word says nothing of that, or, of activities,
    that it is nothing to suggest. tags: where included. stay: minutes; None: not known."""

    order: int
    words: tuple[str, ...]
    category: str
    minimum_age: int
    valence: float | None
    arousal: float | None
    suits: tuple[Guest, ...]
    stay: int | None
    tags: tuple[str, ...]


class Meanings:
    """The rows of one table."""

    def __init__(self, rows: Iterable[Meaning]) -> None:
        self.rows = tuple(rows)
        self._rows = {word: row for row in self.rows for word in row.words}
        words = sorted(self._rows, key=lambda word: (-len(word), word))
        self._any = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")

    def of(self, words: Iterable[str]) -> list[Meaning]:
        """The rows of those of the words that have one, in the order of the words."""
        return [row for word in words if (row := self._rows.get(folded(word))) is not None]

    def within(self, text: str) -> list[Meaning]:
        """The rows of the words that stand in a text, the longest word first."""
        found = sorted(self._any.findall(folded(text)), key=len, reverse=True)
        return list(dict.fromkeys(self._rows[word] for word in found))


def category_of(found: Iterable[Meaning]) -> str | None:
    """The first category that one of some rows has; None: none of them has one."""
    return next((row.category for row in found if row.category), None)


def tags_of(found: Iterable[Meaning]) -> tuple[str, ...]:
    """The tags of some rows, each once."""
    return tuple(dict.fromkeys(tag for row in found for tag in row.tags))


@cache
def meanings(table: Table) -> Meanings:
    """The rows of a table that ships."""
    with Path(__file__).with_name(f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return Meanings(_row(order, cells) for order, cells in enumerate(csv.DictReader(file)))


def folded(word: str) -> str:
    """In lower case, with one blank for hyphens, underlines and blanks; `children's` stays."""
    return re.sub(r"[\s_-]+", " ", normalize("NFKC", word).lower()).strip()


def _row(order: int, cells: dict[str, str]) -> Meaning:
    values: dict[str, Any] = {name: read(cells.get(name) or "") for name, read in _READ.items()}
    values["tags"] += WHERE[cells.get("where") or "either"]
    words = tuple(map(folded, cells["word"].split(";")))
    return Meaning(order, words, cells["category"], **values)


_READ = {
    column.name: column.value
    for column in COLUMNS
    if column.name in ("minimum_age", "valence", "arousal", "suits", "stay", "tags")
}
