"""Last.fm of HetRec 2011: artists, who listens to them, and the tags that users gave them.

Cantador, Brusilovsky and Kuflik, "2nd workshop on information heterogeneity and fusion in
recommender systems", RecSys 2011; https://grouplens.org/datasets/hetrec-2011/. The operator fetches
the data. An item is an artist, of the kind `song`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from device.catalogue.columns import TITLE
from device.catalogue.imports.delimited import Layout, count, each_row, encoding_of
from device.catalogue.imports.imported import (
    Cells,
    Imported,
    LeftOut,
    Progress,
    is_number,
    popularity,
)
from device.catalogue.imports.tagged import frequent, like
from device.errors import UserError
from device.values import Item

TAKES = "Last.fm of HetRec 2011 (a folder with artists.dat)"

ARTISTS, TAGS, TAGGED, LISTENERS = (
    "artists.dat", "tags.dat", "user_taggedartists.dat", "user_artists.dat"
)  # fmt: skip

TABS = Layout(("\t",))


def recognises(path: Path) -> bool:
    """Whether it is a folder of Last.fm, whole or not."""
    return any((path / name).is_file() for name in (ARTISTS, TAGGED, LISTENERS))


def read(path: Path, progress: Progress) -> Imported:
    """The artists of a folder.

    Raises:
        UserError: a file is missing or cannot be read.
    """
    for name in (ARTISTS, TAGS, TAGGED, LISTENERS):
        if not (path / name).is_file():
            raise UserError(f"{path}: {name} is missing; Last.fm of HetRec 2011 has it there")
    rows, cells = LeftOut(), LeftOut()
    items = list(_items(path, rows, cells, progress))
    return Imported(items, "Last.fm of HetRec 2011", rows, cells)


def _items(path: Path, rows: LeftOut, cells: LeftOut, progress: Progress) -> Iterator[Item]:
    listeners: Counter[str] = Counter()
    pairs = ("userID", "artistID")
    for _, (_, artist) in each_row(path / LISTENERS, pairs, TABS, count(path / LISTENERS, rows)):
        listeners[artist] += 1
    names = _named(path / TAGS, ("tagID", "tagValue"), rows)
    given: defaultdict[str, Counter[str]] = defaultdict(Counter)
    wanted, broken = ("artistID", "tagID"), count(path / TAGGED, rows)
    for _, (artist, tag) in each_row(path / TAGGED, wanted, TABS, broken, progress=progress):
        if tag in names:
            given[artist][names[tag]] += 1
    kept, most, read = frequent(given.values()), max(listeners.values(), default=0), Cells(cells)
    seen: set[str] = set()
    broken, columns = count(path / ARTISTS, rows), ("id", "name", "url")
    for line, (number, name, url) in each_row(path / ARTISTS, columns, TABS, broken):
        item_id = f"lastfm-{number}"
        if not is_number(number) or item_id in seen:
            broken(line, f"id is {number!r}, not a number of its own")
            continue
        seen.add(item_id)
        try:
            title = str(TITLE.value(name))
        except ValueError as error:
            rows.add("no name that can be shown", f"{item_id}: {error}")
            continue
        likeness = like(given[number], kept, cells, title)
        yield Item(
            id=item_id,
            kind="song",
            title=title,
            category=likeness.category,
            tags=likeness.tags,
            minimum_age=likeness.minimum_age,
            popularity=popularity(listeners[number], most),
            link=str(read.first(item_id, "link", url.replace("http://", "https://", 1))),
            source="Last.fm, HetRec 2011",
        )


def _named(path: Path, wanted: tuple[str, str], rows: LeftOut) -> dict[str, str]:
    found = each_row(path, wanted, TABS, count(path, rows), encoding=encoding_of(path))
    return {number: name for _, (number, name) in found}
