"""Playlists with tags and songs: from JSON files as those of Melon, or from Last.fm.

Melon's set has one list of objects with `tags` and `songs`, and a second file with the names of the
songs (https://arena.kakao.com/c/8). In Last.fm, the artists to whom a user gave a tag are one of
that user's playlists; its tags are those that the user gave to half of these artists or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, vstack

from device.catalogue.imports.delimited import refuse
from device.catalogue.imports.playlists import artists_of, each_playlist, each_song
from device.errors import UserError
from tools.recommendation.lastfm import TagLists

FEWEST_SONGS = 3
"""Of a playlist of Last.fm."""


@dataclass(frozen=True, slots=True)
class Playlists:
    """tags: (P, T) and songs: (P, S), 1 where the playlist has it. tag_names, song_names."""

    tags: csr_matrix
    songs: csr_matrix
    tag_names: list[str]
    song_names: list[str]


def read_playlists(path: Path, names: Path | None = None) -> Playlists:
    """Playlists of a JSON file; names: a file with `id` and `song_name` of the songs.

    Without names a song is called by its id. Raises UserError where a file can't be read.
    """
    lists = list(each_playlist(path, refuse(path, "playlist")))
    tags, tag_names = _matrix([tags for tags, _ in lists])
    songs, ids = _matrix([songs for _, songs in lists])
    if not tag_names or not ids:
        raise UserError(f"{path}: no playlist has tags and songs")
    called = {} if names is None else _song_names(names)
    return Playlists(tags, songs, tag_names, [called.get(song, song) for song in ids])


def playlists_of(lists: TagLists) -> Playlists:
    """The playlists of Last.fm's users."""
    tags, songs = [], []
    item_count = len(lists.titles)
    for user in range(int(lists.user.max()) + 1):
        rows = np.flatnonzero(lists.user == user)
        given = lists.tags[rows]
        used = np.flatnonzero(np.asarray(given.sum(axis=0))[0] >= FEWEST_SONGS)
        by_tag = given[:, used].T.tocsr()
        items = csr_matrix(
            (np.ones(len(rows)), (np.arange(len(rows)), lists.item[rows])),
            shape=(len(rows), item_count),
        )
        songs.append(by_tag @ items)
        shared = (by_tag @ given).tocsr()
        share = shared.multiply(1 / np.asarray(by_tag.sum(axis=1)))
        tags.append(csr_matrix(share >= 0.5, dtype=float))
    return Playlists(vstack(tags, "csr"), vstack(songs, "csr"), lists.names, lists.titles)


def _song_names(path: Path) -> dict[str, str]:
    called = {}
    for song, entry in each_song(path, refuse(path, "song")):
        artists = artists_of(entry)
        called[song] = f"{entry['song_name']} ({artists})" if artists else str(entry["song_name"])
    return called


def _matrix(lists: Sequence[Sequence[str]]) -> tuple[csr_matrix, list[str]]:
    names = sorted({word for words in lists for word in words})
    column = {name: n for n, name in enumerate(names)}
    rows = np.repeat(np.arange(len(lists)), [len(set(words)) for words in lists])
    columns = [column[word] for words in lists for word in sorted(set(words))]
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(lists), len(names)))
    return matrix, names
