"""Percentile bootstrap intervals of means, repeatable by their seed.

Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13, by `scipy.stats`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

RESAMPLES = 2000
"""Efron and Tibshirani call 1000 enough for the ends of a 95 % interval."""

PERCENTILES = (2.5, 97.5)

BATCH = 50
"""Resamples in memory at once."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """Rounded to four digits."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {name: round(number, 4) for name, number in numbers.items()}


def resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """(RESAMPLES, F) means of bootstrap resamples of the rows of (N, F) values, N > 0."""
    if len(values) == 1:  # scipy takes two observations or more
        return np.repeat(values, RESAMPLES, axis=0)
    result = bootstrap(
        (values,), np.mean, axis=0, vectorized=True, n_resamples=RESAMPLES, batch=BATCH,
        method="percentile", rng=np.random.default_rng(seed),
    )  # fmt: skip
    return result.bootstrap_distribution.T


def with_interval(value: float, resampled: NDArray[np.float64]) -> Estimate:
    """A figure and its interval, from the same figure of (R,) resamples."""
    low, high = np.percentile(resampled, PERCENTILES)
    return Estimate(float(value), float(low), float(high))


def mean_with_interval(values: NDArray[np.float64], seed: int = 0) -> Estimate:
    """Mean of (N,) values, N > 0."""
    column = np.asarray(values, np.float64)[:, None]
    return with_interval(float(column.mean()), resampled_means(column, seed)[:, 0])
