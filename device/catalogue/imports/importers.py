"""Every importer, and what they make together: one catalogue from files of several kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from device.catalogue.build import write, write_table
from device.catalogue.imports import (
    activities,
    films,
    lastfm,
    openstreetmap,
    playlists,
    sounds,
)
from device.catalogue.imports.fetch import is_address
from device.catalogue.imports.ical import Calendars
from device.catalogue.imports.imported import Imported, Progress
from device.catalogue.imports.tables import Tables
from device.catalogue.imports.venues import locate
from device.catalogue.network import Network, join, lengths_m
from device.errors import UserError
from device.values import Item


class Importer(Protocol):
    """What reads sources of one kind. TAKES: which, in words."""

    @property
    def TAKES(self) -> str: ...  # noqa: N802

    def recognises(self, path: Path) -> bool:
        """Whether it reads this file or folder."""

    def read(self, path: Path, progress: Progress) -> Imported:
        """The items of a file or folder.

        Raises:
            UserError: it cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Written:
    """What `combine` has written. items: how many. network: None where no file has a footway."""

    files: list[Path]
    items: int
    network: Network | None

    def report(self) -> str:
        """A line for people."""
        network = self.network
        km = 0.0 if network is None else float(lengths_m(network.lines).sum()) / 1000
        footways = f", {km:.0f} km of footways" if km else ""
        return f"{' and '.join(map(str, self.files))}: {self.items} items{footways}"


def importers(calendars: Calendars) -> tuple[Importer, ...]:
    """The first that recognises a source reads it: `Tables` takes every other `.csv` and `.txt`."""
    return (
        openstreetmap,
        films,
        lastfm,
        playlists,
        sounds,
        activities,
        calendars,
        Tables(calendars.zone),
    )


def read(source: str | Path, progress: Progress, calendars: Calendars | None = None) -> Imported:
    """The items of a file or folder of any kind, or of the address of a calendar.

    calendars: how iCal is read; tables get its zone. Without it no zone is known.

    Raises:
        UserError: no importer reads such a one, it is broken, or the address does not answer.
    """
    calendars = calendars or Calendars()
    if isinstance(source, str) and is_address(source):
        return calendars.fetch(source, progress)
    path, known = Path(source), importers(calendars)
    if not path.exists():
        raise UserError(f"{path}: cannot be read (No such file or directory)")
    for importer in known:
        if importer.recognises(path):
            return importer.read(path, progress)
    takes = ", ".join(importer.TAKES for importer in known)
    got = "folder" if path.is_dir() else "file"
    raise UserError(f"{path}: got a {got} of another kind, takes {takes}")


def together(parts: Iterable[Imported]) -> tuple[list[Item], Network | None]:
    """The items of several files and their footways, if there are any.

    An item that an earlier file holds too is left out and counted in `rows` of the later one.
    Events get the coordinates of the places that they name.
    """
    parts = list(parts)
    locate(parts)
    network = join(part.network for part in parts if part.network is not None)
    return list(_each_once(parts)), network


def combine(parts: Iterable[Imported], out: Path) -> Written:
    """Write the catalogue of several files, or their table if `out` is a `.csv` file, which has the
    footways beside it.

    Raises:
        UserError: there is no item, or the catalogue cannot be written; the old one stays.
    """
    items, network = together(parts)
    if not items:
        raise UserError(f"{out}: no item was found, so nothing was written")
    if out.suffix.lower() == ".csv":
        files = write_table(items, out, network)
    else:
        files = [out]
        write(items, out, network)
    return Written(files, len(items), network)


def _each_once(parts: Iterable[Imported]) -> Iterator[Item]:
    seen: set[str] = set()
    for part in parts:
        for item in part.items:
            if item.id in seen:
                part.rows.add("in an earlier file too", item.id)
                continue
            seen.add(item.id)
            yield item
