"""Reads a table of items as spreadsheet programs save it.

Excel writes CSV in the separator, the code page and the decimal sign of its country. What has one
meaning only is read, and `notice` says how; anything else is an error that names the separator, the
column or the line.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from device.catalogue.code_pages import NotTextError, text_of
from device.catalogue.columns import COLUMNS, translation
from device.errors import UserError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

MOST_BEFORE = 1000
"""Lines among which that with the names of the columns is looked for."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")

_NAMES = tuple(column.name for column in COLUMNS)
_BLANK = " \t\r\n\xa0\u200b\ufeff"
_SEP_LINE = re.compile(r"\"?sep=(.?)\"?[,;\t|]*", re.IGNORECASE)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"<")
"""How .xlsx, .ods and .numbers begin, .xls, and the XML or HTML that is also called .xls."""

_GARBLED = re.compile(
    "\ufffd|â€|[ÂÃ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"  # a lost letter; UTF-8 read as another
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is written. line: its first one in the file, 1 the first."""

    line: int
    cells: list[str]


class Sheet:
    """A table in a file. columns: its known columns, in order."""

    def __init__(self, source: Path) -> None:
        """Read a file and its first line.

        Raises:
            UserError: it cannot be read, is no table, or has columns that no catalogue has.
        """
        self._source = source
        self._notices: list[str] = []
        text = self._text()
        before = self._first_line(list(islice(_lines(text), MOST_BEFORE)))
        self._reader = csv.reader(
            islice(_lines(text), before, None),
            delimiter=self._separator,
            skipinitialspace=True,  # of `a, "b, c"`
            strict=True,
        )
        self._before = before
        row = self._next()
        self._header = [cell.strip(_BLANK) for cell in (row.cells if row else [])]
        while self._header and not self._header[-1]:
            self._header.pop()
        if row is not None and (empty := len(row.cells) - len(self._header)):
            self._notices.append(f"without {empty} empty column{'s' * (empty > 1)}")
        self.columns = [self._column(name) for name in self._header]
        self._check()

    @property
    def notice(self) -> str:
        """How the file was read, where that is not the usual way; empty: as usual."""
        return f"{self._source}: read {', '.join(self._notices)}" if self._notices else ""

    def rows(self) -> Iterator[Row]:
        """The rows; empty ones are left out.

        Raises:
            UserError: a quote that is not closed or not where it may be.
        """
        while (row := self._next()) is not None:
            if any(cell.strip() for cell in row.cells):
                yield row

    def values(self, row: Row) -> dict[str, str]:
        """The cells of a row by column.

        Raises:
            ValueError: more or fewer cells than columns, or a cell in a column without a name.
        """
        cells = list(row.cells)
        while len(cells) > len(self.columns) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(self.columns):
            got = f"{len(cells)} cells" if len(cells) > 1 else f"1 cell, {cells[0][:40]!r}"
            raise ValueError(
                f"got {got}, takes {len(self.columns)}, as many as the first line "
                f"has; they are separated by {SEPARATORS[self._separator]}: put a cell that holds "
                f"{self._separator!r} in double quotes"
            )
        values = dict(zip(self.columns, cells, strict=True))
        if "" in values:
            for number, (name, cell) in enumerate(zip(self.columns, cells, strict=True), 1):
                if not name and cell.strip():
                    raise ValueError(f"column {number} has no name in the first line, got {cell!r}")
            del values[""]
        return values

    def note(self, how: str) -> None:
        """Add to `notice`: how something was read."""
        self._notices.append(how)

    def _text(self) -> str:
        try:
            content = self._source.read_bytes()
        except OSError as error:
            raise UserError(f"{self._source}: cannot be read ({error.strerror})") from None
        if content.removeprefix(codecs.BOM_UTF8).lstrip().startswith(_WORKBOOKS):
            raise UserError(
                f"{self._source}:1: a spreadsheet's own format; save it as CSV UTF-8 and build that"
            )
        try:
            text, how = text_of(content)
        except NotTextError as error:
            raise UserError(f"{self._source}:{error.line}: {error}") from None
        if how:
            self._notices.append(how)
        if (garbled := _GARBLED.search(text)) is not None:
            line = len(re.findall(r"\r\n|\r|\n", text[: garbled.start()])) + 1
            self._notices.append(f"with letters that look lost in line {line}")
        return text

    def _first_line(self, lines: list[str]) -> int:
        """How many lines stand before that of the names; finds the separator.

        Excel reads the separator from a line such as `sep=;` before them.
        """
        before = 0
        told = ""
        while before < len(lines):
            line = lines[before].strip(_BLANK)
            match = _SEP_LINE.fullmatch(line)
            if match is None and line.strip(",;|"):
                break
            told = match[1] if match else told
            before += 1
        first = lines[before] if before < len(lines) else ""
        self._separator = _separator(first)
        if not _known(first, self._separator):
            for number, line in enumerate(lines[before : before + 20], before + 1):
                if _known(line, _separator(line)) > 2:
                    raise UserError(
                        f"{self._source}:{number}: the names of the columns, which must be in the "
                        "first line; delete the lines before them"
                    )
        if self._separator != "," or told:
            self._notices.append(f"separated by {SEPARATORS[self._separator]}")
        other = max(
            sorted({c for c in first if not c.isalnum() and c not in '_"\r\n'} | {","}),
            key=lambda separator: _known(first, separator),
        )
        if _known(first, other) > max(1, _known(first, self._separator)):
            raise UserError(
                f"{self._source}:{before + 1}: columns are separated by {other!r}; takes a comma, "
                "a semicolon, a tab or |"
            )
        return before

    def _next(self) -> Row | None:
        line = self._before + self._reader.line_num + 1
        try:
            cells = next(self._reader, None)
        except csv.Error as error:
            reason = str(error)
            if reason == "unexpected end of data":
                reason = "a double quote that opens a cell is never closed"
            elif "expected after" in reason:
                reason = "after the double quote that closes a cell; write one inside a cell twice"
            raise UserError(f"{self._source}:{line}: not CSV: {reason}") from None
        return None if cells is None else Row(line, cells)

    def _column(self, name: str) -> str:
        """The column that a name in the first line means, such as `id` for `ID`."""
        meant = _meant(name)
        if meant not in _NAMES and translation(meant) is None:
            return name
        if meant != name:
            self._notices.append(f"{name!r} as {meant!r}")
        return meant

    def _check(self) -> None:
        line = self._before + 1
        for name, column in zip(self._header, self.columns, strict=True):
            if name and column not in _NAMES and translation(column) is None:
                if _known(name, _separator(name)) > 1:
                    raise UserError(
                        f"{self._source}:{line}: {name!r} is one cell, takes a cell for each name "
                        f"of a column; cells are separated by {SEPARATORS[self._separator]}"
                    )
                close = difflib.get_close_matches(_meant(name), _NAMES, n=1)
                mend = f"did you mean {close[0]!r}?" if close else f"takes {', '.join(_NAMES)}"
                raise UserError(f"{self._source}:{line}: unknown column {name!r}; {mend}")
            if name and self.columns.count(column) > 1:
                raise UserError(f"{self._source}:{line}: column {column!r} appears twice")
        required = [column.name for column in COLUMNS if column.required]
        for name in required:
            if name not in self.columns:
                raise UserError(
                    f"{self._source}:{line}: column {name!r} is missing; takes at least "
                    f"{', '.join(required)}"
                )


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, one by one: a large table is in memory once."""
    return (match[0] for match in _LINE.finditer(text))


def _meant(name: str) -> str:
    """A column's name in the usual spelling: ` Minimum Age` is `minimum_age`."""
    if translation(name) is not None:
        return name
    base, colon, language = (part.strip(_BLANK) for part in name.partition(":"))
    first, dash, rest = language.partition("-")
    return f"{'_'.join(re.split(r'[ _-]+', base.lower()))}{colon}{first.lower()}{dash}{rest}"


def _separator(line: str) -> str:
    """The separator at which the line names most columns."""
    return max(SEPARATORS, key=lambda separator: _known(line, separator))


def _known(line: str, separator: str) -> int:
    """How many columns of a catalogue the line names when it is split there."""
    cells = next(csv.reader([line], delimiter=separator, skipinitialspace=separator != " "), [])
    names = [_meant(cell.strip(_BLANK)) for cell in cells]
    return sum(name in _NAMES or translation(name) is not None for name in names)
