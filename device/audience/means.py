"""A mean that forgets, in seconds: how often it is fed does not matter, how long is what counts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


class ExponentialMean:
    """Exponentially weighted mean of vectors, each weighing by the seconds it stood for.

    A plain exponential mean gives its first value far too much to say. Divided by its weight so
    far (the bias correction of Kingma & Ba 2015, Adam, section 3) it is the ordinary mean at first,
    and can be believed from the start.

    value: shape of `start`, which it is until something is added. weight: 0 to 1, how full the
    window is.
    """

    def __init__(self, start: NDArray[np.float64], time_constant_s: float) -> None:
        self.value = start
        self.weight = 0.0
        self._time_constant_s = time_constant_s

    def add(self, value: NDArray[np.floating], seconds: float) -> None:
        """Take a value that stood for `seconds`, already multiplied by how far it is trusted."""
        alpha = -math.expm1(-seconds / self._time_constant_s)
        if alpha <= 0:
            return
        self.weight += alpha * (1 - self.weight)
        self.value = self.value + alpha / self.weight * (value - self.value)

    def restart(self, recent: ExponentialMean) -> None:
        """Forget all but what a shorter mean has seen."""
        self.value = recent.value
        span = recent.weight * recent._time_constant_s
        self.weight = -math.expm1(-span / self._time_constant_s)
