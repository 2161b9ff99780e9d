"""Writes that survive a power cut: every change of a kiosk's releases and state goes through here.

Guarantees: a file is written beside its place, synced, renamed, and its folder synced, so that a
reader and a power cut see the old content or the new. Each method is one or more system calls, and
a cut may come between any two of them (tests/device/fleet/disks.py has a disk that dies there).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Disk:
    """The real one. Every method raises `OSError` where the system refuses."""

    def write(self, path: Path, content: bytes) -> None:
        """Replace a file in one step; its folder must be there."""
        beside = path.with_name(f".{path.name}.new")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._rename(beside, path)

    def append(self, path: Path, content: bytes) -> None:
        """Add to the end of a file, and sync it. A cut may leave a part of `content`."""
        with path.open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, old: Path, new: Path) -> None:
        """Put a file or a folder in its place; a file that is there is replaced."""
        self._rename(old, new)

    def link(self, target: str, path: Path) -> None:
        """Point a symbolic link somewhere else in one step."""
        beside = path.with_name(f".{path.name}.new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(target)
        self._rename(beside, path)

    def hard_link(self, source: Path, path: Path) -> None:
        """Give a file a second name. Sync the folder afterwards (`sync`)."""
        path.hardlink_to(source)

    def folder(self, path: Path) -> None:
        """Make a folder and its parents."""
        path.mkdir(parents=True, exist_ok=True)
        self.sync(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, a link or a folder with all that is in it; missing is fine."""
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def sync(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _rename(self, old: Path, new: Path) -> None:
        old.replace(new)
        self.sync(new.parent)
