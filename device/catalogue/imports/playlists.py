"""Playlists with tags, as those of Melon: songs with the tags of the playlists that have them.

Melon's set (https://arena.kakao.com/c/8) has a list of objects with `tags` and `songs` in
`train.json`, and the songs' names, artists and dates in `song_meta.json`. The operator fetches it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from device.catalogue.columns import BY_NAME, TITLE
from device.catalogue.imports.delimited import Broken, count
from device.catalogue.imports.imported import (
    Cells,
    Imported,
    LeftOut,
    Progress,
    popularity,
)
from device.catalogue.imports.tagged import frequent, like
from device.errors import UserError
from device.values import Item

TAKES = "playlists (a folder with train.json and song_meta.json)"

LISTS, SONGS = "train.json", "song_meta.json"

MOST_SONGS = 50_000
"""Songs that are taken: those of most playlists."""


def recognises(path: Path) -> bool:
    """Whether it is a folder of playlists, whole or not."""
    return (path / LISTS).is_file() or (path / SONGS).is_file()


def read(path: Path, progress: Progress) -> Imported:
    """The songs of the playlists of a folder.

    Raises:
        UserError: a file is missing, or is no list of objects.
    """
    rows, cells = LeftOut(), LeftOut()
    lists: Counter[str] = Counter()
    given: defaultdict[str, Counter[str]] = defaultdict(Counter)
    number = 0
    for tags, songs in each_playlist(path / LISTS, count(path / LISTS, rows, "playlist")):
        number += 1
        for song in set(songs):
            lists[song] += 1
            given[song].update(set(tags))
    ranked = sorted(lists.items(), key=lambda each: (-each[1], each[0]))
    for song, _ in ranked[MOST_SONGS:]:
        rows.add(f"not among the {MOST_SONGS} songs of most playlists", song)
    taken = dict(ranked[:MOST_SONGS])
    items = list(_items(path / SONGS, taken, given, rows, cells, progress))
    return Imported(items, f"{number} playlists", rows, cells)


def each_playlist(path: Path, broken: Broken) -> Iterator[tuple[list[str], list[str]]]:
    """The tags and the songs of each playlist; `broken` gets those that are none.

    Raises:
        UserError: the file is no list of objects.
    """
    for number, entry in enumerate(_objects(path), start=1):
        tags, songs = entry.get("tags"), entry.get("songs")
        if not isinstance(tags, list):
            broken(number, f"tags is {tags!r}, not a list")
        elif not isinstance(songs, list):
            broken(number, f"songs is {songs!r}, not a list")
        else:
            yield [str(word) for word in tags], [str(word) for word in songs]


def each_song(path: Path, broken: Broken) -> Iterator[tuple[str, dict[str, Any]]]:
    """The id of each song, and all that the file says of it; `broken` gets those that are none.

    Raises:
        UserError: the file is no list of objects.
    """
    for number, entry in enumerate(_objects(path), start=1):
        if "id" in entry and "song_name" in entry:
            yield str(entry["id"]), entry
        else:
            broken(number, "needs id and song_name")


def artists_of(song: dict[str, Any]) -> str:
    """The names of a song's artists."""
    artists = song.get("artist_name_basket")
    return ", ".join(map(str, artists)) if isinstance(artists, list) else ""


def _items(
    path: Path,
    taken: dict[str, int],
    given: dict[str, Counter[str]],
    rows: LeftOut,
    cells: LeftOut,
    progress: Progress,
) -> Iterator[Item]:
    read, kept = Cells(cells), frequent(given.values())
    most = max(taken.values(), default=0)
    left = dict(taken)
    for done, (song, entry) in enumerate(each_song(path, count(path, rows, "song"))):
        progress(done, None)
        if song not in left:
            continue
        lists = left.pop(song)
        item_id = f"song-{song}"
        try:
            BY_NAME["id"].value(item_id)
            title = str(TITLE.value(str(entry["song_name"])))
        except ValueError as error:
            rows.add("no id or name that can be shown", str(error))
            continue
        likeness = like(given[song], kept, cells, title)
        issued = str(entry.get("issue_date") or "")
        yield Item(
            id=item_id,
            kind="song",
            title=title,
            category=likeness.category,
            tags=likeness.tags,
            creator=str(read.first(item_id, "creator", artists_of(entry))),
            # Zeros are how the set writes that none is known.
            year=read.year(item_id, issued) if issued[:4].strip("0") else None,
            minimum_age=likeness.minimum_age,
            popularity=popularity(lists, most),
            source="playlists",
        )
    for song in left:
        rows.add(f"no name in {path.name}", song)


def _objects(path: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: can't be read as JSON: {error}") from None
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise UserError(f"{path}: takes a JSON list of objects, such as Melon's {path.name}")
    return content
