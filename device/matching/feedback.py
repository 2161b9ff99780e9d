"""What touches say of items: Thompson sampling, shrunk towards the kiosk's mean.

Each item has a rate of liking: of the screens that it stood on, those on which somebody chose or
liked it. Before it is known, it is like the kiosk's mean, and the more it has been shown, the more
its own touches count. A rate is drawn from what it may be, so that an item that is little known
gets its turn (Thompson 1933, "On the likelihood that one unknown probability exceeds another";
Chapelle and Li 2011, "An empirical evaluation of Thompson sampling"). The rules stay the frame: the
drawn rate is one term of the score.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.values import Floats, Tried

PRIOR_SCREENS = 30.0
"""Screens for which the kiosk's mean counts."""

PRIOR_LIKED = 3.0
"""And as many of these with a touch, until the kiosk has a mean of its own: one in ten."""

FULL = 2.0
"""Logarithm of the odds ratio to the mean at which the term is 1: seven times as often."""


class Feedback:
    """The touches so far, by row of the catalogue."""

    def __init__(self) -> None:
        self._shown: dict[int, float] = {}
        self._liked: dict[int, float] = {}
        self._all = (0.0, 0.0)

    def update(self, row: int, tried: Tried) -> None:
        """Take the touches of an item, all of them so far."""
        liked = min(tried.liked, tried.shown)
        was = self._shown.get(row, 0.0), self._liked.get(row, 0.0)
        self._all = self._all[0] + tried.shown - was[0], self._all[1] + liked - was[1]
        self._shown[row], self._liked[row] = tried.shown, liked

    def draw(self, rows: NDArray[np.intp], seed: int) -> Floats:
        """(N,) for these rows, -1 to 1: how much more or less than the mean each may be liked.

        seed: of the draw; the same one gives the same values.
        """
        shown, liked = self._all
        mean = (liked + PRIOR_LIKED) / (shown + PRIOR_SCREENS)
        some = rows.tolist()
        yes = np.array([self._liked.get(row, 0.0) for row in some]) + PRIOR_SCREENS * mean
        no = np.array([self._shown.get(row, 0.0) for row in some]) + PRIOR_SCREENS - yes
        rate = np.random.default_rng(seed).beta(yes, no).clip(1e-6, 1 - 1e-6)
        ratio = np.log(rate / (1 - rate)) - np.log(mean / (1 - mean))
        drawn: Floats = np.clip(ratio / FULL, -1, 1).astype(np.float32)
        return drawn
