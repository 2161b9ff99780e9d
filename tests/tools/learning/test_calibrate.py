"""A probability is worth what it says."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from tools.faces.datasets import VALIDATION, VOTES, Stills, from_pictures
from tools.learning.calibrate import TEMPERATURES, calibrate, temperature
from tools.learning.networks import TINY, face_network, with_consensus
from tools.measuring.evaluate import predict_keras


def drawn_from(logits: np.ndarray, seed: int = 0) -> np.ndarray:
    """One-hot labels that come as often as the softmax of `logits` says."""
    draw = np.random.default_rng(seed)
    noise = draw.gumbel(size=logits.shape)
    return np.eye(logits.shape[1], dtype=np.float32)[(logits + noise).argmax(axis=1)]


@pytest.mark.parametrize("boast", [0.5, 1.0, 2.5])
def test_a_head_that_boasts_or_hesitates_is_found_out(boast: float) -> None:
    honest = np.random.default_rng(1).normal(0, 2, (20_000, 7)).astype(np.float32)
    found = temperature(honest * boast, drawn_from(honest))
    assert found == pytest.approx(boast, rel=0.05)


def test_one_logit_is_scaled_like_two() -> None:
    honest = np.random.default_rng(2).normal(0, 2, (20_000, 1)).astype(np.float32)
    two = np.hstack([honest, np.zeros_like(honest)])
    assert temperature(honest * 3, drawn_from(two)[:, :1]) == pytest.approx(3, rel=0.06)


def some_stills() -> Stills:
    """40 held-out faces of which nothing is known."""
    pictures = np.random.default_rng(0).integers(0, 256, (40, 64, 64), np.uint8)
    return from_pictures(pictures, VALIDATION, np.array([str(n) for n in range(40)]))


def test_votes_are_calibrated_by_what_most_people_saw() -> None:
    torn, agreed = np.zeros((2, 40, len(VOTES)), np.float32)
    torn[:, :2] = 0.5
    agreed[:, :2] = 0.6, 0.4
    keras.utils.set_random_seed(1)
    network, stills = face_network(TINY), some_stills()
    assert "votes" not in calibrate(network, replace(stills, votes=torn))
    head = network.get_layer("votes")
    head.set_weights([head.get_weights()[0], np.eye(1, len(VOTES), dtype=np.float32)[0] * 2])
    # Everyone's majority is the class that the network favours: the surer, the better.
    assert calibrate(network, replace(stills, votes=agreed))["votes"] == TEMPERATURES[0]


def test_what_is_told_is_calibrated_by_what_most_people_saw() -> None:
    agreed = np.zeros((40, len(VOTES)), np.float32)
    agreed[:, :2] = 0.6, 0.4
    keras.utils.set_random_seed(1)
    network, stills = with_consensus(face_network(TINY)), replace(some_stills(), votes=agreed)
    head = network.get_layer("consensus")
    head.set_weights([head.get_weights()[0], np.eye(1, 7, dtype=np.float32)[0] * 2])
    assert calibrate(network, stills, ("consensus",)) == {"consensus": TEMPERATURES[0]}


def test_calibration_changes_probabilities_and_no_label() -> None:
    keras.utils.set_random_seed(1)
    network = face_network(TINY)
    stills = some_stills()
    stills = replace(stills, emotion=np.random.default_rng(0).integers(0, 7, 40))
    before = predict_keras(network, stills.pictures)
    found = calibrate(network, stills)
    after = predict_keras(network, stills.pictures)
    assert set(found) == {"emotion"}  # of the rest nothing is known
    np.testing.assert_allclose(after["emotion"], before["emotion"] / found["emotion"], atol=1e-5)
    np.testing.assert_array_equal(after["female"], before["female"])
