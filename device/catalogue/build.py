"""Builds the catalogue that the kiosk reads from CSV files, or lists their mistakes.

Guarantees: with one broken row nothing is written and the old file stays. A new file is written
beside the old one, synced and renamed in one step, so that a reader or a power cut sees one of the
two. The same rows make the same bytes.
"""

from __future__ import annotations

import csv
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import tzinfo
from pathlib import Path

import numpy as np

from device.catalogue.columns import COLUMNS, OF_EVENTS, TRANSLATED
from device.catalogue.network import SUFFIX, Network, join
from device.catalogue.rows import item_of
from device.catalogue.sheet import Sheet
from device.catalogue.store import SOURCE_SUFFIXES, TAG_SEPARATOR, fill, is_replaceable
from device.errors import UserError
from device.replacing import replacing
from device.values import Item

log = logging.getLogger(__name__)

MOST_NAMED = 10
"""Broken rows that are named; of the rest only the number."""

CACHE_KIB = 64 * 1024
"""Pages of the file that is written that stay in memory: the index of two million ids fits."""

NUMBERS = tuple(column.name for column in COLUMNS if column.type == "number")
"""Columns that may have a decimal comma."""


def build(
    sources: Iterable[Path],
    out: Path,
    tell: Callable[[str], None] = log.warning,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
    zone: tzinfo | None = None,
) -> int:
    """Make a catalogue of these CSV and `.footways` files and return how many items it holds.

    tell, zone: as of `read`. progress: takes how many items are written, and None.

    Raises:
        UserError: a file cannot be read or written, or has a broken row.
    """
    tables: list[Path] = []
    footways: list[Path] = []
    for source in sources:
        (footways if is_footways(source) else tables).append(source)
    count = 0

    def counted() -> Iterator[Item]:
        nonlocal count
        for item in each_item(tables, tell, zone):
            yield item
            count += 1
            if count % 1000 == 0:
                progress(count, None)

    write(counted(), out, join(map(Network.read, footways)))
    return count


def is_footways(path: Path) -> bool:
    """Whether a file holds footways, by its name."""
    return path.suffix.lower() == SUFFIX


def read(
    sources: Iterable[Path],
    tell: Callable[[str], None] = log.warning,
    zone: tzinfo | None = None,
) -> list[Item]:
    """The items of some CSV files, in their order.

    tell: takes a line for each file that was read in another way than CSV UTF-8 is. zone: of times
    without an offset from UTC; None: each must have one.

    Raises:
        UserError: each broken row with file, line and reason, the first ten of them.
    """
    return list(each_item(sources, tell, zone))


def each_item(
    sources: Iterable[Path], tell: Callable[[str], None], zone: tzinfo | None = None
) -> Iterator[Item]:
    """The items as `read` gives them, one by one, so that a large table need not fit into memory.

    Raises:
        UserError: as `read` does, after the last item.
    """
    wrong = _Wrong()
    count = 0
    lines_of: list[tuple[Path, dict[str, int]]] = []
    for source in sources:
        sheet = Sheet(source)
        lines: dict[str, int] = {}
        lines_of.append((source, lines))
        commas: dict[str, None] = {}
        numbers = [name for name in NUMBERS if name in sheet.columns]
        empty = True
        for row in sheet.rows():
            empty = False
            try:
                values = sheet.values(row)
                item = item_of(values, zone)
                for other, taken in lines_of:
                    if item.id in taken:
                        at = f"{other}:{taken[item.id]}"
                        raise ValueError(f"id: {item.id!r} is taken by {at}")
            except ValueError as error:
                wrong.add(f"{source}:{row.line}: {error}")
                continue
            lines[item.id] = row.line
            count += 1
            commas |= dict.fromkeys(name for name in numbers if "," in values[name])
            yield item
        if empty:
            sheet.note("without a row of items")
        if commas:
            sheet.note(f"with decimal commas in {', '.join(commas)}")
        if sheet.notice:
            tell(sheet.notice)
    wrong.tell()
    if not count:
        raise UserError("no rows: give at least one CSV file with items")


class _Wrong:
    """Broken rows: their number, and the first of them."""

    def __init__(self) -> None:
        self._count = 0
        self._named: list[str] = []

    def add(self, line: str) -> None:
        self._count += 1
        if self._count <= MOST_NAMED:
            self._named.append(line)

    def tell(self) -> None:
        """Raise a `UserError` if there is one."""
        if not self._count:
            return
        more = self._count - len(self._named)
        rows = "1 broken row" if self._count == 1 else f"{self._count} broken rows"
        raise UserError(
            "\n".join(
                [
                    *self._named,
                    *([f"... and {more} more"] if more else []),
                    f"{rows}: nothing was written; mend and try again",
                ]
            )
        )


def write(items: Iterable[Item], out: Path, footways: Network | None = None) -> None:
    """Write a catalogue in one step; `out` is the old file or the new one, never between.

    Raises:
        UserError: it cannot be written, or is something else than a catalogue; the old file stays.
    """
    if out.suffix.lower() in SOURCE_SUFFIXES:
        raise UserError(f"{out}: --out names the catalogue to make, takes such as my.sqlite")
    if not is_replaceable(out):
        raise UserError(f"{out}: cannot be written: it is no catalogue; choose another --out")
    with replacing(out) as path, closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = OFF")  # a file that is not complete is thrown away
        file.execute("PRAGMA synchronous = OFF")  # it is synced before it is renamed
        file.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        fill(file, items, footways)


def write_table(items: Iterable[Item], out: Path, footways: Network | None = None) -> list[Path]:
    """Write a CSV file that people can edit and `build` reads, and the footways beside it.

    Neither replaces anything. Without events the table has no columns of theirs. Returns the files
    that were written.

    Raises:
        UserError: something is there already, or it cannot be written.
    """
    items = list(items)
    written = [out] if footways is None else [out, out.with_suffix(SUFFIX)]
    for path in written:
        if path.exists():
            raise UserError(
                f"{path}: is there already, and may hold what people wrote; choose another"
            )
    kinds = {item.kind for item in items}
    some = {c.name for c in COLUMNS if c.name not in OF_EVENTS or "event" in kinds}
    if not any(item.about or item.abouts for item in items):
        some.remove("about")
    columns = [column.name for column in COLUMNS if column.name in some]
    translated = [
        (name, others, language)
        for name, others in TRANSLATED.items()
        for language in sorted({code for item in items for code in getattr(item, others)})
    ]
    with replacing(out) as path, path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*columns, *(f"{name}:{language}" for name, _, language in translated)])
        for item in items:
            texts = (getattr(item, others).get(language, "") for _, others, language in translated)
            rows.writerow([*(_cell(getattr(item, name)) for name in columns), *texts])
    if footways is not None:
        with replacing(written[1]) as path:
            path.write_bytes(footways.encode())
    return written


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return TAG_SEPARATOR.join(value)
    if isinstance(value, float):
        return np.format_float_positional(value, trim="0")  # not 1e-05, which no cell may hold
    return "" if value is None else str(value)
