"""Metrics of a face model, on cases with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.values import AGE_BANDS
from tools.datasets.face_dataset import TEST, FaceDataset, from_pictures
from tools.scoring.metrics import (
    bands,
    classification_figures,
    confusion,
    face_metrics,
    gender_shares,
    mean_years,
    measure,
)


def unlabelled(count: int) -> FaceDataset:
    names = np.array([str(index) for index in range(count)])
    return from_pictures(np.zeros((count, 4, 4), np.uint8), TEST, names)


def one_hot(classes: list[int], count: int = 7) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[classes]


def test_macro_f1_weighs_rare_classes_like_common_ones() -> None:
    truth = np.array([0] * 9 + [1])
    always_first = one_hot([0] * 10, 2)
    assert confusion(always_first, truth).tolist() == [[9, 0], [1, 0]]
    figures = classification_figures(always_first, truth)
    assert figures["macro_f1"] == pytest.approx((2 * 9 / (2 * 9 + 1) + 0) / 2)


def test_a_class_that_no_face_has_does_not_count_in_macro_f1() -> None:
    assert classification_figures(one_hot([0, 1], 3), np.array([0, 1]))["macro_f1"] == 1


def test_an_age_is_the_mean_of_its_distribution() -> None:
    logits = np.full((1, 21), -50, np.float32)
    logits[0, 4] = logits[0, 6] = 0  # 20 and 30 years, half each
    assert mean_years(logits)[0] == pytest.approx(25, abs=1e-3)


def test_ages_fall_into_the_bands_that_the_device_uses() -> None:
    years = np.array([0, 12.9, 13, 17.5, 18, 29, 30, 43.9, 44, 59, 60, 116])
    found = [AGE_BANDS[index] for index in bands(years)]
    assert found[::2] == ["child", "teen", "young", "adult", "middle", "senior"]
    assert found[1::2] == found[::2]


def test_a_label_that_no_face_has_is_not_measured() -> None:
    faces = unlabelled(2)
    outputs = {
        "emotion": one_hot([3, 3]),
        "age": np.zeros((2, 21), np.float32),
        "female": np.array([[2.0], [-2.0]], np.float32),
    }
    assert face_metrics(outputs, faces) == {}
    figures = face_metrics(outputs, replace(faces, emotion=np.array([3, -1])))
    assert set(figures) == {"accuracy", "macro_recall", "macro_f1", "ece", "nll"}
    assert figures["accuracy"] == 1
    figures = face_metrics(outputs, replace(faces, female=np.array([1.0, 1.0], np.float32)))
    assert set(figures) == {"gender_accuracy", "gender_ece", "gender_nll"}
    assert figures["gender_accuracy"] == 0.5
    figures = face_metrics(outputs, replace(faces, years=np.array([50, np.nan], np.float32)))
    assert figures["age_error"] == pytest.approx(0, abs=1e-4)
    assert figures["age_band_accuracy"] == 1


def test_each_output_is_measured_by_the_annotators_majority() -> None:
    votes = np.zeros((3, 8), np.float32)
    votes[0, [3, 6]] = 0.8, 0.2  # happy
    votes[1, [4, 6]] = 0.6, 0.4  # sad
    votes[2, [0, 1]] = 0.5, 0.5  # a tie: no label
    faces = replace(unlabelled(3), votes=votes)
    emotion, contempt = one_hot([3, 6, 0]), one_hot([3, 7, 0], 8)
    figures = face_metrics({"emotion": emotion, "votes": contempt}, faces)
    assert figures["emotion_by_votes_accuracy"] == figures["votes_accuracy"] == 0.5
    figures = face_metrics({"emotion": emotion}, faces)
    assert "votes_accuracy" not in figures
    assert figures["emotion_by_votes_accuracy"] == 0.5


def test_both_outputs_are_measured_where_label_and_majority_agree() -> None:
    faces = replace(unlabelled(3), emotion=np.array([3, 4, 6]), votes=one_hot([3, 4, 3], 8))
    by_label = np.float32([2, 1, 1])[:, None] * one_hot([3, 6, 6])
    by_votes = np.float32([1, 2, 1])[:, None] * one_hot([6, 4, 6], 8)
    figures = measure({"emotion": by_label, "votes": by_votes}, faces)["votes"]
    assert figures["agreed_faces"] == 2
    assert figures["emotion_agreed_accuracy"] == figures["votes_agreed_accuracy"] == 0.5


def test_a_model_of_other_classes_is_not_measured_by_the_annotators_majority() -> None:
    faces = replace(unlabelled(1), votes=one_hot([0], 8))
    assert face_metrics({"emotion": np.zeros((1, 5), np.float32)}, faces) == {}


def test_a_gender_has_two_probabilities_that_sum_to_one() -> None:
    shares = gender_shares(np.array([[0.0], [2.0]], np.float32))
    assert shares.tolist()[0] == [0.5, 0.5]
    assert shares[1] == pytest.approx([0.1192, 0.8808], abs=1e-4)
