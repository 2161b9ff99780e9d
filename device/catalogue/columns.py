"""The columns of a catalogue's CSV: what each holds and how a cell is checked.

This one table makes the parser, the messages and the table in `docs/catalogue.md`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePosixPath
from unicodedata import category, normalize
from urllib.parse import quote, urlsplit

from device.catalogue.hours import parse_hours
from device.catalogue.store import TAG_SEPARATOR
from device.errors import quoted
from device.values import ACCESS, GUESTS, KINDS

MOST_IN_A_CODE = 1000
"""Bytes of a link in a QR code: with more, three cards on a large screen show none."""

_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab and line ends, and lone surrogates; marks and joiners are text."""

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe0e\ufe0f")
"""Letters and marks that show nothing, and so does whatever Unicode calls a format or a space."""

_FAILED = re.compile(r"#(?:N/[AD]|NV|[¡¿]?[A-ZÀ-Þ/0-9]{3,}[!?])|#{3,}|Err:[0-9]{3}")
"""What a spreadsheet shows where a formula fails, in any language, or a column is too narrow."""

Value = str | int | float | datetime | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. read: from the text of a cell, never empty, to its value, or a `ValueError`."""

    name: str
    type: str
    about: str
    takes: str
    read: Callable[[str], Value]
    required: bool = False
    empty: Value = ""

    def value(self, cell: str) -> Value:
        """The value of a cell.

        Raises:
            ValueError: not what this column takes; the message names both.
        """
        if not cell and not self.required:  # most cells of a wide table are
            return self.empty
        if not cell.isprintable() and (wrong := _NO_TEXT.search(cell)) is not None:
            raise ValueError(
                f"{self.name}: got {quoted(cell)}, takes text without control characters and "
                f"halves of characters, such as U+{ord(wrong[0]):04X}"
            )
        text = " ".join(cell.split())
        if text.startswith(("#", "Err:")) and _FAILED.fullmatch(text):
            raise ValueError(
                f"{self.name}: got {quoted(text)}, an error of the spreadsheet; mend it there"
            )
        if not text or (not text.isascii() and all(map(_shows_nothing, text))):
            if self.required:
                raise ValueError(f"{self.name} is empty, takes {self.takes}")
            return self.empty
        try:
            return self.read(text)
        except ValueError as error:
            because = f" ({error})" if isinstance(error, ExplainedError) else ""
            raise ValueError(
                f"{self.name}: got {quoted(text)}, takes {self.takes}{because}"
            ) from None


def _shows_nothing(letter: str) -> bool:
    return category(letter) in ("Cf", "Zs") or letter in _FILLERS


class ExplainedError(ValueError):
    """What is wrong is not obvious; the message says it."""


def _pattern(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError
        return text

    return read


_SIGN = r"[-+\N{MINUS SIGN}]?"  # float and int read the first two


def _whole(least: int, most: int) -> Callable[[str], int]:
    digits = _pattern(rf"{_SIGN}[0-9]+(?:[.,]0{{1,2}})?")  # 1994.0 where a column has empty cells

    def read(text: str) -> int:
        number = int(re.split("[.,]", digits(text).replace("\N{MINUS SIGN}", "-"))[0])
        if not least <= number <= most:
            raise ValueError
        return number

    return read


def _number(least: float, most: float) -> Callable[[str], float]:
    digits = _pattern(rf"{_SIGN}[0-9]+(?:[.,][0-9]+)?")

    def read(text: str) -> float:
        number = float(digits(text).replace(",", ".").replace("\N{MINUS SIGN}", "-"))
        if not least <= number <= most:
            raise ValueError
        return number

    return read


def _text(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > longest:
            raise ValueError
        return text

    return read


def _one_of(known: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError
        return text

    return read


def _guests(text: str) -> tuple[str, ...]:
    """In the order of `GUESTS`, each once."""
    named = {part.strip().lower() for part in text.split(TAG_SEPARATOR)} - {""}
    if named - set(GUESTS):
        raise ValueError
    return tuple(guest for guest in GUESTS if guest in named)


_TAG = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?")


def _tags(text: str) -> tuple[str, ...]:
    """Lower case, words joined by `-`, each once, in the order they are written."""
    return tuple(dict.fromkeys(filter(None, map(_tag, text.split(TAG_SEPARATOR)))))


@lru_cache(4096)  # a million items share a few hundred
def _tag(text: str) -> str:
    name = text.strip().lower().replace(" ", "-")
    if not _TAG.fullmatch(name):
        raise ValueError
    return name


@lru_cache(4096)  # branches of a chain share their hours
def _hours(text: str) -> str:
    try:
        parse_hours(text)
    except ValueError as error:
        raise ExplainedError(str(error)) from None
    return text


def _link(text: str) -> str:
    """An address of which the page makes a QR code: a browser must understand it."""
    parts = urlsplit(text)
    if " " in text or len(text) > 300:
        raise ValueError
    if parts.scheme in ("https", "http"):
        _check_host(parts.hostname or "")
        _ = parts.port  # raises a ValueError where it is none
    elif parts.scheme == "geo":
        _check_place(parts.path)
    else:
        raise ValueError
    if category(text[-1]) == "Cf":
        raise ExplainedError(f"ends with a character that is not seen, U+{ord(text[-1]):04X}")
    if len(quote(text, safe=string.printable)) > MOST_IN_A_CODE:
        raise ExplainedError(
            "its QR code would be too fine: other letters than a to z take 6 to 12"
        )
    return text


def _check_place(path: str) -> None:
    """Raise an `ExplainedError` unless it is at most latitude, longitude, height (RFC 5870)."""
    bounds = ((-90, 90), (-180, 180), (-1000, 10_000))
    numbers = path.partition(";")[0].split(",")
    try:
        for number, (least, most) in zip(numbers, bounds[: len(numbers)], strict=True):
            _number(least, most)(number)
    except ValueError:
        raise ExplainedError("a place is such as geo:60.17,24.94") from None


def _check_host(name: str) -> None:
    """Raise a `ValueError` if a browser takes this for no host (url.spec.whatwg.org, "host")."""
    if not name or re.search(r"[\x00-\x20#%/<>?@\[\\\]^|\x7f]", name):
        raise ValueError
    if ":" in name:
        IPv6Address(name)
    elif re.search(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", name):
        IPv4Address(name)
    else:
        name.encode("idna").decode("idna")


def _time(text: str) -> datetime:
    """A time without an offset stays naive: whoever knows the place makes it one of its zone."""
    time = datetime.fromisoformat(text)
    if not 1970 < time.year < 2200:
        raise ValueError
    return time


def _picture(text: str) -> str:
    path = PurePosixPath(text)
    known = path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")
    if not known or path.is_absolute() or ".." in path.parts or ":" in text or "\\" in text:
        raise ValueError
    return normalize("NFC", text)  # as `picture_files` spells the names of files


COLUMNS = (
    Column("id", "text", "names the item for good; unique over all files",
           "lower-case letters, digits and -, at most 64",
           _pattern(r"[a-z0-9][a-z0-9-]{0,63}"), required=True),
    Column("kind", "text", "what it is", ", ".join(KINDS), _one_of(KINDS),
           required=True),
    Column("title", "text", "shown on the card",
           "text of at most 120 characters; `title:fi` and the like hold it in other languages",
           _text(120), required=True),
    Column("category", "text", "used by the rules and the historical presets",
           "lower-case letters, digits, spaces, &, -, / and _",
           _pattern(r"[a-z0-9](?:[a-z0-9 &/_-]{0,62}[a-z0-9])?"), required=True),
    Column("tags", "list", "what it is like; the order is that of the reasons on the card",
           "words joined by -, separated by ;", _tags, empty=()),
    Column("creator", "text", "director, artist or maker",
           "text of at most 120 characters", _text(120)),
    Column("year", "integer", "when it came out", "a whole number from 1000 to 2100",
           _whole(1000, 2100), empty=None),
    Column("latitude", "number", "degrees, WGS 84; with longitude or not at all",
           "a number from -90 to 90, such as 60.17", _number(-90, 90), empty=None),
    Column("longitude", "number", "degrees, WGS 84; with latitude or not at all",
           "a number from -180 to 180, such as 24.94", _number(-180, 180), empty=None),
    Column("address", "text", "where it is, in words", "text of at most 200 characters",
           _text(200)),
    Column("hours", "text", "opening hours in local time",
           "OpenStreetMap's opening_hours, such as `Tu-Su 09:00-17:00`", _hours),
    Column("price", "text", "what it costs, in words", "text of at most 60 characters", _text(60)),
    Column("minimum_age", "integer", "years; 0 suits all ages", "a whole number from 0 to 99",
           _whole(0, 99), empty=0),
    Column("popularity", "number", "within its kind", "a number from 0 to 1, such as 0.5",
           _number(0, 1), empty=None),
    Column("link", "text", "what the card's QR code opens, unless it is the way there",
           "an https:, http: or geo: address of at most 300 characters", _link),
    Column("picture", "text", "what the card shows: a file below `display.pictures`",
           "a relative path to a .jpg, .png or .webp file", _picture),
    Column("stay", "integer", "minutes that people usually stay", "a whole number from 1 to 1440",
           _whole(1, 1440), empty=None),
    Column("begins", "time", "when it begins; events take both times, other kinds neither",
           "a time such as 2026-12-01T19:00, or with its offset from UTC", _time,
           empty=None),
    Column("ends", "time", "when it is over", "a time such as 2026-12-01T21:00, later than begins",
           _time, empty=None),
    Column("series", "text", "equal for the dates of a repeating event: the next one is shown",
           "lower-case letters, digits and -, at most 64",
           _pattern(r"[a-z0-9][a-z0-9-]{0,63}")),
    Column("suits", "list", "for whom it is; empty: not known",
           f"{', '.join(GUESTS)}, separated by ;", _guests, empty=()),
    Column("valence", "number", "the mood it suits, unpleasant to pleasant; with arousal or not at "
           "all", "a number from -1 to 1", _number(-1, 1), empty=None),
    Column("arousal", "number", "the mood it suits, quiet to stirring; with valence or not at all",
           "a number from -1 to 1", _number(-1, 1), empty=None),
    Column("wheelchair", "text", "whether a wheelchair gets in", ", ".join(ACCESS),
           _one_of(ACCESS), empty=None),
    Column("wikidata", "text", "its item in Wikidata", "Q and a number, such as `Q1757`",
           _pattern(r"Q[1-9][0-9]{0,15}")),
    Column("source", "text", "where these facts come from", "text of at most 300 characters",
           _text(300), required=True),
    Column("credit", "text", "what its licence wants to be shown beside it",
           "text of at most 120 characters", _text(120)),
    Column("about", "text", "two lines about it, on the opened card",
           "text of at most 160 characters; `about:fi` and the like hold it in other languages",
           _text(160)),
)  # fmt: skip


BY_NAME = {column.name: column for column in COLUMNS}

OF_EVENTS = ("begins", "ends", "series")
"""Columns that are empty for any other kind."""

TITLE = BY_NAME["title"]

TRANSLATED = {"title": "titles", "about": "abouts"}
"""Columns that may be there in several languages, and where an `Item` has the others."""

_TRANSLATION = re.compile(rf"({'|'.join(TRANSLATED)}):([a-z]{{2,3}}(?:-[A-Za-z]{{2,4}})?)")


@cache
def translation(name: str) -> tuple[str, str] | None:
    """Column and language of a name such as `title:fi`; None: it is none of these."""
    match = _TRANSLATION.fullmatch(name)
    return (match[1], match[2]) if match else None


@cache
def column_in(name: str) -> Column:
    """The column of a name such as `title:fi`: like `title`, but may be empty."""
    return replace(BY_NAME[name.partition(":")[0]], name=name, required=False)


def table() -> str:
    """The columns as a Markdown table, as `docs/catalogue.md` holds it."""
    lines = ["| column | type | must | holds | takes |", "|---|---|---|---|---|"]
    for column in COLUMNS:
        must = "yes" if column.required else ""
        lines.append(
            f"| `{column.name}` | {column.type} | {must} | {column.about} | {column.takes} |"
        )
    return "\n".join(lines)
