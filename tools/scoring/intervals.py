"""How sure a figure is: percentile bootstrap intervals, repeatable by their seed.

Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13. The faces of a part are
drawn anew with replacement; what 95 % of the draws give is the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
"""More than the 1000 that Efron and Tibshirani call enough for the ends of a 95 % interval."""

ENDS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """With four digits."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {name: round(number, 4) for name, number in numbers.items()}


def resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """(RESAMPLES, F) means of (N, F) values whose rows, N > 0, are drawn with replacement."""
    draw = np.random.default_rng(seed)
    count = len(values)
    means = [values[draw.integers(0, count, count)].mean(axis=0) for _ in range(RESAMPLES)]
    return np.stack(means)


def with_interval(value: float, resampled: NDArray[np.float64]) -> Estimate:
    """A figure and the interval of what it was in (R,) resamples."""
    low, high = np.percentile(resampled, ENDS)
    return Estimate(float(value), float(low), float(high))


def mean_with_interval(values: NDArray[np.float64], seed: int = 0) -> Estimate:
    """Mean of (N,) values, N > 0."""
    column = np.asarray(values, np.float64)[:, None]
    return with_interval(float(column.mean()), resampled_means(column, seed)[:, 0])
