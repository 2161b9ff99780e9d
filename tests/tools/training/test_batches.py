"""Targets and weights of a batch, with and without soft targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.values import AGE_YEARS, EMOTIONS
from tools.datasets.face_dataset import TRAIN, VOTES, FaceDataset, from_pictures
from tools.training.batches import Batches, age_targets, emotion_targets, mixup_pairs, oversampled
from tools.training.networks import HEADS, TINY
from tools.training.recipes import Recipe
from tools.training.soft_targets import SoftTargets, Views

RECIPE = Recipe(epochs=4, batch=4, mixup=0, design=TINY)


def faces() -> FaceDataset:
    """Two faces with an emotion (one of them with votes) and two with age and gender."""
    pictures = np.random.default_rng(0).integers(0, 256, (4, 64, 64), np.uint8)
    unlabelled = from_pictures(pictures, TRAIN, np.array(list("abcd")))
    votes = np.zeros((4, len(VOTES)), np.float32)
    votes[0, VOTES.index("sad")] = 0.5
    votes[0, VOTES.index("contempt")] = 0.5
    return replace(
        unlabelled,
        emotion=np.array([3, 0, -1, -1]),
        votes=votes,
        years=np.array([np.nan, np.nan, 27, 80], np.float32),
        female=np.array([np.nan, np.nan, 1, 0], np.float32),
    )


def test_a_label_is_softened_by_ferplus_votes() -> None:
    targets = emotion_targets(faces(), 7, votes_share=0.2)
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    assert targets[0, EMOTIONS.index("happy")] == pytest.approx(0.8)
    assert targets[0, EMOTIONS.index("sad")] == pytest.approx(0.2)  # contempt is left out
    assert targets[1, EMOTIONS.index("angry")] == pytest.approx(0.8 + 0.2 / 7)


def test_an_age_becomes_a_distribution_around_it() -> None:
    targets = age_targets(np.array([27, 0, 116, np.nan], np.float32))
    assert targets.shape == (4, len(AGE_YEARS) + 1)
    np.testing.assert_allclose(targets[:, :-1].sum(axis=1), 1, atol=1e-5)
    assert targets[0, :-1] @ AGE_YEARS == pytest.approx(27, abs=0.2)
    assert targets[2, -1] == 100
    assert np.isfinite(targets).all()


def test_a_face_has_weight_only_for_its_labels() -> None:
    batches = Batches(faces(), RECIPE, 7, epoch=0)
    inputs, targets, known = batches[0]
    assert inputs.shape == (4, 48, 48, 1)
    assert set(targets) == set(known) == set(HEADS)
    emotions = known["emotion"] == 1
    assert emotions.sum() == 2
    np.testing.assert_array_equal(known["age"], ~emotions)
    np.testing.assert_array_equal(known["female"], ~emotions)
    assert known["votes"].sum() == 1
    assert np.isfinite(targets["age"]).all()


def test_a_mixed_face_has_weight_for_the_labels_of_both_faces() -> None:
    batches = Batches(faces(), replace(RECIPE, mixup=0.4), 7, epoch=0)
    inputs, targets, known = batches[0]
    assert inputs.dtype == targets["emotion"].dtype == np.float32
    assert known["emotion"].sum() == known["female"].sum() == 2
    emotions = known["emotion"] == 1
    np.testing.assert_allclose(targets["emotion"][emotions, :7].sum(axis=1), 1, atol=1e-5)
    assert known["votes"].sum() <= 1  # one of the two has none


def test_a_face_is_mixed_with_one_of_its_kind_and_keeps_the_larger_share() -> None:
    kind = np.array([0, 1, 1, 0, 1, 0, 0, 1])
    partner, share = mixup_pairs(kind, 0.2, np.random.default_rng(0))
    np.testing.assert_array_equal(kind[partner], kind)
    assert sorted(partner) == list(range(8))
    assert (share >= 0.5).all()
    assert (share <= 1).all()


def test_faces_of_rare_classes_are_repeated() -> None:
    emotion = np.array([0] * 40 + [1] * 3 + [2] * 20 + [-1] * 5)
    times = np.bincount(oversampled(emotion, 3), minlength=len(emotion))
    np.testing.assert_array_equal(times, np.where(emotion == 1, 3, 1))
    assert len(oversampled(np.full(4, -1), 3)) == 4


def test_a_seed_repeats_an_epoch_and_the_next_one_differs() -> None:
    first, again = (Batches(faces(), RECIPE, 7, epoch=2)[0][0] for _ in range(2))
    later = Batches(faces(), RECIPE, 7, epoch=3)[0][0]
    of_another_run = Batches(faces(), RECIPE, 7, epoch=2, run=2)[0][0]
    np.testing.assert_array_equal(first, again)
    assert (first != later).any()
    assert (first != of_another_run).any()


def soft_targets_of(count: int) -> SoftTargets:
    """Certain: angry, votes for contempt, 40 years, female."""
    certain = {
        "emotion": np.arange(7) == 0,
        "votes": np.arange(8) == 7,
        "age": AGE_YEARS == 40,
        "female": np.ones(1, bool),
    }
    shares = {head: np.where(one, 255, 0).astype(np.uint8) for head, one in certain.items()}
    return SoftTargets(
        Views(2), {head: np.tile(one, (2, count, 1)) for head, one in shares.items()}
    )


def test_soft_targets_soften_a_label_and_replace_a_missing_one() -> None:
    plain, distilled = (
        Batches(faces(), replace(RECIPE, soft_share=0.4), 7, 0, soft)[0]
        for soft in (None, soft_targets_of(4))
    )
    _, before, known = plain
    _, after, weights = distilled
    labelled = known["emotion"] == 1
    angry = np.eye(7)[0]
    emotions = after["emotion"][:, :7]
    np.testing.assert_allclose(
        emotions[labelled], 0.6 * before["emotion"][labelled, :7] + 0.4 * angry, atol=1e-6
    )
    np.testing.assert_allclose(emotions[~labelled], [angry, angry])
    np.testing.assert_allclose(after["age"][labelled][:, -1], 40)  # these had no age of their own
    np.testing.assert_allclose(weights["age"], np.where(labelled, RECIPE.soft_weight, 1))


def test_the_prior_of_the_labels_stands_beside_the_targets_of_labelled_faces_alone() -> None:
    _, targets, known = Batches(faces(), RECIPE, 7, epoch=0)[0]
    labelled = known["emotion"] == 1
    shares = np.exp(targets["emotion"][:, 7:])
    np.testing.assert_allclose(shares[~labelled], 1)
    np.testing.assert_allclose(shares[labelled].sum(axis=1), 1, atol=1e-5)
    assert shares[labelled][0, 0] == pytest.approx(
        2 * shares[labelled][0, 1]
    )  # a face against none


def test_a_face_without_a_label_has_the_emotions_of_the_teacher_of_other_data() -> None:
    fear, happy = EMOTIONS.index("fear"), EMOTIONS.index("happy")
    external = np.zeros((4, 7), np.uint8)
    external[:, fear] = 51
    external[:, happy] = 204
    soft = replace(soft_targets_of(4), external=external)
    recipe = replace(
        RECIPE, votes_share=0, soft_share=0.5, external_share=0.5, external_unlabelled=1.0,
        neutral=1.0, rare_weight=2.0,
    )  # fmt: skip
    _, targets, weights = Batches(faces(), recipe, 7, 0, soft)[0]
    labelled = weights["age"] != 1
    emotions, prior = targets["emotion"][:, :7], targets["emotion"][labelled][0, 7:]
    np.testing.assert_allclose(emotions[~labelled][:, [fear, happy]], [[0.2, 0.8]] * 2, atol=1e-6)
    np.testing.assert_allclose(weights["emotion"], np.where(labelled, 1, 1 + 2 * 0.2), atol=1e-6)
    # Of a labelled face it is a part of the soft half, with the labels' prior.
    odds = 0.25 * np.exp(prior[fear] - prior[happy])
    np.testing.assert_allclose(emotions[labelled][:, fear], 0.25 * odds / (1 + odds), atol=1e-6)


def test_the_teacher_of_other_data_predicts_neutral_more_often_by_a_factor() -> None:
    external = np.zeros((4, 7), np.uint8)
    external[:, [0, 6]] = 100
    soft = replace(soft_targets_of(4), external=external)
    recipe = replace(RECIPE, external_unlabelled=0.5, neutral=3.0)
    _, targets, weights = Batches(faces(), recipe, 7, 0, soft)[0]
    unlabelled = targets["emotion"][weights["age"] == 1]
    # Half of it is the other teachers' emotion, which is certain.
    np.testing.assert_allclose(unlabelled[:, 6], 0.5 * 0.75, atol=1e-6)
    np.testing.assert_allclose(unlabelled[:, 0], 0.5 * 0.25 + 0.5, atol=1e-6)


def test_a_view_is_lightly_augmented_anew_in_each_epoch() -> None:
    one_view = replace(soft_targets_of(4), views=Views(1))
    one_view = replace(one_view, shares={h: some[:1] for h, some in one_view.shares.items()})
    first, second = (
        {face.tobytes() for face in Batches(faces(), RECIPE, 7, epoch, one_view)[0][0]}
        for epoch in (0, 1)
    )
    assert first != second
