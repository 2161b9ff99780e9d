"""From tags to songs: the historical music flow and ours, on the same playlists.

Historical: the tags most similar by Word2Vec, the playlists that hold most of them, and of their
songs those nearest to a given one by ALS, else the most frequent. Ours: the tags that are in
playlists with the given ones; the songs by co-occurrence with these tags, or by what EASE says of
the given song. Models are learned from the playlists at hand, and not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from device.errors import UserError
from tools.recommendation import als, ease, tags, word2vec
from tools.recommendation.playlists import Playlists

PLAYLISTS = 200
"""At most so many playlists that hold the tags give songs."""

SONGS = 2000
"""EASE is learned among so many most frequent songs and the given one."""

SMOOTHING = tags.Smoothing(10, 0.5)
RIDGE = ease.Ridge(30, 0.8)


@dataclass(frozen=True, slots=True)
class Wish:
    """tags, song: columns of what is asked for. similar, count: how many tags and songs to give."""

    tags: tuple[int, ...]
    song: int | None
    similar: int
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The further tags and the songs, best first."""

    tags: list[str]
    songs: list[str]

    def as_json(self) -> dict[str, Any]:
        """Lists of names."""
        return asdict(self)


def wish_of(
    lists: Playlists, words: Sequence[str], song: str | None, similar: int, count: int
) -> Wish:
    """The columns of names, whatever their case. Raises UserError for a name that no list has."""
    return Wish(
        tuple(_column(lists.tag_names, word, "tag") for word in words),
        None if song is None else _column(lists.song_names, song, "song"),
        similar,
        count,
    )


def historical(lists: Playlists, wish: Wish) -> Answer:
    """As the music flow was published; needs gensim and implicit."""
    vectors = word2vec.learn(lists.tags)
    if not vectors.tags[list(wish.tags)].any():
        names = ", ".join(lists.tag_names[tag] for tag in wish.tags)
        raise UserError(f"--tags {names}: too rare in the playlists for a Word2Vec vector")
    similarity = word2vec.similarity(_row(wish.tags, len(vectors.tags)), vectors)[0]
    further = _best(similarity, wish.similar, without=wish.tags)
    held = lists.tags[:, [*wish.tags, *further]].sum(axis=1).A1
    holding = [row for row in _order(held)[:PLAYLISTS] if held[row] > 0]
    frequency = np.asarray(lists.songs[holding].sum(axis=0))[0]
    if wish.song is None:
        scores = frequency
    else:
        items = als.learn(lists.songs, als.Setting())[1]
        length = np.linalg.norm(items, axis=1)
        cosine = items @ items[wish.song] / np.maximum(length * length[wish.song], 1e-9)
        scores = np.where(frequency > 0, cosine + 2, 0)
    return _answer(lists, wish, further, scores)


def ours(lists: Playlists, wish: Wish) -> Answer:
    """By co-occurrence and EASE; needs nothing but numpy and scipy."""
    share = _share(lists.tags)
    shown = _row(wish.tags, len(share))
    pairs = (lists.tags.T @ lists.tags).tocsr()
    (scored,) = tags.by_cooccurrence(shown, pairs, share, SMOOTHING)
    further = _best(scored[0] - scored[0].min() + 1, wish.similar, without=wish.tags)
    with_song = (lists.tags.T @ lists.songs).tocsr()
    (scored,) = tags.by_cooccurrence(shown, with_song, _share(lists.songs), SMOOTHING)
    found = np.asarray(with_song[list(wish.tags)].sum(axis=0))[0] > 0
    scores = np.where(found, scored[0] - scored[0].min() + 1, 0)
    if wish.song is not None:
        near = _near(lists.songs, wish.song)
        scores = np.where(found & (near > 0), near, 0)
    return _answer(lists, wish, further, scores)


def side_by_side(answers: Mapping[str, Answer | None]) -> list[str]:
    """Lines of two columns; control characters of names become blanks."""
    shown = {name: answer for name, answer in answers.items() if answer is not None}
    columns = []
    for name, answer in shown.items():
        lines = [name, ""]
        lines += [f"tag   {some}" for some in answer.tags]
        lines += [f"{n:3}   {song}" for n, song in enumerate(answer.songs, start=1)]
        columns.append([_printable(line) for line in lines])
    width = max(map(len, columns[0])) + 4
    rows = zip_longest(*columns, fillvalue="")
    return [f"{row[0]:{width}}{''.join(row[1:])}".rstrip() for row in rows]


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _near(songs: csr_matrix, song: int) -> NDArray[np.float64]:
    """(S,) EASE's weights from one song to each other."""
    frequency = np.asarray(songs.sum(axis=0))[0]
    kept = np.union1d(_order(frequency)[:SONGS], [song])
    few = songs[:, kept]
    weights = ease.solve((few.T @ few).toarray(), RIDGE)
    near = np.zeros(songs.shape[1])
    near[kept] = weights[np.searchsorted(kept, song)]
    return near


def _answer(
    lists: Playlists, wish: Wish, further: Sequence[int], scores: NDArray[np.float64]
) -> Answer:
    own = () if wish.song is None else (wish.song,)
    songs = _best(scores, wish.count, without=own)
    return Answer(
        [lists.tag_names[tag] for tag in further], [lists.song_names[song] for song in songs]
    )


def _best(scores: NDArray[np.float64], count: int, without: Sequence[int]) -> list[int]:
    """The columns with the highest scores above 0, best first; equals in the order of columns."""
    left = [n for n in _order(scores)[: count + len(without)] if scores[n] > 0 and n not in without]
    return left[:count]


def _order(scores: NDArray[np.float64]) -> list[int]:
    return np.argsort(-scores, kind="stable").tolist()


def _share(matrix: csr_matrix) -> NDArray[np.float64]:
    counts = np.asarray(matrix.sum(axis=0))[0] + 1
    return counts / counts.sum()


def _row(columns: Sequence[int], width: int) -> csr_matrix:
    ones = np.ones(len(columns))
    return csr_matrix((ones, (np.zeros(len(columns), int), list(columns))), shape=(1, width))


def _column(names: Sequence[str], word: str, what: str) -> int:
    """The column of a name. Of names that differ in case alone, the one as written, else the
    first."""
    if word in names:
        return names.index(word)
    folded = [name.casefold() for name in names]
    if word.casefold() in folded:
        return folded.index(word.casefold())
    near = [names[folded.index(name)] for name in get_close_matches(word.casefold(), folded)]
    hint = f"; is it {' or '.join(near)}?" if near else ""
    raise UserError(f"no {what} {word!r} in the playlists{hint}")
