"""Tables that people write, as `wayside catalogue build` reads them: strict, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from device.catalogue import build
from device.catalogue.imports.imported import Imported, LeftOut, Progress
from device.catalogue.store import SOURCE_SUFFIXES

STEP = 1000
"""Items between two calls of `progress`."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Reads tables. zone: of times without an offset; None: each must have one."""

    zone: tzinfo | None = None

    TAKES = "tables of your own (.csv)"

    def recognises(self, path: Path) -> bool:
        """Whether a file is for this importer, by its name."""
        return path.suffix.lower() in SOURCE_SUFFIXES

    def read(self, path: Path, progress: Progress) -> Imported:
        """The rows of a table.

        Raises:
            UserError: each broken row.
        """
        notices: list[str] = []
        items = []
        for item in build.each_item([path], notices.append, self.zone):
            items.append(item)
            if len(items) % STEP == 0:
                progress(len(items), None)
        return Imported(items, "; ".join(["a table", *notices]), LeftOut(), LeftOut())
