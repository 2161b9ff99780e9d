"""One reader for folders and zip files: names with `/` between the parts, and their content.

Guarantees: a damaged entry of a zip file fails alone; hidden files and the metadata that macOS adds
to zip files are not listed.
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

from device.camera.images import SUFFIXES, decode
from device.errors import UserError

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


class Archive:
    """The files below a folder or in a zip file. names: their relative paths, sorted. folders: the
    relative paths of all folders, empty ones included."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: no such file or folder, or a file that is not a zip."""
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            found = [(p.relative_to(path).as_posix(), p) for p in path.rglob("*")]
            files = [(name, p.stat()) for name, p in found if p.is_file()]
            stamps = {name: (stat.st_size, stat.st_mtime_ns) for name, stat in files}
            folders = [name for name, p in found if p.is_dir()]
        else:
            self._zip = _open_zip(path)
            entries = self._zip.infolist()
            stamps = {e.filename: (e.file_size, e.CRC) for e in entries if not e.is_dir()}
            folders = [e.filename.rstrip("/") for e in entries if e.is_dir()]
        self._stamps = {name: stamps[name] for name in sorted(stamps) if _visible(name)}
        self.names = tuple(self._stamps)
        parents = {str(parent) for name in self.names for parent in PurePosixPath(name).parents}
        visible = {name for name in folders if _visible(name)}
        self.folders = tuple(sorted((parents | visible) - {"."}))

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder, not a zip file."""
        return self._zip is None

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            OSError: it cannot be read, or is damaged in the zip file.
            KeyError: no such name.
        """
        if self._zip is None:
            if name not in self._stamps:
                raise KeyError(name)
            return (self.path / name).read_bytes()
        try:
            return self._zip.read(name)
        except _DAMAGED as error:
            raise OSError(f"{name}: {error}") from None

    def picture(self, name: str, *, rgb: bool = False) -> NDArray[np.uint8] | None:
        """Grey (H, W), or RGB (H, W, 3); None: not a readable image."""
        try:
            content = self.read(name)
        except (OSError, KeyError):
            return None
        return decode(content, cv2.IMREAD_COLOR_RGB if rgb else cv2.IMREAD_GRAYSCALE)

    def columns(self, name: str) -> tuple[str, ...]:
        """The header of a CSV file, each name without surrounding spaces.

        Raises:
            UserError: no such file, or it cannot be read.
        """
        return tuple(next(self._lines(name), (1, []))[1])

    def rows(self, name: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Line number and cells by column name of each row of a CSV file, without surrounding
        spaces. A row that is too short lacks the last columns, a malformed one all of them.

        Raises:
            UserError: no such file, or it cannot be read.
        """
        lines = self._lines(name)
        _, header = next(lines, (1, []))
        for number, cells in lines:
            yield number, dict(zip(header, cells, strict=False))

    def _lines(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """Cells of each line that is not empty; none if its quotes are not closed. Parsed line by
        line, so that one stray quote does not swallow the rows after it."""
        try:
            stream = self._zip.open(name) if self._zip else (self.path / name).open("rb")
            with stream, io.TextIOWrapper(stream, "utf-8-sig", errors="replace") as text:
                for number, line in enumerate(text, 1):
                    if line.strip():
                        yield number, _cells(line)
        except (OSError, KeyError, *_DAMAGED) as error:
            raise UserError(f"{self.path}: {name}: cannot be read ({error})") from None

    def with_suffix(self, *suffixes: str) -> list[str]:
        """Names that end in one of these, ignoring case."""
        return [name for name in self.names if name.lower().endswith(suffixes)]

    def named(self, file: str) -> list[str]:
        """Paths of all files of this name, in whatever folder."""
        return [name for name in self.names if name.split("/")[-1] == file]

    def pictures(self) -> list[str]:
        """Names with the suffix of an image file."""
        return self.with_suffix(*SUFFIXES)

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change when a file is added, removed or changed."""
        text = "\n".join(f"{name} {size} {stamp}" for name, (size, stamp) in self._stamps.items())
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cells(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error:
        return []


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file or folder") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: not a readable zip file ({error})") from None


def _visible(name: str) -> bool:
    return not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
