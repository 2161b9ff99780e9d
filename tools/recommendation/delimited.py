"""Files of the public datasets as columns of texts and numbers; a mistake in one refuses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from device.catalogue.imports.delimited import Layout, each_row, refuse
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
    found = each_row(path, columns, Layout((separator,)), refuse(path), encoding=encoding)
    rows = [cells for _, cells in found]
    if not rows:
        raise UserError(f"{path}: no rows below the column names")
    return dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))


def numbers(path: Path, name: str, cells: Sequence[str], kind: Callable[[str], T]) -> list[T]:
    """The cells of a column as `int` or `float`; UserError with the line of one that is none."""
    values = []
    for line, cell in enumerate(cells, start=2):
        try:
            values.append(kind(cell))
        except ValueError:
            raise UserError(f"{path}, line {line}: {name} is {cell!r}, not a number") from None
    return values
