"""Expected calibration error and reliability bins."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from tools.scoring.metrics import classification_figures
from tools.scoring.reliability import BINS, reliability


def labels_drawn_from(shares: np.ndarray) -> np.ndarray:
    """Labels that occur as often as the probabilities say."""
    rng = np.random.default_rng(0)
    return (np.log(shares) + rng.gumbel(size=shares.shape)).argmax(axis=1)


def test_calibrated_probabilities_have_no_error_and_overconfident_ones_have() -> None:
    logits = np.random.default_rng(1).normal(0, 2, (20_000, 7)).astype(np.float32)
    shares, overconfident = softmax(logits, axis=1), softmax(3 * logits, axis=1)
    truth = labels_drawn_from(shares)
    good, bad = (classification_figures(some, truth) for some in (shares, overconfident))
    assert good["ece"] < 0.01
    assert bad["ece"] > 0.1
    assert good["nll"] < bad["nll"]


def test_the_error_is_the_gap_of_each_bin_weighted_by_its_faces() -> None:
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4]], np.float32)
    found = reliability(shares, np.array([0, 1, 0]))
    # Two of three faces have 90 % and are half correct; one has 60 % and is correct.
    assert found.error == pytest.approx((2 * abs(0.9 - 0.5) + abs(0.6 - 1)) / 3, abs=1e-6)
    rows = found.rows()
    assert [row["faces"] for row in rows] == [1, 2]
    assert rows[1] == {
        "from": 0.8667, "to": 0.9333, "faces": 2, "confidence": 0.9, "accuracy": 0.5,
    }  # fmt: skip


def test_a_certain_prediction_is_in_the_last_bin_and_a_wrong_one_has_a_finite_loss() -> None:
    certain = np.array([[1.0, 0.0]], np.float32)
    assert reliability(certain, np.array([0])).faces.tolist() == [0] * (BINS - 1) + [1]
    assert np.isfinite(classification_figures(certain, np.array([1]))["nll"])
