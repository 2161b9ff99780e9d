"""Which further tags fit some tags: by the lists that have both, and by the items that carry them.

Both are naive Bayes with counts smoothed towards the shares of the tags (Zhai and Lafferty, "A
study of smoothing methods for language models", SIGIR 2001). They are written as a product of the
shown tags with sparse logarithms, log(1 + count / smoothing), since what depends on the shown tags
alone does not change a ranking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from tools.recommendation.lastfm import TagLists

BLOCK = 500
"""Questions in memory at once."""


@dataclass(frozen=True, slots=True)
class Smoothing:
    """strength: of the smoothing, in counts. popularity: weight of a tag's own share for each
    shown tag after the first; 0 is the product of the conditionals."""

    strength: float
    popularity: float = 0.5


def shares(lists: TagLists) -> NDArray[np.float64]:
    """(T,) of all tags in the lists, each with one count more than it has."""
    counts = np.asarray(lists.tags.sum(axis=0))[0] + 1
    return counts / counts.sum()


def cooccurrences(lists: TagLists) -> csr_matrix:
    """(T, T) how often two tags are in one list; n lists of one user count as sqrt(n).

    So whoever gives the same tags to a thousand items does not decide alone.
    """
    order = np.argsort(lists.user, kind="stable")
    starts = np.flatnonzero(np.diff(lists.user[order], prepend=-1))
    parts = [lists.tags[rows] for rows in np.split(order, starts[1:])]
    size = lists.tags.shape[1]
    rows, columns, values = [], [], []
    for part in parts:
        pairs = (part.T @ part).tocoo()
        rows.append(pairs.row)
        columns.append(pairs.col)
        values.append(np.sqrt(pairs.data))
    places = (np.concatenate(rows), np.concatenate(columns))
    return csr_matrix((np.concatenate(values), places), shape=(size, size))


def by_cooccurrence(
    shown: csr_matrix, pairs: csr_matrix, share: NDArray[np.float64], smoothing: Smoothing
) -> Iterator[NDArray[np.float64]]:
    """Blocks of (BLOCK, T) log scores of every tag, for (N, T) shown tags.

    P(t | s1 … sn) is P(t)^(1 - n) times the product of P(t | s), but for the exponent.
    """
    evidence = _log1p(pairs @ diags(1 / (smoothing.strength * share)))
    prior = np.log(share)
    for block in blocks(shown):
        more = np.asarray(block.sum(axis=1)) - 1
        yield (block @ evidence).toarray() + (1 + smoothing.popularity * more) * prior


def items_with_tags(lists: TagLists) -> csr_matrix:
    """(items, T) how many users gave the item the tag."""
    ones = np.ones(len(lists.item))
    of_item = csr_matrix((ones, (lists.item, np.arange(len(ones)))))
    return of_item @ lists.tags


def by_items(
    shown: csr_matrix, items: csr_matrix, share: NDArray[np.float64], smoothing: Smoothing
) -> Iterator[NDArray[np.float64]]:
    """Blocks of (BLOCK, T) scores: the tags of each item times P(item | shown tags), summed."""
    total = np.asarray(items.sum(axis=1))[:, 0]
    evidence = _log1p(items @ diags(1 / (smoothing.strength * share))).T.tocsr()
    length = np.log(total + smoothing.strength)
    carried = diags(1 / (total + smoothing.strength)) @ items
    for block in blocks(shown):
        log = (block @ evidence).toarray() - np.asarray(block.sum(axis=1)) * length
        likely = np.exp(log - log.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        yield likely @ carried + share * 1e-3


def _log1p(counts: csr_matrix) -> csr_matrix:
    logs = csr_matrix(counts)
    logs.data = np.log1p(logs.data)
    return logs


def blocks(shown: csr_matrix) -> Iterator[csr_matrix]:
    """The rows in blocks of `BLOCK`."""
    for start in range(0, shown.shape[0], BLOCK):
        yield shown[start : start + BLOCK]
