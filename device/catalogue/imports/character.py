"""What places of a category are like: `places.csv`, our own judgement, by preset of the iD editor.

A row holds for a preset and for all below it (`shop` for `shop/books`); what a cell leaves empty is
taken from the next row above. `prior`, 0 to 1, says how much a visitor would want to go to such a
place; with 0, and where no row holds, it is left out. Valence and arousal, -1 to 1, are the mood
that it suits, `stay` the usual minutes, `suits` for whom, `minimum_age` years.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from device.catalogue.columns import COLUMNS

FILE = Path(__file__).with_name("places.csv")


@dataclass(frozen=True, slots=True)
class Character:
    """What places of a category are like."""

    prior: float
    minimum_age: int
    valence: float | None
    arousal: float | None
    suits: tuple[str, ...]
    stay: int | None
    tags: tuple[str, ...]


class Characters:
    """The rows of `places.csv`."""

    def __init__(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        """rows: the cells of each preset that has a row."""
        self._rows = rows
        self._known: dict[str, Character | None] = {}

    def of(self, preset: str) -> Character | None:
        """What places of a preset are like; None: nobody goes there for its own sake."""
        if preset not in self._known:
            self._known[preset] = self._of(preset)
        return self._known[preset]

    def minimum_age(self, preset: str) -> int:
        """Years that places of a preset, which may be left out, are for."""
        return int(self._cell(preset, "minimum_age") or 0)

    def _of(self, preset: str) -> Character | None:
        if not float(self._cell(preset, "prior") or 0):
            return None
        cells = {name: self._cell(preset, name) for name in Character.__slots__}
        read = {column.name: column.value for column in COLUMNS}
        values = {name: read[name](cell) for name, cell in cells.items() if name in read}
        return Character(prior=float(cells["prior"]), **values)  # type: ignore[arg-type]

    def _cell(self, preset: str, name: str) -> str:
        rows = (self._rows[above] for above in _above(preset) if above in self._rows)
        return next((row[name] for row in rows if row[name]), "")


@cache
def characters() -> Characters:
    """The rows that ship."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return Characters({row["preset"]: row for row in csv.DictReader(file)})


def _above(preset: str) -> Iterator[str]:
    """The preset and those that it belongs to, the closest first."""
    while preset:
        yield preset
        preset = preset.rpartition("/")[0]
