"""Reads all sources of a table again.

Guarantees: an address that does not answer, or with nonsense, costs nothing: the last good copy of
its calendar, kept beside the table, is read instead, and that is said. A broken file is an error,
and nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256
from pathlib import Path

from device.addresses import shown
from device.catalogue.imports import importers
from device.catalogue.imports.fetch import Answer, fetch
from device.catalogue.imports.ical import Calendars, Defaults
from device.catalogue.imports.imported import Imported, Progress
from device.catalogue.sources import Sources
from device.errors import UserError
from device.replacing import replacing

COPIES = ".copies"
"""Suffix of the folder with the last good copies, beside the table."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads sources again. table: the catalogue, beside which copies are kept. zone: of times
    without one. now: an aware time. doubt: takes a line for each source that was not read as it
    should be."""

    table: Path
    zone: tzinfo
    now: datetime
    progress: Progress
    doubt: Callable[[str], None]

    def read(self, sources: Sources) -> list[Imported]:
        """What came of every source.

        Raises:
            UserError: a file cannot be read or is broken, or a copy cannot be kept.
        """
        parts = []
        for path in sources.files:
            plain = Calendars(self.zone, self.now)
            parts.append(importers.read(path, self.progress, plain))
        for calendar in sources.calendars:
            defaults = Defaults(calendar.category or "", calendar.credit, calendar.minimum_age)
            reader = Calendars(self.zone, self.now, defaults)
            if calendar.file is not None:
                parts.append(reader.read(calendar.file, self.progress))
            elif calendar.address is not None:
                part = self._fetched(calendar.address.get_secret_value(), reader)
                parts += [] if part is None else [part]
        return parts

    def _fetched(self, address: str, reader: Calendars) -> Imported | None:
        """The events of an address, or of its last good copy; None: there is none."""
        name = shown(address)
        copy = self._copy_of(address)
        try:
            answer = fetch(address)
            part = reader.events(answer, name, self.progress)
        except UserError as error:
            if not copy.exists():
                self.doubt(f"{error}; it has no copy yet: its events are missing")
                return None
            at = datetime.fromtimestamp(copy.stat().st_mtime, self.now.tzinfo)
            self.doubt(f"{error}; its copy of {_age(self.now - at)} ago is used")
            return reader.events(Answer(copy.read_bytes(), ""), name, self.progress)
        self._keep(answer.content, copy)
        return part

    def _copy_of(self, address: str) -> Path:
        digest = sha256(address.encode()).hexdigest()[:16]
        return self.table.with_suffix(COPIES) / f"{digest}.ics"

    def _keep(self, content: bytes, copy: Path) -> None:
        """Keep the content and when it was fetched, which is all that is written if it is known."""
        with suppress(OSError):
            if copy.read_bytes() == content:
                os.utime(copy)
                return
        with replacing(copy) as path:
            path.write_bytes(content)


def _age(age: timedelta) -> str:
    """How old a copy is, for people."""
    hours = max(age, timedelta(0)) // timedelta(hours=1)
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
