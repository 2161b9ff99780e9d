"""Builds the catalogue that the kiosk reads from CSV files, or lists their mistakes.

Guarantees: with one broken row nothing is written and the old file stays. A new file is written
beside the old one, synced and renamed in one step, so that a reader or a power cut sees one of the
two. The same rows make the same bytes.
"""

from __future__ import annotations

import csv
import difflib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from device.catalogue.columns import COLUMNS, TITLE, title_language
from device.catalogue.store import serialize
from device.errors import UserError
from device.values import Item

MOST_NAMED = 10
"""Broken rows that are named; of the rest only the number."""


def build(sources: Iterable[Path], out: Path) -> int:
    """Make a catalogue of these CSV files and return how many items it holds.

    Raises:
        UserError: a file cannot be read or written, or has a broken row.
    """
    items = read(sources)
    write(items, out)
    return len(items)


def read(sources: Iterable[Path]) -> list[Item]:
    """The items of some CSV files, in their order.

    Raises:
        UserError: each broken row with file, line and reason, the first ten of them.
    """
    items: list[Item] = []
    wrong: list[str] = []
    seen: dict[str, str] = {}
    for source in sources:
        for line, header, cells in _rows(source):
            where = f"{source}:{line}"
            try:
                item = _item(header, cells)
                if item.id in seen:
                    raise ValueError(f"id: {item.id!r} is taken by {seen[item.id]}")
            except ValueError as error:
                wrong.append(f"{where}: {error}")
                continue
            seen[item.id] = where
            items.append(item)
    if wrong:
        named = wrong[:MOST_NAMED]
        if len(wrong) > len(named):
            named.append(f"... and {len(wrong) - len(named)} more")
        rows = "1 broken row" if len(wrong) == 1 else f"{len(wrong)} broken rows"
        raise UserError("\n".join([*named, f"{rows}: nothing was written; mend and try again"]))
    if not items:
        raise UserError("no rows: give at least one CSV file with items")
    return items


def write(items: Iterable[Item], out: Path) -> None:
    """Write a catalogue in one step; `out` is the old file or the new one, never between.

    Raises:
        UserError: it cannot be written; the old file stays.
    """
    if out.suffix == ".csv":
        raise UserError(f"{out}: --out names the catalogue to make, takes such as my.sqlite")
    content = serialize(items)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{out.stem}.", suffix=".sqlite", dir=out.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), 0o644)  # the kiosk reads it under a user of its own
                os.fsync(file.fileno())
            Path(name).replace(out)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(out.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise UserError(
            f"{out}: cannot be written ({error.strerror}); free space or choose another --out"
        ) from None


def _rows(source: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """First line, header and cells of each row; empty lines are left out.

    Raises:
        UserError: it is no UTF-8 CSV file, or its columns are not those of a catalogue.
    """
    try:
        content = source.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{source}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(f"{source}:{line}: not UTF-8 text; save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(source, header)
        while True:
            first = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield first, header, cells
    except csv.Error as error:
        raise UserError(f"{source}:{reader.line_num}: not CSV: {error}") from None


def _check_header(source: Path, header: list[str]) -> None:
    names = [column.name for column in COLUMNS]
    required = [column.name for column in COLUMNS if column.required]
    for name in header:
        if name not in names and title_language(name) is None:
            close = difflib.get_close_matches(name, names, n=1)
            mend = f"did you mean {close[0]!r}?" if close else f"takes {', '.join(names)}"
            raise UserError(f"{source}:1: unknown column {name!r}; {mend}")
        if header.count(name) > 1:
            raise UserError(f"{source}:1: column {name!r} appears twice")
    for name in required:
        if name not in header:
            raise UserError(
                f"{source}:1: column {name!r} is missing; takes at least {', '.join(required)}"
            )


def _item(header: list[str], cells: list[str]) -> Item:
    if len(cells) != len(header):
        raise ValueError(
            f"got {len(cells)} cells, takes {len(header)}, as many as the first line has; "
            "put a cell that holds a comma in double quotes"
        )
    row = dict(zip(header, cells, strict=True))
    values = {column.name: column.value(row.get(column.name, "")) for column in COLUMNS}
    if (values["latitude"] is None) != (values["longitude"] is None):
        raise ValueError("latitude and longitude: takes both, or neither")
    titles = {
        language: TITLE.value(cell)
        for name, cell in row.items()
        if (language := title_language(name)) is not None and cell.strip()
    }
    return Item(**values, titles=titles)  # type: ignore[arg-type]
