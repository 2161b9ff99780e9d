"""Builds the catalogue that the kiosk reads from CSV files, or lists their mistakes.

Guarantees: with one broken row nothing is written and the old file stays. A new file is written
beside the old one, synced and renamed in one step, so that a reader or a power cut sees one of the
two. The same rows make the same bytes.
"""

from __future__ import annotations

import csv
import io
import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from device.catalogue.columns import COLUMNS, title_in, title_language
from device.catalogue.sheet import Sheet
from device.catalogue.store import SOURCE_SUFFIXES, TAG_SEPARATOR, is_replaceable, serialize
from device.errors import UserError
from device.values import Item

log = logging.getLogger(__name__)

MOST_NAMED = 10
"""Broken rows that are named; of the rest only the number."""

NUMBERS = tuple(column.name for column in COLUMNS if column.type == "number")
"""Columns that may have a decimal comma."""


def build(sources: Iterable[Path], out: Path, tell: Callable[[str], None] = log.warning) -> int:
    """Make a catalogue of these CSV files and return how many items it holds.

    tell: takes each notice of `read`.

    Raises:
        UserError: a file cannot be read or written, or has a broken row.
    """
    items = read(sources, tell)
    write(items, out)
    return len(items)


def read(sources: Iterable[Path], tell: Callable[[str], None] = log.warning) -> list[Item]:
    """The items of some CSV files, in their order.

    tell: takes a line for each file that was read in another way than CSV UTF-8 is.

    Raises:
        UserError: each broken row with file, line and reason, the first ten of them.
    """
    items: list[Item] = []
    wrong: list[str] = []
    seen: dict[str, str] = {}
    for source in sources:
        sheet = Sheet(source)
        commas: dict[str, None] = {}
        empty = True
        for row in sheet.rows():
            empty = False
            where = f"{source}:{row.line}"
            try:
                values = sheet.values(row)
                item = _item(values)
                if item.id in seen:
                    raise ValueError(f"id: {item.id!r} is taken by {seen[item.id]}")
            except ValueError as error:
                wrong.append(f"{where}: {error}")
                continue
            seen[item.id] = where
            items.append(item)
            commas |= dict.fromkeys(name for name in NUMBERS if "," in values.get(name, ""))
        if empty:
            sheet.note("without a row of items")
        if commas:
            sheet.note(f"with decimal commas in {', '.join(commas)}")
        if sheet.notice:
            tell(sheet.notice)
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
        UserError: it cannot be written, or is something else than a catalogue; the old file stays.
    """
    if out.suffix.lower() in SOURCE_SUFFIXES:
        raise UserError(f"{out}: --out names the catalogue to make, takes such as my.sqlite")
    if not is_replaceable(out):
        raise UserError(f"{out}: cannot be written: it is no catalogue; choose another --out")
    _replace(out, serialize(items))


def write_table(items: Iterable[Item], out: Path) -> None:
    """Write a CSV file that people can edit and `build` reads; it never replaces anything.

    Raises:
        UserError: something is there already, or it cannot be written.
    """
    items = list(items)
    if out.exists():
        raise UserError(f"{out}: is there already, and may hold what people wrote; choose another")
    columns = [column.name for column in COLUMNS]
    languages = sorted({language for item in items for language in item.titles})
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*columns, *(f"title:{language}" for language in languages)])
    for item in items:
        titles = (item.titles.get(language, "") for language in languages)
        rows.writerow([*(_cell(getattr(item, name)) for name in columns), *titles])
    _replace(out, text.getvalue().encode())


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return TAG_SEPARATOR.join(value)
    return "" if value is None else str(value)


def _replace(out: Path, content: bytes) -> None:
    """Write a file beside `out`, and rename it."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{out.stem}.", suffix=out.suffix, dir=out.parent)
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


_EMPTY = {column.name: column.empty for column in COLUMNS}

_READ = {column.name: lru_cache(1024)(column.value) for column in COLUMNS}
"""Cells are read once for each text: most columns have few different ones."""


def _item(row: Mapping[str, str]) -> Item:
    values = dict(_EMPTY)
    for column in COLUMNS:  # most cells of a wide table are empty
        if column.required or row.get(column.name):
            values[column.name] = _READ[column.name](row.get(column.name, ""))
    for one, other in (("latitude", "longitude"), ("valence", "arousal")):
        if (values[one] is None) != (values[other] is None):
            raise ValueError(f"{one} and {other}: takes both, or neither")
    titles = {
        language: title
        for name, cell in row.items()
        if cell
        and (language := title_language(name)) is not None
        and (title := title_in(name).value(cell))
    }
    return Item(**values, titles=titles)  # type: ignore[arg-type]
