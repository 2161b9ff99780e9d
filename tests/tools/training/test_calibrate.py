"""Temperatures and biases recover the calibration of distorted logits."""

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
    scale_heads,
    shift_heads,
    temperature,
)
from tools.training.networks import TINY, face_network


def drawn_from(logits: np.ndarray, seed: int = 0) -> np.ndarray:
    """One-hot labels with the probabilities of the softmax of `logits`."""
    draw = np.random.default_rng(seed)
    noise = draw.gumbel(size=logits.shape)
    return np.eye(logits.shape[1], dtype=np.float32)[(logits + noise).argmax(axis=1)]


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.5])
def test_the_temperature_of_scaled_logits_is_found(scale: float) -> None:
    calibrated = np.random.default_rng(1).normal(0, 2, (20_000, 7)).astype(np.float32)
    found = temperature(calibrated * scale, drawn_from(calibrated))
    assert found == pytest.approx(scale, rel=0.05)


def test_one_logit_is_scaled_like_two() -> None:
    calibrated = np.random.default_rng(2).normal(0, 2, (20_000, 1)).astype(np.float32)
    two = np.hstack([calibrated, np.zeros_like(calibrated)])
    assert temperature(calibrated * 3, drawn_from(two)[:, :1]) == pytest.approx(3, rel=0.06)


def test_an_age_distribution_that_is_too_wide_is_narrowed() -> None:
    years = np.random.default_rng(3).uniform(0, 100, 500).astype(np.float32)
    logits = -((AGE_YEARS - years[:, None]) ** 2) / (2 * 20**2)
    found = age_temperature(logits, years)
    assert found < 1
    errors = [np.abs(mean_years(some) - years).mean() for some in (logits, logits / found)]
    assert errors[1] < errors[0] / 2  # the wide one's mean leans to the middle


def test_the_bias_of_shifted_logits_is_found() -> None:
    calibrated = np.random.default_rng(4).normal(0, 2, (20_000, 4)).astype(np.float32)
    shift = np.array([0.5, -0.5, 0.2, -0.2], np.float32)
    np.testing.assert_allclose(
        biases(calibrated + shift, drawn_from(calibrated)), -shift, atol=0.06
    )


def test_a_few_faces_give_a_small_bias() -> None:
    calibrated = np.random.default_rng(5).normal(0, 2, (800, 4)).astype(np.float32)
    labels = np.eye(4, dtype=np.float32)[[2] * 800]
    few, many = (float(biases(calibrated[:n], labels[:n])[2]) for n in (8, 800))
    assert 0 < few < many / 2


def some_faces() -> FaceDataset:
    """40 held-out faces without labels."""
    pictures = np.random.default_rng(0).integers(0, 256, (40, 64, 64), np.uint8)
    return from_pictures(pictures, VALIDATION, np.array([str(n) for n in range(40)]))


def test_the_votes_head_is_calibrated_by_the_majority() -> None:
    tied, agreed = np.zeros((2, 40, len(VOTES)), np.float32)
    tied[:, :2] = 0.5
    agreed[:, :2] = 0.6, 0.4
    keras.utils.set_random_seed(1)
    network, faces = face_network(TINY), some_faces()
    assert "votes" not in scale_heads(network, replace(faces, votes=tied))
    head = network.get_layer("votes")
    head.set_weights([head.get_weights()[0], np.eye(1, len(VOTES), dtype=np.float32)[0] * 2])
    # Every majority is the class that the network favours: the lowest temperature is best.
    assert scale_heads(network, replace(faces, votes=agreed))["votes"] == TEMPERATURES[0]


def test_a_temperature_changes_probabilities_and_no_label() -> None:
    keras.utils.set_random_seed(1)
    network = face_network(TINY)
    faces = some_faces()
    faces = replace(faces, emotion=np.random.default_rng(0).integers(0, 7, 40))
    before = predict_keras(network, faces.pictures)
    found = scale_heads(network, faces)
    after = predict_keras(network, faces.pictures)
    assert set(found) == {"emotion"}  # no other labels
    np.testing.assert_allclose(after["emotion"], before["emotion"] / found["emotion"], atol=1e-5)
    np.testing.assert_array_equal(after["female"], before["female"])


def test_a_bias_raises_the_logits_of_a_class_predicted_too_rarely() -> None:
    keras.utils.set_random_seed(1)
    network = face_network(TINY)
    votes = np.eye(len(VOTES), dtype=np.float32)[[6] * 40]
    faces = replace(some_faces(), female=np.ones(40, np.float32), votes=votes)
    before = predict_keras(network, faces.pictures)
    found = shift_heads(network, faces)
    after = predict_keras(network, faces.pictures)
    assert set(found) == {"votes", "female"}
    np.testing.assert_allclose(after["votes"], before["votes"] + found["votes"], atol=1e-4)
    assert found["female"][0] > 0
    assert np.argmax(found["votes"]) == 6
    np.testing.assert_array_equal(after["emotion"], before["emotion"])


def test_the_emotion_is_calibrated_for_equally_frequent_classes() -> None:
    keras.utils.set_random_seed(1)
    network = face_network(TINY)
    head = network.get_layer("emotion")
    head.set_weights([head.get_weights()[0] * 0, np.eye(7, dtype=np.float32)[6]])
    emotion = np.array([6] * 34 + list(range(6)))  # almost all are what the head favours
    found = scale_heads(network, replace(some_faces(), emotion=emotion), ("emotion",))
    assert found == {"emotion": TEMPERATURES[-1]}  # in one class of seven it is right
