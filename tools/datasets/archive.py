"""A folder and a zip file read alike: names with `/` between them, and the bytes behind a name.

Promises: a damaged entry is that entry's trouble and not the whole archive's; hidden files and what
a Mac leaves in an archive are not there.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.images import SUFFIXES
from device.errors import UserError

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


class Tree:
    """The files below a folder or in a zip file. names: their paths inside, sorted. folders: all
    folders', those of empty ones too."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: no such file or folder, or a file that is not a zip."""
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            found = [(p.relative_to(path).as_posix(), p) for p in path.rglob("*")]
            files = [(name, p.stat()) for name, p in found if p.is_file()]
            marks = {name: (stat.st_size, stat.st_mtime_ns) for name, stat in files}
            folders = [name for name, p in found if p.is_dir()]
        else:
            self._zip = _opened(path)
            entries = self._zip.infolist()
            marks = {e.filename: (e.file_size, e.CRC) for e in entries if not e.is_dir()}
            folders = [e.filename.rstrip("/") for e in entries if e.is_dir()]
        self._marks = {name: marks[name] for name in sorted(marks) if _shown(name)}
        self.names = tuple(self._marks)
        above = {str(parent) for name in self.names for parent in PurePosixPath(name).parents}
        shown = {name for name in folders if _shown(name)}
        self.folders = tuple(sorted((above | shown) - {"."}))

    @property
    def is_folder(self) -> bool:
        """Whether it is one, and no zip file."""
        return self._zip is None

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            OSError: it cannot be read, or is damaged in the archive.
            KeyError: there is none of that name.
        """
        if self._zip is None:
            if name not in self._marks:
                raise KeyError(name)
            return (self.path / name).read_bytes()
        try:
            return self._zip.read(name)
        except _DAMAGED as error:
            raise OSError(f"{name}: {error}") from None

    def picture(self, name: str, *, rgb: bool = False) -> NDArray[np.uint8] | None:
        """Grey (H, W), or RGB (H, W, 3); None where it cannot be read as a picture."""
        try:
            data = np.frombuffer(self.read(name), np.uint8)
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB if rgb else cv2.IMREAD_GRAYSCALE)
        except (OSError, KeyError, cv2.error):  # of OpenCV: an empty file
            return None
        return None if picture is None else np.asarray(picture, np.uint8)

    def columns(self, name: str) -> tuple[str, ...]:
        """The names in the first line of a CSV file, spaces around them taken away.

        Raises:
            UserError: there is none, or it cannot be read.
        """
        return tuple(next(self._lines(name), (1, []))[1])

    def rows(self, name: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row of a CSV file with the number of its line: cells by the header's names, spaces
        around both taken away. A row that is too short lacks its last names, a broken one all.

        Raises:
            UserError: there is none, or it cannot be read.
        """
        lines = self._lines(name)
        _, header = next(lines, (1, []))
        for number, cells in lines:
            yield number, dict(zip(header, cells, strict=False))

    def _lines(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """Cells of each line that is not empty; none where its quotes do not close. Line by line:
        one stray quote must not swallow the rows below it."""
        try:
            stream = self._zip.open(name) if self._zip else (self.path / name).open("rb")
            with stream, io.TextIOWrapper(stream, "utf-8-sig", errors="replace") as text:
                for number, line in enumerate(text, 1):
                    if line.strip():
                        yield number, _cells(line)
        except (OSError, KeyError, *_DAMAGED) as error:
            raise UserError(f"{self.path}: {name}: cannot be read ({error})") from None

    def ending(self, *suffixes: str) -> list[str]:
        """Names that end so, in lower case or not."""
        return [name for name in self.names if name.lower().endswith(suffixes)]

    def pictures(self) -> list[str]:
        """Names of files that are pictures by their name."""
        return self.ending(*SUFFIXES)

    def fingerprint(self) -> str:
        """Hex digits that are others when a file comes, goes or changes."""
        text = "\n".join(f"{name} {size} {mark}" for name, (size, mark) in self._marks.items())
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cells(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error:
        return []


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file or folder") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: cannot be read as a zip file ({error})") from None


def _shown(name: str) -> bool:
    return not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
