"""Files of the public datasets: cells between separators, the names of the columns first."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from device.errors import UserError

T = TypeVar("T")


def read_columns(
    path: Path, separator: str, columns: Sequence[str], encoding: str = "utf-8"
) -> dict[str, list[str]]:
    """The named columns of a file, each a list of texts of equal length.

    Quotation marks are ordinary characters, empty lines are left out. Raises UserError for a
    missing file or column, a line with too few or too many cells, and a file without rows.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; --data DIR has it below catalogue/")
    places: list[int] = []
    rows: list[list[str]] = []
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = csv.reader(file, delimiter=separator, quoting=csv.QUOTE_NONE)
            header = next(lines, [])
            for name in columns:
                if name not in header:
                    raise UserError(f"{path}: no column {name!r} in the first line")
            places = [header.index(name) for name in columns]
            for cells in lines:
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise UserError(
                        f"{path}, line {lines.line_num}: {len(cells)} cells under {len(header)} "
                        "column names"
                    )
                rows.append(cells)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a text file in {encoding}: {error}") from error
    if not rows:
        raise UserError(f"{path}: no rows below the column names")
    return {name: [row[i] for row in rows] for name, i in zip(columns, places, strict=True)}


def numbers(path: Path, name: str, cells: Sequence[str], kind: Callable[[str], T]) -> list[T]:
    """The cells of a column as `int` or `float`; UserError with the line of one that is none."""
    values = []
    for line, cell in enumerate(cells, start=2):
        try:
            values.append(kind(cell))
        except ValueError:
            raise UserError(f"{path}, line {line}: {name} is {cell!r}, not a number") from None
    return values
