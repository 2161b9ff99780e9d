"""What is minimised, what is averaged, and which epoch is the best."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import UserError
from device.values import AGE_YEARS
from tools.datasets.face_dataset import TRAIN, VALIDATION, from_pictures
from tools.training.batches import Recipe, age_targets
from tools.training.checkpoint import Checkpoint
from tools.training.fit import Run, RunningAverage, age_loss, begin_with, halfway, score
from tools.training.networks import TINY, Design, load_network

TRAIN_ONCE = Recipe(epochs=1, batch=8, mixup=0, design=TINY)


def test_the_age_loss_falls_as_the_mean_comes_nearer() -> None:
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


def test_a_network_with_another_stem_begins_with_all_weights_but_its_stems() -> None:
    past = TINY.build()
    deeper = replace(TINY, stem=(4, 8)).build()
    stem = deeper.get_weights()[:6]
    begin_with(deeper, past)
    for own, kept in zip(deeper.get_weights(), stem, strict=False):
        np.testing.assert_array_equal(own, kept)
    for own, taken in zip(deeper.get_weights()[6:], past.get_weights()[1:], strict=True):
        np.testing.assert_array_equal(own, taken)


def test_a_network_of_another_design_is_no_beginning() -> None:
    with pytest.raises(UserError, match=r"--start: another design: \d+ of its \d+ weights fit"):
        begin_with(TINY.build(), Design().build())


def test_the_best_epoch_is_told_by_emotion_and_gender_before_age() -> None:
    better = {"val_nll": 0.84, "val_gender_nll": 0.18, "val_age_error": 6.0}
    worse = {"val_nll": 0.86, "val_gender_nll": 0.17, "val_age_error": 5.8}
    assert score(better) > score(worse)
    assert score({"val_nll": 0.84}) > score({"val_nll": 0.85})  # one that knows no ages


def test_a_folder_that_holds_another_training_is_not_gone_on_with(tmp_path: Path) -> None:
    faces = from_pictures(np.zeros((4, 64, 64), np.uint8), TRAIN, np.arange(4).astype(str))
    checkpoint = Run(tmp_path, TRAIN_ONCE, 7).checkpoint(faces)
    checkpoint.begin()
    checkpoint.begin()
    with pytest.raises(UserError, match=r"recipe\.json: made with another epochs \(1, now 9\)"):
        Run(tmp_path, replace(TRAIN_ONCE, epochs=9), 7).checkpoint(faces).begin()
    wider = replace(TRAIN_ONCE, design=replace(TINY, features=32))
    with pytest.raises(UserError, match="another design"):
        Run(tmp_path, wider, 7).checkpoint(faces).begin()
    with pytest.raises(UserError, match="another faces"):
        Run(tmp_path, TRAIN_ONCE, 7).checkpoint(faces.take(np.arange(2))).begin()
    start = tmp_path / "other.keras"
    start.write_bytes(b"another network")
    with pytest.raises(UserError, match="another start"):
        Run(tmp_path, TRAIN_ONCE, 7, start=start).checkpoint(faces).begin()


def test_a_beginning_that_is_refused_leaves_the_folder_to_the_next(tmp_path: Path) -> None:
    faces = from_pictures(np.zeros((4, 64, 64), np.uint8), TRAIN, np.arange(4).astype(str))
    held_out = replace(faces, split=np.full(4, VALIDATION, np.uint8))
    start = tmp_path / "wide.keras"
    replace(TINY, features=32, embedding=96).build().save(start)
    run = Run(tmp_path / "run", TRAIN_ONCE, 7, start=start)
    with pytest.raises(UserError, match="--start: another design"):
        run.train(replace(faces, emotion=np.arange(4)), held_out)
    TINY.build().save(start)
    Run(tmp_path / "run", TRAIN_ONCE, 7, start=start).checkpoint(faces).begin()


def test_a_later_setting_or_another_machine_makes_no_other_training(tmp_path: Path) -> None:
    Checkpoint(tmp_path, {"epochs": 3, "policy": "float32"}).begin()
    Checkpoint(tmp_path, {"epochs": 3, "policy": "mixed_bfloat16", "mixup": 0.2}).begin()


def test_what_a_phase_made_is_met_halfway_where_it_is_of_one_design(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.keras" for name in ("start", "best", "other")]
    for path, design in zip(paths, (TINY, TINY, replace(TINY, stem=(4, 8))), strict=True):
        design.build().save(path)
    start, best, other = paths
    mean = halfway(start, best).get_weights()
    for one, two, three in zip(
        load_network(start).get_weights(), load_network(best).get_weights(), mean, strict=True
    ):
        np.testing.assert_allclose((one + two) / 2, three, atol=1e-6)
    for one, two in zip(
        halfway(other, best).get_weights(), load_network(best).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, two)
