"""Bootstrap intervals."""

from __future__ import annotations

import numpy as np

from tools.scoring.intervals import mean_with_interval, resampled_means


def test_an_interval_is_repeatable_and_contains_the_true_mean() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(40):
        found = mean_with_interval((rng.random(300) < 0.8).astype(float))
        held += found.low <= 0.8 <= found.high
    assert held >= 34  # 95 % of 40 are 38; fewer than 34 happens once in three hundred runs
    values = rng.random(50)
    assert mean_with_interval(values, 3) == mean_with_interval(values, 3)


def test_the_columns_of_a_row_are_resampled_together() -> None:
    values = np.random.default_rng(1).random((30, 1))
    means = resampled_means(np.hstack([values, 1 - values]), seed=2)
    np.testing.assert_allclose(means.sum(axis=1), 1)


def test_the_interval_of_a_single_observation_is_that_observation() -> None:
    found = mean_with_interval(np.array([0.25]))
    assert (found.low, found.value, found.high) == (0.25, 0.25, 0.25)
