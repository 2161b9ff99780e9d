"""Folds, draws and the choice of hyper-parameters, repeatable by their seed.

A fold is a pair of index arrays: what is learned from, and what is asked. They share nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from device.errors import UserError

FOLDS = 5

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
T = TypeVar("T")


def folds(of: NDArray[np.int64], seed: int = 0) -> Iterator[Fold]:
    """Five folds of the given users or ratings: (the other four parts, this part).

    Raises UserError if there are fewer than five.
    """
    if len(of) < FOLDS:
        raise UserError(f"{len(of)} users or ratings are too few for {FOLDS} folds")
    part = np.random.default_rng(seed).permutation(len(of)) % FOLDS
    for number in range(FOLDS):
        yield of[part != number], of[part == number]


def drawn_first(matrix: NDArray[np.bool_], count: int, seed: int = 0) -> NDArray[np.bool_]:
    """(U, I) at most `count` of each row's entries, drawn at random.

    The same seed draws the same first ones, whatever the count.
    """
    rank = np.random.default_rng(seed).random(matrix.shape)
    rank[~matrix] = 2
    order = np.argsort(rank, axis=1, kind="stable")[:, :count]
    drawn = np.zeros(matrix.shape, bool)
    np.put_along_axis(drawn, order, True, axis=1)
    return drawn & matrix


def drawn_share(matrix: NDArray[np.bool_], share: float, seed: int) -> NDArray[np.bool_]:
    """(U, I) the rounded share of each row's entries, drawn at random."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros(matrix.shape, bool)
    for row, entries in enumerate(matrix):
        places = rng.permutation(np.flatnonzero(entries))
        drawn[row, places[: round(share * len(places))]] = True
    return drawn


def best(grid: Iterable[T], score: Callable[[T], float]) -> T:
    """The value of a grid with the highest score; the first of equals."""
    return max(grid, key=score)
