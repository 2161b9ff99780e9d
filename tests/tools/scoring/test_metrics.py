"""The figures of the cards, checked on cases that can be told by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.values import AGE_BANDS
from tools.datasets.load import TEST, from_pictures
from tools.scoring.metrics import (
    bands,
    confusion,
    face_metrics,
    gender_shares,
    macro_f1,
    mean_years,
    measure,
)


def test_macro_f1_weighs_rare_classes_like_common_ones() -> None:
    truth = np.array([0] * 9 + [1])
    told = np.zeros(10, np.int64)
    counts = confusion(truth, told, 2)
    assert counts.tolist() == [[9, 0], [1, 0]]
    assert macro_f1(counts) == pytest.approx((2 * 9 / (2 * 9 + 1) + 0) / 2)


def test_an_age_is_the_mean_of_its_distribution() -> None:
    logits = np.full((1, 21), -50, np.float32)
    logits[0, 4] = logits[0, 6] = 0  # 20 and 30 years, half each
    assert mean_years(logits)[0] == pytest.approx(25, abs=1e-3)


def test_ages_fall_into_the_bands_that_the_device_uses() -> None:
    years = np.array([0, 12.9, 13, 17.5, 18, 29, 30, 43.9, 44, 59, 60, 116])
    told = [AGE_BANDS[index] for index in bands(years)]
    assert (
        told
        == ["child"] * 2
        + ["teen"] * 2
        + ["young"] * 2
        + ["adult"] * 2
        + ["middle"] * 2
        + ["senior"] * 2
    )


def test_a_label_that_no_face_has_is_not_measured() -> None:
    stills = from_pictures(np.zeros((2, 4, 4), np.uint8), TEST, np.array(["a", "b"]))
    outputs = {
        "emotion": np.eye(7, dtype=np.float32)[[3, 3]],
        "age": np.zeros((2, 21), np.float32),
        "female": np.array([[2.0], [-2.0]], np.float32),
    }
    assert face_metrics(outputs, stills) == {}
    told = face_metrics(outputs, replace(stills, emotion=np.array([3, -1])))
    assert set(told) == {"accuracy", "macro_f1", "ece", "nll"}
    assert told["accuracy"] == 1
    told = face_metrics(outputs, replace(stills, female=np.array([1.0, 1.0], np.float32)))
    assert set(told) == {"gender_accuracy", "gender_ece", "gender_nll"}
    assert told["gender_accuracy"] == 0.5
    told = face_metrics(outputs, replace(stills, years=np.array([50, np.nan], np.float32)))
    assert told["age_error"] == pytest.approx(0, abs=1e-4)
    assert told["age_band_accuracy"] == 1


def test_both_outputs_are_held_against_what_most_annotators_saw() -> None:
    stills = from_pictures(np.zeros((3, 4, 4), np.uint8), TEST, np.array(["a", "b", "c"]))
    votes = np.zeros((3, 8), np.float32)
    votes[0, [3, 6]] = 0.8, 0.2  # happy
    votes[1, [4, 6]] = 0.6, 0.4  # sad
    votes[2, [0, 1]] = 0.5, 0.5  # a tie: no label
    stills = replace(stills, votes=votes)
    emotion = np.eye(7, dtype=np.float32)[[3, 6, 0]]
    contempt = np.eye(8, dtype=np.float32)[[3, 7, 0]]
    told = face_metrics({"emotion": emotion, "votes": contempt}, stills)
    assert told["emotion_by_votes_accuracy"] == told["votes_accuracy"] == 0.5
    assert face_metrics({"consensus": emotion[[0, 2, 1]]}, stills)["consensus_accuracy"] == 0.5
    without = face_metrics({"emotion": emotion}, stills)
    assert "votes_accuracy" not in without
    assert without["emotion_by_votes_accuracy"] == 0.5


def test_the_mean_of_labels_and_votes_is_measured_with_or_without_an_output() -> None:
    stills = from_pictures(np.zeros((3, 4, 4), np.uint8), TEST, np.array(["a", "b", "c"]))
    stills = replace(
        stills, emotion=np.array([3, 4, 6]), votes=np.eye(8, dtype=np.float32)[[3, 4, 3]]
    )
    by_label = np.float32([2, 1, 1])[:, None] * np.eye(7, dtype=np.float32)[[3, 6, 6]]
    by_votes = np.float32([1, 2, 1])[:, None] * np.eye(8, dtype=np.float32)[[6, 4, 6]]
    told = measure({"emotion": by_label, "votes": by_votes}, stills)["votes"]
    assert told["agreed_faces"] == 2
    assert told["emotion_agreed_accuracy"] == told["votes_agreed_accuracy"] == 0.5
    assert told["consensus_agreed_accuracy"] == 1
    own = measure({"consensus": np.eye(7, dtype=np.float32)[[0, 4, 6]]}, stills)["votes"]
    assert own["consensus_agreed_accuracy"] == 0.5


def test_a_model_of_other_classes_is_not_held_against_the_annotators() -> None:
    stills = from_pictures(np.zeros((1, 4, 4), np.uint8), TEST, np.array(["a"]))
    stills = replace(stills, votes=np.eye(8, dtype=np.float32)[:1])
    assert face_metrics({"emotion": np.zeros((1, 5), np.float32)}, stills) == {}


def test_a_gender_has_two_probabilities_that_sum_to_one() -> None:
    shares = gender_shares(np.array([[0.0], [2.0]], np.float32))
    assert shares.tolist()[0] == [0.5, 0.5]
    assert shares[1] == pytest.approx([0.1192, 0.8808], abs=1e-4)
