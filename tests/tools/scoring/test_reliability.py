"""Whether a probability means what it says."""

from __future__ import annotations

import numpy as np
import pytest

from tools.scoring.metrics import softmax
from tools.scoring.reliability import BINS, log_loss, reliability


def drawn_from(shares: np.ndarray) -> np.ndarray:
    """Labels that come as often as the probabilities say."""
    draw = np.random.default_rng(0)
    return (np.log(shares) + draw.gumbel(size=shares.shape)).argmax(axis=1)


def test_honest_probabilities_have_no_error_and_boasting_ones_have() -> None:
    logits = np.random.default_rng(1).normal(0, 2, (20_000, 7)).astype(np.float32)
    truth = drawn_from(softmax(logits))
    assert reliability(softmax(logits), truth).error < 0.01
    assert reliability(softmax(3 * logits), truth).error > 0.1
    assert log_loss(softmax(logits), truth) < log_loss(softmax(3 * logits), truth)


def test_the_error_of_a_case_that_can_be_told_by_hand() -> None:
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4]], np.float32)
    found = reliability(shares, np.array([0, 1, 0]))
    # Two of three faces are 90 % sure and half right; one is 60 % sure and right.
    assert found.error == pytest.approx((2 * abs(0.9 - 0.5) + abs(0.6 - 1)) / 3, abs=1e-6)
    rows = found.rows()
    assert [row["faces"] for row in rows] == [1, 2]
    assert rows[1] == {
        "from": 0.8667, "to": 0.9333, "faces": 2, "confidence": 0.9, "accuracy": 0.5,
    }  # fmt: skip


def test_a_certain_model_falls_into_the_last_bin_and_a_lie_costs_no_infinity() -> None:
    sure = np.array([[1.0, 0.0]], np.float32)
    assert reliability(sure, np.array([0])).faces.tolist() == [0] * (BINS - 1) + [1]
    assert np.isfinite(log_loss(sure, np.array([1])))
