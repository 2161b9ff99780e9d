"""What touches say of items: Thompson sampling, shrunk towards the kiosk's mean.

Each item has a rate of liking: of the screens that it stood on, those on which somebody chose or
liked it. Before it is known, it is like the kiosk's mean, and the more it has been shown, the more
its own touches count. A rate is drawn from what it may be, so that an item that is little known
gets its turn (Thompson 1933, "On the likelihood that one unknown probability exceeds another";
Chapelle and Li 2011, "An empirical evaluation of Thompson sampling"). Where the site's other kiosks
have touches of an item, it begins with the rate that it has there. The rules stay the frame: the
drawn rate is one term of the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from device.values import Floats, Tried

PRIOR_SCREENS = 30.0
"""Screens for which the kiosk's mean counts."""

PRIOR_LIKED = 3.0
"""And as many of these with a touch, until the kiosk has a mean of its own: one in ten."""

FULL = 2.0
"""Logarithm of the odds ratio to the mean at which the term is 1: seven times as often."""


SITE_SCREENS = 100.0
"""Most screens for which the site's touches of an item count. With 30, 100 and 300 the regret of
`wayside-tools measure touches`, on other seeds, was the same to 0.01."""

Z = 1.96
"""Of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate of liking and its 95 % interval, 0 to 1."""

    rate: float
    low: float
    high: float


def estimate(shown: float, liked: float, mean: float) -> Estimate:
    """The rate of an item, shrunk to the mean, with Wilson's interval (1927, "Probable inference,
    the law of succession, and statistical inference")."""
    count = shown + PRIOR_SCREENS
    rate = (liked + PRIOR_SCREENS * mean) / count
    middle = (rate + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * sqrt(rate * (1 - rate) / count + Z**2 / (4 * count**2))
    return Estimate(rate, middle - half, middle + half)


class Feedback:
    """The touches so far, by row of the catalogue."""

    def __init__(self, site: Mapping[int, Tried] | None = None, mean: float = 0.0) -> None:
        """site: what the site's kiosks have learned, by row. mean: of the rates there."""
        self._shown: dict[int, float] = {}
        self._liked: dict[int, float] = {}
        self._all = (0.0, 0.0)
        self._site = _priors(site, mean) if site else {}

    @property
    def knows(self) -> bool:
        """Whether anything was tried, here or at the site."""
        return bool(self._shown or self._site)

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
        begin: float | NDArray[np.float64] = mean
        screens: float | NDArray[np.float64] = PRIOR_SCREENS
        if self._site:
            average = (mean, PRIOR_SCREENS)
            priors = np.array([self._site.get(row, average) for row in some]).reshape(-1, 2)
            begin, screens = priors[:, 0], priors[:, 1]
        yes = np.array([self._liked.get(row, 0.0) for row in some]) + screens * begin
        no = np.array([self._shown.get(row, 0.0) for row in some]) + screens - yes
        rate = np.random.default_rng(seed).beta(yes, no).clip(1e-6, 1 - 1e-6)
        ratio = np.log(rate / (1 - rate)) - np.log(mean / (1 - mean))
        drawn: Floats = np.clip(ratio / FULL, -1, 1).astype(np.float32)
        return drawn


def _priors(site: Mapping[int, Tried], mean: float) -> dict[int, tuple[float, float]]:
    """The rate with which each item begins, and the screens for which that counts."""
    return {
        row: (
            estimate(tried.shown, tried.liked, mean).rate,
            PRIOR_SCREENS + min(tried.shown, SITE_SCREENS),
        )
        for row, tried in site.items()
    }
