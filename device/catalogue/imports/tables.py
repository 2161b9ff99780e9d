"""Tables that people write, as `wayside catalogue build` reads them: strict, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from device.catalogue import build
from device.catalogue.imports.imported import Imported, LeftOut
from device.catalogue.store import SOURCE_SUFFIXES

TAKES = "tables of your own (.csv)"


def recognises(path: Path) -> bool:
    """Whether a file is for this importer, by its name."""
    return path.suffix.lower() in SOURCE_SUFFIXES


def read(path: Path, progress: Callable[[int, int | None], None]) -> Imported:
    """The rows of a table.

    Raises:
        UserError: each broken row.
    """
    notices: list[str] = []
    items = build.read([path], notices.append)
    return Imported(items, "; ".join(["a table", *notices]), LeftOut(), LeftOut())
