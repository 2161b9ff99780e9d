"""Writes that survive a power cut: every change of a kiosk's releases and state goes through here.

Guarantees: a file is written beside its place, synced, renamed, and its folder synced, so that a
reader and a power cut see the old content or the new. Each method is one or more system calls, one
method below the line each, and a cut may come between any two of them (tests/device/fleet/disks.py
has a disk that dies there). Everybody may read what is written: the broker's user reads the page.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal


class Disk:
    """The real one. Every method raises `OSError` where the system refuses."""

    def write(self, path: Path, content: bytes) -> None:
        """Replace a file in one step; its folder must be there."""
        beside = path.with_name(f".{path.name}.new")
        self._put(beside, content, "wb")
        self.rename(beside, path)

    def append(self, path: Path, content: bytes) -> None:
        """Add to the end of a file, and sync it. A cut may leave a part of `content`."""
        self._put(path, content, "ab")

    def rename(self, old: Path, new: Path) -> None:
        """Put a file or a folder in its place; a file that is there is replaced."""
        self._replace(old, new)
        self.sync(new.parent)

    def hard_link(self, source: Path, path: Path) -> None:
        """Give a file a second name. Sync the folder afterwards (`sync`)."""
        self._link(source, path)

    def folder(self, path: Path) -> None:
        """Make a folder and its parents."""
        if not path.is_dir():
            if not path.parent.is_dir():
                self.folder(path.parent)
            self._mkdir(path)
            self.sync(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, a link or a folder with all that is in it; missing is fine."""
        self._unlink(path)

    def sync(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _put(self, path: Path, content: bytes, mode: Literal["wb", "ab"]) -> None:
        with path.open(mode) as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _replace(self, old: Path, new: Path) -> None:
        old.replace(new)

    def _link(self, source: Path, path: Path) -> None:
        path.hardlink_to(source)

    def _mkdir(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        path.chmod(0o755)

    def _unlink(self, path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
