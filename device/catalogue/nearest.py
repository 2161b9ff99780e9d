"""Which of many short lines are the nearest to each of many points, by a grid of squares."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

BLOCK = 256
"""Points that are looked up at once: the pairs of so many fit in a cache."""

_ROW = 1 << 32


class Near(NamedTuple):
    """K pairs of a point and a line near it, by point. points, lines: (K,) indices. shares: (K,)
    where on the line it is nearest, as a share of its length."""

    points: Indices
    lines: Indices
    shares: Floats


class Grid:
    """S straight lines on a plane, each in the squares that its bounding box touches."""

    def __init__(self, begins: Floats, ends: Floats, side: float) -> None:
        """begins, ends: (S, 2) metres. side: of a square in metres, within which a line counts."""
        self._begins, self._ends, self._side = begins, ends, side
        low = np.floor(np.minimum(begins, ends) / side).astype(np.int64)
        high = np.floor(np.maximum(begins, ends) / side).astype(np.int64)
        wide, tall = (high - low + 1).T
        counts = wide * tall
        lines = np.repeat(np.arange(len(low)), counts)
        place = np.arange(len(lines)) - np.repeat(np.cumsum(counts) - counts, counts)
        column, row = place % wide[lines], place // wide[lines]
        squares = _square(low[lines, 0] + column, low[lines, 1] + row)
        order = np.argsort(squares, kind="stable")
        self._squares, self._lines = squares[order], lines[order]

    def near(self, points: Floats, slack: float) -> Near:
        """The lines within `side` of each point that are at most `slack` metres farther from it
        than the nearest. points: (N, 2) metres."""
        blocks = range(0, max(len(points), 1), BLOCK)
        found = [self._near(points[start : start + BLOCK], slack, start) for start in blocks]
        return Near(*map(np.concatenate, zip(*found, strict=True)))

    def _near(self, points: Floats, slack: float, start: int) -> Near:
        which, lines = self._candidates(points)
        along = self._ends[lines] - self._begins[lines]
        off = points[which] - self._begins[lines]
        square = np.maximum((along**2).sum(axis=1), 1e-12)
        shares = np.clip((along * off).sum(axis=1) / square, 0, 1)
        metres = np.hypot(*(off - along * shares[:, None]).T)
        nearest = np.full(len(points), self._side)
        np.minimum.at(nearest, which, metres)
        some = np.flatnonzero(metres <= np.minimum(nearest[which] + slack, self._side))
        return Near(which[some] + start, lines[some], shares[some])

    def _candidates(self, points: Floats) -> tuple[Indices, Indices]:
        """Pairs of a point and a line in its square or one of the eight around it."""
        own = np.floor(points / self._side).astype(np.int64)
        which, near = [], []
        for column in (-1, 0, 1):
            for row in (-1, 0, 1):
                square = _square(own[:, 0] + column, own[:, 1] + row)
                start = np.searchsorted(self._squares, square)
                counts = np.searchsorted(self._squares, square, "right") - start
                begin = np.repeat(start - (np.cumsum(counts) - counts), counts)
                near.append(self._lines[begin + np.arange(len(begin))])
                which.append(np.repeat(np.arange(len(points)), counts))
        # A line that touches several squares is found in each of them.
        pairs = np.unique(np.concatenate(which) * _ROW + np.concatenate(near))
        return pairs // _ROW, pairs % _ROW


def _square(column: Indices, row: Indices) -> Indices:
    return column * _ROW + row
