"""Songs with valence and energy, as tables of Spotify's audio features have them.

A CSV file with the columns `name`, `artist`, `valence` and `energy`, 0 to 1 each, and where it has
them `id`, `release_date`, `popularity` (0 to 100), `tempo` (beats a minute), `genre`, `mood` and
`explicit`. Energy is taken as arousal; both are turned into -1 to 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from device.catalogue.columns import TITLE
from device.catalogue.imports.delimited import Layout, columns_of, count, each_row
from device.catalogue.imports.imported import Cells, Imported, LeftOut, Progress, id_of
from device.catalogue.imports.tagged import of_words
from device.values import Item

TAKES = "songs with valence and energy (.csv with name, artist, valence, energy)"

NEEDED = ("name", "artist", "valence", "energy")
KNOWN = ("release_date", "popularity", "tempo", "genre", "mood", "explicit")

SLOW, FAST = 90, 140
"""Beats a minute: what is below is slow, what is above is fast."""

CSV = Layout((",", ";", "\t"), (), quoted=True)


def recognises(path: Path) -> bool:
    """Whether a file has these columns."""
    return path.suffix.lower() == ".csv" and set(NEEDED) <= set(columns_of(path, CSV))


def read(path: Path, progress: Progress) -> Imported:
    """The songs of a file.

    Raises:
        UserError: it cannot be read.
    """
    rows, cells = LeftOut(), LeftOut()
    items = list(_items(path, rows, cells, progress))
    return Imported(items, "songs with valence and energy", rows, cells)


def _items(path: Path, rows: LeftOut, cells: LeftOut, progress: Progress) -> Iterator[Item]:
    columns = [*NEEDED, *(name for name in KNOWN if name in columns_of(path, CSV))]
    read, seen, broken = Cells(cells), set(), count(path, rows)
    for line, values in each_row(path, columns, CSV, broken, progress=progress):
        row = dict(zip(columns, values, strict=True))
        try:
            valence, arousal = (_both_ways(name, row[name]) for name in ("valence", "energy"))
        except ValueError as error:
            broken(line, str(error))
            continue
        try:
            title = str(TITLE.value(row["name"]))
        except ValueError as error:
            rows.add("no title that can be shown", f"line {line}: {error}")
            continue
        artist = str(read.first(title, "creator", row["artist"]))
        item_id = id_of("song", title, artist)
        if item_id in seen:
            rows.add("twice in the list", f"{title}, {artist}")
            continue
        seen.add(item_id)
        likeness = of_words(list(_words(row)), cells, title)
        fame = row.get("popularity", "")
        yield Item(
            id=item_id,
            kind="song",
            title=title,
            category=likeness.category,
            tags=likeness.tags,
            creator=artist,
            year=read.year(title, row.get("release_date", "")),
            minimum_age=18 if row.get("explicit", "").lower() in ("true", "1") else 0,
            popularity=int(fame) / 100 if fame.isdecimal() and int(fame) <= 100 else None,
            valence=valence,
            arousal=arousal,
            source=path.name,
        )


def _both_ways(name: str, text: str) -> float:
    """-1 to 1, of a text from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ValueError(f"{name} is {text!r}, takes a number from 0 to 1")
    return round(2 * number - 1, 3)


def _words(row: dict[str, str]) -> Iterator[str]:
    yield from filter(None, (row.get("genre", ""), row.get("mood", "")))
    try:
        tempo = float(row.get("tempo", ""))
    except ValueError:
        return
    if 0 < tempo < SLOW:
        yield "slow"
    elif tempo > FAST:
        yield "fast"
