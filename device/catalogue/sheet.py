"""Reads a table of items as spreadsheet programs save it.

Excel writes CSV in the separator, the code page and the decimal sign of its country. What has one
meaning only is read, and `notice` says how; anything else is an error that names the separator, the
column or the line.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from device.catalogue.columns import COLUMNS, title_language
from device.errors import UserError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

_NAMES = tuple(column.name for column in COLUMNS)
_BLANK = " \t\r\n\xa0\u200b\ufeff"
_SEP_LINE = re.compile(r"\"?sep=(.?)\"?[,;\t|]*", re.IGNORECASE)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

# Latin text of another encoding or another script looks like this when it is read as Windows-1252:
# control characters, three letters with accents in a row, a sign inside a word or at its start, or
# a capital with an accent that ends a word (Mac OS Roman, DOS).
_LETTER = "A-Za-zÀ-ÖØ-öø-ÿŠšŽžŒœŸ"
_NOT_WESTERN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f]|[À-ÖØ-öø-ÿŠšŽžŒœŸ]{3}|[^\x00-\x7f]{4}"
    rf"|[{_LETTER}][^\x00-\x7f{_LETTER}\xa0\xad´·’‘–—…][{_LETTER}]|[£¥¤¦¨¬¯³¹¼¾÷][{_LETTER}]"
    r"|[A-Za-z][ŠŽŒŸ‚„ˆ‰‡](?![A-ZÀ-Þ])"
)
_PARTLY_UTF8 = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")


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
        lines = list(io.StringIO(self._text(), newline=""))
        before = self._first_line(lines)
        self._reader = csv.reader(
            io.StringIO("".join(lines[before:]), newline=""),
            delimiter=self._separator,
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
            raise ValueError(
                f"got {len(cells)} cells, takes {len(self.columns)}, as many as the first line "
                f"has; they are separated by {SEPARATORS[self._separator]}: put a cell that holds "
                f"{self._separator!r} in double quotes"
            )
        for number, (name, cell) in enumerate(zip(self.columns, cells, strict=True), 1):
            if not name and cell.strip():
                raise ValueError(f"column {number} has no name in the first line, got {cell!r}")
        return {name: cell for name, cell in zip(self.columns, cells, strict=True) if name}

    def note(self, how: str) -> None:
        """Add to `notice`: how something was read."""
        self._notices.append(how)

    def _text(self) -> str:
        try:
            content = self._source.read_bytes()
        except OSError as error:
            raise UserError(f"{self._source}: cannot be read ({error.strerror})") from None
        if content.startswith(_WORKBOOKS):
            raise UserError(
                f"{self._source}:1: a spreadsheet's own format; save it as CSV UTF-8 and build that"
            )
        marks = (name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
        encoding = next(marks, None)
        if encoding is None and len(content) > 1 and 0 in content[:2]:
            encoding = "utf-16-le" if content[1] == 0 else "utf-16-be"  # a column's name is ASCII
        try:
            # A surrogate is refused later, with the name of its column.
            text = content.decode(encoding or "utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            return self._western(content, error.start, encoding)
        if encoding not in (None, "utf-8-sig"):
            self._notices.append(f"as {encoding[:6].upper()}")
        return text

    def _western(self, content: bytes, start: int, encoding: str | None) -> str:
        """The text in Windows-1252, which Excel's "CSV" is in America and in Western Europe."""
        line = len(re.findall(rb"\r\n|\r|\n", content[:start])) + 1
        refusal = UserError(f"{self._source}:{line}: not UTF-8 text; save it as CSV UTF-8")
        if encoding is not None or _PARTLY_UTF8.search(content):
            raise refusal
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise refusal from None
        if _NOT_WESTERN.search(text):
            raise refusal
        example = re.findall(r"[^\s,;|\"]*[^\x00-\x7f][^\s,;|\"]*", text)[0]
        self._notices.append(f"as Windows-1252 ({example!r} in line {line})")
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
        self._separator = max(SEPARATORS, key=lambda separator: _known(first, separator))
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
            raise UserError(f"{self._source}:{line}: not CSV: {reason}") from None
        return None if cells is None else Row(line, cells)

    def _column(self, name: str) -> str:
        """The column that a name in the first line means, such as `id` for `ID`."""
        meant = _meant(name)
        if meant not in _NAMES and title_language(meant) is None:
            return name
        if meant != name:
            self._notices.append(f"{name!r} as {meant!r}")
        return meant

    def _check(self) -> None:
        line = self._before + 1
        for name, column in zip(self._header, self.columns, strict=True):
            if name and column not in _NAMES and title_language(column) is None:
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


def _meant(name: str) -> str:
    """A column's name in the usual spelling: ` Minimum Age` is `minimum_age`."""
    if title_language(name) is not None:
        return name
    base, colon, language = (part.strip(_BLANK) for part in name.partition(":"))
    first, dash, rest = language.partition("-")
    return f"{'_'.join(re.split(r'[ _-]+', base.lower()))}{colon}{first.lower()}{dash}{rest}"


def _known(line: str, separator: str) -> int:
    """How many columns of a catalogue the line names when it is split there."""
    cells = next(csv.reader([line], delimiter=separator), [])
    names = [_meant(cell.strip(_BLANK)) for cell in cells]
    return sum(name in _NAMES or title_language(name) is not None for name in names)
