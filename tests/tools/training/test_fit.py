"""Losses, the running average, checkpoints and the choice of the best epoch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import UserError
from device.values import AGE_YEARS
from tools.datasets.face_dataset import TRAIN, VALIDATION, from_pictures
from tools.training.batches import age_targets
from tools.training.checkpoint import Checkpoint
from tools.training.fit import (
    RunningAverage,
    TrainingRun,
    age_loss,
    emotion_loss,
    epoch_score,
    initialise,
)
from tools.training.networks import TINY, Design, load_network
from tools.training.pipeline import mean_network
from tools.training.recipes import Recipe

ONE_EPOCH = Recipe(epochs=1, batch=8, mixup=0, design=TINY)


def test_logits_that_assume_equal_classes_fit_labels_of_any_prior() -> None:
    prior = np.log(np.float32([0.9, 0.1]))
    balanced = np.float32([[0.0, 0.0]])  # the face says nothing
    shares = np.exp(prior)
    target = np.concatenate([shares, prior])[None]
    entropy = -(shares * prior).sum()
    assert float(np.asarray(emotion_loss(target, balanced))[0]) == pytest.approx(entropy, abs=1e-6)
    assert float(np.asarray(emotion_loss(target, prior[None]))[0]) > entropy + 0.1
    unlabelled = np.float32([[0.5, 0.5, 0, 0]])
    assert float(np.asarray(emotion_loss(unlabelled, balanced))[0]) == pytest.approx(np.log(2))


def test_the_age_loss_falls_as_the_mean_approaches_the_age() -> None:
    target = age_targets(np.array([30], np.float32))
    losses = []
    for year in (60, 45, 30):
        logits = -((AGE_YEARS - year) ** 2) / 32
        losses.append(float(np.asarray(age_loss(target, logits[None]))[0]))
    assert losses[0] > losses[1] > losses[2]


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


def test_a_start_with_another_stem_gives_all_weights_but_the_stems() -> None:
    past = TINY.build()
    deeper = replace(TINY, stem=(4, 8)).build()
    stem = deeper.get_weights()[:6]
    initialise(deeper, past)
    for own, kept in zip(deeper.get_weights(), stem, strict=False):
        np.testing.assert_array_equal(own, kept)
    for own, taken in zip(deeper.get_weights()[6:], past.get_weights()[1:], strict=True):
        np.testing.assert_array_equal(own, taken)


def test_a_start_of_another_design_is_refused() -> None:
    with pytest.raises(UserError, match=r"--start: another design: \d+ of its \d+ weights fit"):
        initialise(TINY.build(), Design().build())


def test_the_best_epoch_is_chosen_by_emotion_and_gender_before_age() -> None:
    better = {"val_nll": 0.84, "val_gender_nll": 0.18, "val_age_error": 6.0}
    worse = {"val_nll": 0.86, "val_gender_nll": 0.17, "val_age_error": 5.8}
    assert epoch_score(better) > epoch_score(worse)
    assert epoch_score({"val_nll": 0.84}) > epoch_score({"val_nll": 0.85})  # no age head


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    faces = from_pictures(np.zeros((4, 64, 64), np.uint8), TRAIN, np.arange(4).astype(str))
    checkpoint = TrainingRun(tmp_path, ONE_EPOCH, 7).checkpoint(faces)
    checkpoint.begin()
    checkpoint.begin()
    with pytest.raises(UserError, match=r"recipe\.json: made with another epochs \(1, now 9\)"):
        TrainingRun(tmp_path, replace(ONE_EPOCH, epochs=9), 7).checkpoint(faces).begin()
    wider = replace(ONE_EPOCH, design=replace(TINY, features=32))
    with pytest.raises(UserError, match="another design"):
        TrainingRun(tmp_path, wider, 7).checkpoint(faces).begin()
    with pytest.raises(UserError, match="another faces"):
        TrainingRun(tmp_path, ONE_EPOCH, 7).checkpoint(faces.take(np.arange(2))).begin()
    start = tmp_path / "other.keras"
    start.write_bytes(b"another network")
    with pytest.raises(UserError, match="another start"):
        TrainingRun(tmp_path, ONE_EPOCH, 7, start=start).checkpoint(faces).begin()


def test_a_refused_start_leaves_the_folder_unused(tmp_path: Path) -> None:
    faces = from_pictures(np.zeros((4, 64, 64), np.uint8), TRAIN, np.arange(4).astype(str))
    held_out = replace(faces, split=np.full(4, VALIDATION, np.uint8))
    start = tmp_path / "wide.keras"
    replace(TINY, features=32, embedding=96).build().save(start)
    run = TrainingRun(tmp_path / "run", ONE_EPOCH, 7, start=start)
    with pytest.raises(UserError, match="--start: another design"):
        run.train(replace(faces, emotion=np.arange(4)), held_out)
    TINY.build().save(start)
    TrainingRun(tmp_path / "run", ONE_EPOCH, 7, start=start).checkpoint(faces).begin()


def test_a_new_setting_or_another_policy_is_not_another_run(tmp_path: Path) -> None:
    Checkpoint(tmp_path, {"epochs": 3, "policy": "float32"}).begin()
    Checkpoint(tmp_path, {"epochs": 3, "policy": "mixed_bfloat16", "mixup": 0.2}).begin()


def test_the_mean_of_two_networks_needs_one_design(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.keras" for name in ("start", "best", "other")]
    for path, design in zip(paths, (TINY, TINY, replace(TINY, stem=(4, 8))), strict=True):
        design.build().save(path)
    start, best, other = paths
    mean = mean_network(start, best).get_weights()
    for one, two, three in zip(
        load_network(start).get_weights(), load_network(best).get_weights(), mean, strict=True
    ):
        np.testing.assert_allclose((one + two) / 2, three, atol=1e-6)
    for one, two in zip(
        mean_network(other, best).get_weights(), load_network(best).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, two)
