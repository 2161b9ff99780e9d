"""Files of public datasets: cells between separators, the names of the columns first or known.

What is wrong with one row is told to `broken`, which refuses the file or counts the row; a file
without the columns that are needed is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from device.catalogue.imports.imported import LeftOut, Progress
from device.errors import UserError

Broken = Callable[[int, str], None]
"""Takes the number of a broken row, 1 the first, and what is wrong with it."""

LONGEST_LINE = 10_000
"""Characters of a first line that are looked at."""

LINES_A_STEP = 20_000
"""Lines between two calls of `progress`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written. separators: of which the first line has the most. names: of the
    columns where the first line has none. quoted: whether a cell may stand in double quotes."""

    separators: tuple[str, ...] = (",",)
    names: tuple[str, ...] = ()
    quoted: bool = False


def refuse(path: Path, called: str = "line") -> Broken:
    """Refuses a file for its first broken row. called: what a row of it is called."""

    def broken(number: int, why: str) -> None:
        raise UserError(f"{path}, {called} {number}: {why}")

    return broken


def count(path: Path, rows: LeftOut, called: str = "line") -> Broken:
    """Counts broken rows, with the first as the example."""

    def broken(number: int, why: str) -> None:
        rows.add(f"broken row of {path.name}", f"{called} {number}: {why}")

    return broken


def each_row(
    path: Path,
    columns: Sequence[str],
    layout: Layout,
    broken: Broken,
    *,
    encoding: str = "utf-8",
    progress: Progress = lambda done, total: None,
) -> Iterator[tuple[int, list[str]]]:
    """The line and the named columns of each row. Empty lines are left out.

    progress: takes the bytes that are read, and how many there are.

    Raises:
        UserError: it cannot be read, is no text, or one of these columns is missing.
    """
    try:
        with path.open("rb") as file:
            lines = _lines(file, encoding, path.stat().st_size, progress)
            first = next(lines, "")
            separator = max(layout.separators, key=first.count)
            _, header = next(_rows(iter([first]), separator, layout.quoted), (1, []))
            skipped = 1
            if layout.names and not set(columns) <= set(header):
                lines, skipped = chain([first], lines), 0
                header = list(layout.names)
            for name in columns:
                if name not in header:
                    raise UserError(f"{path}: no column {name!r} in the first line")
            places = [header.index(name) for name in columns]
            for number, cells in _rows(lines, separator, layout.quoted):
                if len(cells) == len(header):
                    yield number + skipped, [cells[place] for place in places]
                elif cells:
                    broken(number + skipped, f"{len(cells)} cells under {len(header)} column names")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a text file in {encoding}: {error}") from None


def columns_of(path: Path, layout: Layout) -> list[str]:
    """The names in the first line; none where it cannot be read as text."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.readline(LONGEST_LINE)
        separator = max(layout.separators, key=first.count)
        return next(_rows(iter([first]), separator, layout.quoted), (1, []))[1]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def encoding_of(path: Path) -> str:
    """UTF-8 where that can be read, else Latin-1, in which the older sets are.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    return "utf-8"


def _lines(file: BinaryIO, encoding: str, size: int, progress: Progress) -> Iterator[str]:
    done = 0
    for number, raw in enumerate(file):
        done += len(raw)
        if number % LINES_A_STEP == LINES_A_STEP - 1:
            progress(done, size)
        text = raw.decode(encoding)
        yield text.removeprefix("\ufeff") if number == 0 else text


def _rows(lines: Iterator[str], separator: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row and the line on which it ends, 1 the first of `lines`."""
    if quoted:
        reader = csv.reader(lines, delimiter=separator, strict=True)
        for cells in reader:
            yield reader.line_num, cells
        return
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        yield number, text.split(separator) if text else []
