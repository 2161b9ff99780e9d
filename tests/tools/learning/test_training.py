"""What a batch teaches, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from device.values import AGE_YEARS, EMOTIONS
from tools.faces.datasets import TRAIN, VOTES, Stills, from_pictures
from tools.learning.networks import TINY
from tools.learning.training import (
    HEADS,
    Batches,
    Recipe,
    RunningAverage,
    age_loss,
    age_targets,
    emotion_targets,
    mixup_pairs,
    score,
    with_rare_again,
)

RECIPE = Recipe(epochs=4, batch=4, mixup=0, design=TINY)


def stills() -> Stills:
    """Two faces with an emotion (one of them with votes) and two with age and gender."""
    pictures = np.random.default_rng(0).integers(0, 256, (4, 64, 64), np.uint8)
    table = from_pictures(pictures, TRAIN, np.array(list("abcd")))
    votes = np.zeros((4, len(VOTES)), np.float32)
    votes[0, VOTES.index("sad")] = 0.5
    votes[0, VOTES.index("contempt")] = 0.5
    return replace(
        table,
        emotion=np.array([3, 0, -1, -1]),
        votes=votes,
        years=np.array([np.nan, np.nan, 27, 80], np.float32),
        female=np.array([np.nan, np.nan, 1, 0], np.float32),
    )


def test_a_label_is_softened_by_what_annotators_saw() -> None:
    targets = emotion_targets(stills(), 7, votes_share=0.2)
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    assert targets[0, EMOTIONS.index("happy")] == pytest.approx(0.8)
    assert targets[0, EMOTIONS.index("sad")] == pytest.approx(0.2)  # contempt is left out
    assert targets[1, EMOTIONS.index("angry")] == pytest.approx(0.8 + 0.2 / 7)


def test_an_age_becomes_a_distribution_about_itself() -> None:
    targets = age_targets(np.array([27, 0, 116, np.nan], np.float32))
    assert targets.shape == (4, len(AGE_YEARS) + 1)
    np.testing.assert_allclose(targets[:, :-1].sum(axis=1), 1, atol=1e-5)
    assert targets[0, :-1] @ AGE_YEARS == pytest.approx(27, abs=0.2)
    assert targets[2, -1] == 100
    assert np.isfinite(targets).all()


def test_the_age_loss_falls_as_the_mean_comes_nearer() -> None:
    target = age_targets(np.array([30], np.float32))
    losses = []
    for year in (60, 45, 30):
        logits = -((AGE_YEARS - year) ** 2) / 32
        losses.append(float(np.asarray(age_loss(target, logits[None]))[0]))
    assert losses[0] > losses[1] > losses[2]


def test_a_face_teaches_only_what_is_known_of_it() -> None:
    batches = Batches(stills(), RECIPE, 7, epoch=0)
    faces, targets, known = batches[0]
    assert faces.shape == (4, 48, 48, 1)
    assert set(targets) == set(known) == set(HEADS)
    emotions = known["emotion"] == 1
    assert emotions.sum() == 2
    np.testing.assert_array_equal(known["age"], ~emotions)
    np.testing.assert_array_equal(known["female"], ~emotions)
    assert known["votes"].sum() == 1
    assert np.isfinite(targets["age"]).all()


def test_a_mixed_face_teaches_what_both_of_its_faces_know() -> None:
    batches = Batches(stills(), replace(RECIPE, mixup=0.4), 7, epoch=0)
    faces, targets, known = batches[0]
    assert faces.dtype == targets["emotion"].dtype == np.float32
    assert known["emotion"].sum() == known["female"].sum() == 2
    emotions = known["emotion"] == 1
    np.testing.assert_allclose(targets["emotion"][emotions].sum(axis=1), 1, atol=1e-5)
    assert known["votes"].sum() <= 1  # one of the two has none


def test_a_face_is_mixed_with_one_of_its_own_kind_and_stays_mostly_itself() -> None:
    kind = np.array([0, 1, 1, 0, 1, 0, 0, 1])
    partner, share = mixup_pairs(kind, 0.2, np.random.default_rng(0))
    np.testing.assert_array_equal(kind[partner], kind)
    assert sorted(partner) == list(range(8))
    assert (share >= 0.5).all()
    assert (share <= 1).all()


def test_faces_of_rare_classes_are_seen_more_often() -> None:
    emotion = np.array([0] * 40 + [1] * 3 + [2] * 20 + [-1] * 5)
    times = np.bincount(with_rare_again(emotion, 3), minlength=len(emotion))
    np.testing.assert_array_equal(times, np.where(emotion == 1, 3, 1))
    assert len(with_rare_again(np.full(4, -1), 3)) == 4


def test_an_epoch_is_the_same_for_the_same_seed_and_differs_from_the_next() -> None:
    first, again = (Batches(stills(), RECIPE, 7, epoch=2)[0][0] for _ in range(2))
    later = Batches(stills(), RECIPE, 7, epoch=3)[0][0]
    np.testing.assert_array_equal(first, again)
    assert (first != later).any()


def test_the_average_follows_the_weights_with_a_delay() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    average = RunningAverage(0.9)
    average.set_model(model)
    average.on_train_begin()
    for value in range(80):
        model.set_weights([np.full((1, 1), value, np.float32)])
        average.on_train_batch_end(value)
    (mean,) = average.weights
    assert 40 < mean.item() < 78


def test_the_best_epoch_is_told_by_emotion_first() -> None:
    better = {"val_accuracy": 0.66, "val_gender_accuracy": 0.92, "val_age_error": 6.0}
    worse = {"val_accuracy": 0.64, "val_gender_accuracy": 0.93, "val_age_error": 5.8}
    assert score(better) > score(worse)
