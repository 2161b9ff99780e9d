"""Temporal evaluation: accuracy, label switches and lag of methods on the same clips."""

from __future__ import annotations

import numpy as np
import pytest

from tools.scoring.temporal import ClipBatch, rate, smoothed

FPS = 10.0
STEPS = 20
EYE = np.eye(3, dtype=np.float32)


def clips(shown: np.ndarray, predicted: np.ndarray | None = None) -> ClipBatch:
    """Clips with these true labels (N, T), whose frames predict those."""
    predicted = shown if predicted is None else predicted
    maps = np.zeros((*shown.shape, 1, 1, 1), np.uint8)
    return ClipBatch(maps, 9 * EYE[predicted], EYE[shown], np.full(len(shown), FPS, np.float32))


def test_a_late_label_has_a_lag_and_a_flickering_one_has_switches() -> None:
    shown = (np.arange(STEPS) >= 8).astype(int)[None]
    late = (np.arange(STEPS) >= 11).astype(int)[None]
    flicker = shown.copy()
    flicker[0, [2, 15]] ^= 1
    figures = rate({"late": EYE[late], "flicker": EYE[flicker]}, clips(shown))
    minutes = STEPS / FPS / 60
    assert figures["shown"]["switches_a_minute"] == pytest.approx(1 / minutes)
    assert figures["late"]["lag_s"] == pytest.approx(0.3)
    assert figures["late"]["accuracy"] == (STEPS - 3) / STEPS
    assert figures["late"]["switches_a_minute"] == pytest.approx(1 / minutes)
    assert figures["flicker"]["lag_s"] == 0
    assert figures["flicker"]["switches_a_minute"] == pytest.approx(5 / minutes)
    assert figures["late"]["last"] == 1
    assert figures["late"]["ece"] == pytest.approx(3 / STEPS)  # always certain, three times wrong


def test_lags_are_compared_on_the_changes_that_every_method_predicts() -> None:
    shown = np.repeat([[0, 1, 0, 2]], 5, axis=1).reshape(1, -1)
    slow = shown.copy()
    slow[0, 5:10] = 0  # never predicts the second expression
    slow[0, 15:17] = 0
    figures = rate({"quick": EYE[shown], "slow": EYE[slow]}, clips(shown))
    assert figures["quick"]["changes_timed"] == figures["slow"]["changes_timed"] == 1
    assert figures["slow"]["lag_s"] == pytest.approx(0.2)


def test_the_mean_decays_in_seconds_at_any_frame_rate() -> None:
    shares = np.zeros((2, 400, 2), np.float32)
    shares[:, :300, 0] = shares[:, 300:, 1] = 1
    mean = smoothed(shares, [10, 30], 0.5)
    assert mean[0, 299 + 10, 0] == pytest.approx(np.exp(-2), rel=1e-3)
    assert mean[1, 299 + 30, 0] == pytest.approx(np.exp(-2), rel=1e-3)


def test_the_mean_starts_as_the_ordinary_mean() -> None:
    shares = np.eye(2, dtype=np.float32)[None, [0, 1, 0, 0]]
    mean = smoothed(shares, [10], 1000)
    np.testing.assert_allclose(mean[0, :, 0], [1, 1 / 2, 2 / 3, 3 / 4], atol=1e-3)
