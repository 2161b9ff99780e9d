"""Every importer, and what they make together: one catalogue from files of several kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from device.catalogue.build import write, write_table
from device.catalogue.imports import openstreetmap, tables
from device.catalogue.imports.imported import Imported
from device.errors import UserError
from device.values import Item

Progress = Callable[[int, int | None], None]


class Importer(Protocol):
    """A module of this package that reads files of one kind. TAKES: these files, in words."""

    TAKES: str

    def recognises(self, path: Path) -> bool:
        """Whether it reads this file."""

    def read(self, path: Path, progress: Progress) -> Imported:
        """The items of a file.

        Raises:
            UserError: it cannot be read.
        """


IMPORTERS: tuple[Importer, ...] = (openstreetmap, tables)


def read(path: Path, progress: Progress) -> Imported:
    """The items of a file of any kind.

    Raises:
        UserError: no importer reads such a file, or it is broken.
    """
    for importer in IMPORTERS:
        if importer.recognises(path):
            return importer.read(path, progress)
    takes = ", ".join(importer.TAKES for importer in IMPORTERS)
    raise UserError(f"{path}: got a file of another kind, takes {takes}")


def combine(parts: Iterable[Imported], out: Path) -> int:
    """Write the catalogue of several files, or their table if `out` is a `.csv` file.

    Returns how many items it holds.

    An item that an earlier file holds too is left out and counted in `rows` of the later one.

    Raises:
        UserError: there is no item, or the catalogue cannot be written; the old one stays.
    """
    items = list(_each_once(parts))
    if not items:
        raise UserError(f"{out}: no item was found, so nothing was written")
    if out.suffix.lower() == ".csv":
        write_table(items, out)
    else:
        write(items, out)
    return len(items)


def _each_once(parts: Iterable[Imported]) -> Iterator[Item]:
    seen: set[str] = set()
    for part in parts:
        for item in part.items:
            if item.id in seen:
                part.rows.add("in an earlier file too", item.id)
                continue
            seen.add(item.id)
            yield item
