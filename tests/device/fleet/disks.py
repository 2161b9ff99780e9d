"""A disk that dies before its k-th system call, as a power cut does, and one that is full then.

What was not synced is then as bad as a file system allows: with `lose`, names that their folder was
not synced for are gone, and a rename that was not synced is undone; without, they are there. A file
that is being written is cut in the middle either way.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Literal

from device.fleet.disk import Disk


class PowerCutError(Exception):
    """The machine has lost its power."""


class DyingDisk(Disk):
    """dies_at: number of the system call that does not happen; 0: none. calls: made so far."""

    def __init__(self, dies_at: int = 0, *, lose: bool = False) -> None:
        self.calls, self._dies_at, self._lose = 0, dies_at, lose
        self._unsynced: list[tuple[Path, Path | None, bytes | None]] = []
        """Name, where it came from, what was there before: the newest last."""

    def sync(self, folder: Path) -> None:
        self._call()
        self._unsynced = [one for one in self._unsynced if one[0].parent != folder]

    def _put(self, path: Path, content: bytes, mode: Literal["wb", "ab"]) -> None:
        if self._dies_at == self.calls + 1 and not self._lose:
            with path.open(mode) as file:
                file.write(content[: len(content) // 2])
        self._call()
        with path.open(mode) as file:
            file.write(content)

    def _replace(self, old: Path, new: Path) -> None:
        self._call()
        before = new.read_bytes() if new.is_file() and not new.is_symlink() else None
        super()._replace(old, new)
        self._unsynced = [(_moved(path, old, new), *rest) for path, *rest in self._unsynced]
        self._unsynced.append((new, old, before))

    def _link(self, source: Path, path: Path) -> None:
        self._call()
        super()._link(source, path)
        self._unsynced.append((path, None, None))

    def _mkdir(self, path: Path) -> None:
        self._call()
        super()._mkdir(path)
        self._unsynced.append((path, None, None))

    def _unlink(self, path: Path) -> None:
        if self._dies_at == self.calls + 1 and path.is_dir():
            for file in sorted(path.rglob("*"))[::2]:
                if file.is_file():
                    file.unlink()
        self._call()
        super()._unlink(path)

    def _call(self) -> None:
        self.calls += 1
        if self.calls == self._dies_at:
            for path, old, before in reversed(self._unsynced if self._lose else []):
                _undo(path, old, before)
            raise PowerCutError


class FullDisk(DyingDisk):
    """full_at: number of the system call from which on nothing more can be written; removing still
    works, as on a real one. `empty` makes room."""

    def __init__(self, full_at: int) -> None:
        super().__init__()
        self._full_at = full_at

    def empty(self) -> None:
        self._full_at = 1 << 30

    def _call(self) -> None:
        super()._call()
        if self.calls >= self._full_at:
            raise OSError(errno.ENOSPC, "No space left on device")

    def _unlink(self, path: Path) -> None:
        Disk._unlink(self, path)


def _moved(path: Path, old: Path, new: Path) -> Path:
    """Where a name is after its folder, or one above it, was renamed."""
    return new / path.relative_to(old) if old in path.parents else path


def _undo(path: Path, old: Path | None, before: bytes | None) -> None:
    if old is not None and old.parent.is_dir():
        path.replace(old)
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if before is not None:
        path.write_bytes(before)
