"""A probability is worth what it says."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from device.values import AGE_YEARS
from tools.datasets.face_dataset import VALIDATION, VOTES, FaceDataset, from_pictures
from tools.scoring.metrics import mean_years
from tools.scoring.predict import predict_keras
from tools.training.calibrate import (
    TEMPERATURES,
    age_temperature,
    biases,
    calibrate,
    correct,
    temperature,
)
from tools.training.networks import TINY, face_network, with_consensus


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


def test_an_age_that_is_spread_too_widely_is_drawn_together() -> None:
    years = np.random.default_rng(3).uniform(0, 100, 500).astype(np.float32)
    logits = -((AGE_YEARS - years[:, None]) ** 2) / (2 * 20**2)
    found = age_temperature(logits, years)
    assert found < 1
    errors = [np.abs(mean_years(some) - years).mean() for some in (logits, logits / found)]
    assert errors[1] < errors[0] / 2  # at both ends of life the wide one leans to the middle


def test_a_class_that_is_told_too_often_is_found_out() -> None:
    honest = np.random.default_rng(4).normal(0, 2, (20_000, 4)).astype(np.float32)
    shift = np.array([0.5, -0.5, 0.2, -0.2], np.float32)
    np.testing.assert_allclose(biases(honest + shift, drawn_from(honest)), -shift, atol=0.06)


def test_of_a_few_faces_little_is_believed() -> None:
    honest = np.random.default_rng(5).normal(0, 2, (800, 4)).astype(np.float32)
    told = np.eye(4, dtype=np.float32)[[2] * 800]
    few, many = (float(biases(honest[:n], told[:n])[2]) for n in (8, 800))
    assert 0 < few < many / 2


def some_stills() -> FaceDataset:
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


def test_what_is_told_too_seldom_is_told_more_often_once_corrected() -> None:
    keras.utils.set_random_seed(1)
    network = face_network(TINY)
    stills = replace(some_stills(), female=np.ones(40, np.float32), emotion=np.full(40, 6))
    before = predict_keras(network, stills.pictures)
    found = correct(network, stills)
    after = predict_keras(network, stills.pictures)
    assert set(found) == {"emotion", "female"}
    np.testing.assert_allclose(after["emotion"], before["emotion"] + found["emotion"], atol=1e-4)
    assert found["female"][0] > 0
    assert np.argmax(found["emotion"]) == 6
    np.testing.assert_array_equal(after["votes"], before["votes"])
