"""Whether the table of items has been replaced since the kiosk started.

Only the file's number, time and size are looked at, twice a minute: a new table comes by a rename.
A file that is away for a moment has not been replaced.
"""

from __future__ import annotations

from pathlib import Path

LOOK_EVERY_S = 30.0


class Replaced:
    """Looks at a file. count: how often it has been replaced."""

    def __init__(self, path: Path, at: float) -> None:
        """at: monotonic seconds."""
        self._path = path
        self._known = self._stamp()
        self._look_at = at + LOOK_EVERY_S
        self.count = 0

    def look(self, at: float) -> int:
        """`count`, at monotonic seconds; cheap enough for every turn."""
        if at >= self._look_at:
            self._look_at = at + LOOK_EVERY_S
            stamp = self._stamp()
            if stamp is not None and stamp != self._known:
                self._known = stamp
                self.count += 1
        return self.count

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
