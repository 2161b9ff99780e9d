"""Things to do, from a plain text file with one activity a line.

What the words of a line mean is in `activities.csv`: a line takes the first row of which it has a
word, the longest word first, and is left out where that row has no category (work, chores, what is
dangerous) or where it has no word that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from device.catalogue.columns import TITLE
from device.catalogue.imports.delimited import LONGEST_LINE, encoding_of
from device.catalogue.imports.imported import Imported, LeftOut, Progress, id_of
from device.catalogue.imports.meanings import meanings
from device.errors import UserError
from device.values import Item

TAKES = "activities (.txt, one a line)"

NAMES = ("actions.txt", "activities.txt")
"""The file, where the source is a folder."""

_ASIDE = re.compile(
    r"\([^()]*\)?|^general\s|^(?:sitting|standing),"
    r"|,\s*(?:(?:light|moderate) effort|general|sitting|standing|recreational|mild|moderate)\b"
)
"""What a list adds to the name of an activity: examples, codes, how it was measured."""


def recognises(path: Path) -> bool:
    """Whether it is a text file and no table (Excel's "Unicode Text"), or a folder with one."""
    if path.suffix.lower() != ".txt" or not path.is_file():
        return _file_in(path) is not None
    with path.open("rb") as file:
        head = file.readline(LONGEST_LINE).lower()
    return b"\0" not in head and not (b"kind" in head and b"title" in head)


def read(path: Path, progress: Progress) -> Imported:
    """The activities of a file.

    Raises:
        UserError: it cannot be read.
    """
    path = _file_in(path) or path
    encoding = encoding_of(path)
    rows = LeftOut()
    try:
        lines = path.read_text(encoding=encoding).split("\n")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    return Imported(list(_items(lines, path.name, rows)), "activities", rows, LeftOut())


def titled(line: str) -> str:
    """The name of an activity, without examples and codes, and with a capital."""
    name = re.sub(r"\s+,", ",", " ".join(_ASIDE.sub(" ", line).replace("_", "'").split()))
    name = re.sub(r",(?=\S)", ", ", name).strip(" ,.-")
    return name[:1].upper() + name[1:]


def _items(lines: list[str], source: str, rows: LeftOut) -> Iterator[Item]:
    known, seen = meanings("activities"), set()
    for line in lines:
        if not line.strip():
            continue
        name = titled(line)
        found = known.within(name)
        if not found:
            rows.add("no word of it is in activities.csv", line)
            continue
        if not all(row.category for row in found):
            rows.add("work, chores, or dangerous", line)
            continue
        try:
            title = str(TITLE.value(name))
        except ValueError as error:
            rows.add("no title that can be shown", str(error))
            continue
        item_id = id_of("do", title)
        if item_id in seen:
            rows.add("twice in the list", title)
            continue
        seen.add(item_id)
        row = found[0]
        yield Item(
            id=item_id,
            kind="activity",
            title=title,
            category=row.category,
            tags=row.tags,
            minimum_age=row.minimum_age,
            valence=row.valence,
            arousal=row.arousal,
            suits=row.suits,
            stay=row.stay,
            source=source,
        )


def _file_in(path: Path) -> Path | None:
    return next((path / name for name in NAMES if (path / name).is_file()), None)
