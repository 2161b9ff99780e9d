"""Last.fm of HetRec 2011: who gave which artist which tags (Cantador et al., RecSys 2011)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tools.recommendation.delimited import numbers, read_columns


@dataclass(frozen=True, slots=True)
class TagLists:
    """Sets of tags, each given by one user to one item.

    tags: (L, T) 1 where the list has the tag. user, item: (L,) whose list it is, and of what.
    names, titles: of the T tags and of the items.
    """

    tags: csr_matrix
    user: NDArray[np.int64]
    item: NDArray[np.int64]
    names: list[str]
    titles: list[str]

    def only(self, chosen: NDArray[np.bool_]) -> TagLists:
        """The chosen (L,) lists; tags, names and numbers stay."""
        return TagLists(
            self.tags[chosen], self.user[chosen], self.item[chosen], self.names, self.titles
        )


def read_lastfm(folder: Path) -> TagLists:
    """`user_taggedartists.dat`, with the names of `tags.dat` and `artists.dat`.

    Raises UserError where one can't be read.
    """
    path = folder / "user_taggedartists.dat"
    cells = read_columns(path, "\t", ("userID", "artistID", "tagID"))
    given = np.array([numbers(path, name, column, int) for name, column in cells.items()])
    user, item, tag = (np.unique(column, return_inverse=True)[1] for column in given)
    pairs, row = np.unique(user * (item.max() + 1) + item, return_inverse=True)
    tags = csr_matrix((np.ones(len(row)), (row, tag)), shape=(len(pairs), tag.max() + 1))
    tags.data[:] = 1  # the same tag on two days is one tag
    user, item = np.divmod(pairs, item.max() + 1)
    ids = [np.unique(column) for column in given]
    names = _names(folder / "tags.dat", "tagID", "tagValue", ids[2], "latin-1")
    titles = _names(folder / "artists.dat", "id", "name", ids[1], "utf-8")
    return TagLists(tags, user, item, names, titles)


def _names(path: Path, key: str, name: str, ids: NDArray[np.int64], encoding: str) -> list[str]:
    cells = read_columns(path, "\t", (key, name), encoding)
    known = dict(zip(numbers(path, key, cells[key], int), cells[name], strict=True))
    return [known.get(number, str(number)) for number in ids.tolist()]
