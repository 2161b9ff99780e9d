"""What a batch teaches, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.values import AGE_YEARS, EMOTIONS
from tools.datasets.face_dataset import TRAIN, VOTES, FaceDataset, from_pictures
from tools.training.batches import (
    HEADS,
    Batches,
    Recipe,
    age_targets,
    emotion_targets,
    mixup_pairs,
    with_rare_again,
)
from tools.training.networks import TINY
from tools.training.soft_targets import Lessons, Views

RECIPE = Recipe(epochs=4, batch=4, mixup=0, design=TINY)


def stills() -> FaceDataset:
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
    of_another_phase = Batches(stills(), RECIPE, 7, epoch=2, phase=2)[0][0]
    np.testing.assert_array_equal(first, again)
    assert (first != later).any()
    assert (first != of_another_phase).any()


def lessons_of(count: int) -> Lessons:
    """Teachers that are sure: angry, no vote but contempt, 40 years, a woman."""
    sure = {
        "emotion": np.arange(7) == 0,
        "votes": np.arange(8) == 7,
        "age": AGE_YEARS == 40,
        "female": np.ones(1, bool),
    }
    said = {head: np.where(share, 255, 0).astype(np.uint8) for head, share in sure.items()}
    return Lessons(Views(2), {head: np.tile(one, (2, count, 1)) for head, one in said.items()})


def test_teachers_soften_a_label_and_stand_in_for_one_that_is_missing() -> None:
    plain, taught = (
        Batches(stills(), replace(RECIPE, taught=0.4), 7, 0, lessons)[0]
        for lessons in (None, lessons_of(4))
    )
    _, before, known = plain
    _, after, counted = taught
    sure = known["emotion"] == 1
    angry = np.eye(7)[0]
    np.testing.assert_allclose(
        after["emotion"][sure], 0.6 * before["emotion"][sure] + 0.4 * angry, atol=1e-6
    )
    np.testing.assert_allclose(after["emotion"][~sure], [angry, angry])
    np.testing.assert_allclose(after["age"][sure][:, -1], 40)  # these had no age of their own
    np.testing.assert_allclose(counted["age"], np.where(sure, RECIPE.guessed, 1))


def test_a_view_that_was_spoken_of_is_seen_retouched_each_time() -> None:
    one_view = replace(lessons_of(4), views=Views(1))
    one_view = replace(one_view, shares={h: said[:1] for h, said in one_view.shares.items()})
    first, second = (
        {face.tobytes() for face in Batches(stills(), RECIPE, 7, epoch, one_view)[0][0]}
        for epoch in (0, 1)
    )
    assert first != second
