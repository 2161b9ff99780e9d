"""The training pipeline on small data, up to int8 models that the device reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from device.config import RecogniseConfig, VisionConfig
from device.errors import UserError
from device.faces.crop import CROP_SIZE
from device.inference.litert import load_model
from device.inference.model_card import load_card
from device.recognition.recognise import Recogniser, softmax
from device.values import EMOTIONS
from tests.tools.training.interruption import interrupted_in_the_second_epoch
from tools.datasets.face_dataset import (
    TEST,
    TRAIN,
    VALIDATION,
    VOTES,
    FaceDataset,
    from_pictures,
    join,
    limited,
    pixel_digest,
)
from tools.datasets.load import require_splits
from tools.training.clips import TemporalRecipe
from tools.training.export import export_models
from tools.training.fit import TrainingRun
from tools.training.model_cards import sha256_of
from tools.training.networks import TINY, face_network, load_network
from tools.training.pipeline import train_network
from tools.training.recipes import DISTILLATION_SCHEDULE, LABEL_SCHEDULE, Recipe, schedule_for
from tools.training.soft_targets import Views, load_soft_targets, write_soft_targets

TRIAL = Recipe(epochs=2, batch=16, design=TINY)


def shaded(label: int, draw: np.random.Generator) -> np.ndarray:
    """An easy picture: a bright band whose height depends on the label."""
    picture = draw.integers(0, 60, (CROP_SIZE, CROP_SIZE), np.uint8)
    picture[label * 9 : label * 9 + 9] += 150
    return picture


def emotions(count: int, split: int, seed: int) -> FaceDataset:
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % 7
    pictures = np.stack([shaded(int(label), draw) for label in labels])
    faces = from_pictures(pictures, split, np.array([pixel_digest(p) for p in pictures]))
    votes = np.eye(len(VOTES), dtype=np.float32)[labels]
    return replace(faces, emotion=labels.astype(np.int64), votes=votes)


def ages(count: int, split: int, seed: int) -> FaceDataset:
    faces = emotions(count, split, seed)
    years = (faces.emotion * 10 + 5).astype(np.float32)
    return replace(
        faces,
        emotion=np.full(count, -1, np.int64),
        votes=np.zeros_like(faces.votes),
        years=years,
        female=(faces.emotion % 2).astype(np.float32),
    )


def datasets(count: int = 56) -> dict[str, FaceDataset]:
    splits = ((TRAIN, count), (VALIDATION, 21), (TEST, 21))
    return {
        "fer2013": join(*(emotions(n, split, split) for split, n in splits)),
        "utkface": join(*(ages(n, split, 10 + split) for split, n in splits)),
    }


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_an_interrupted_run_continues_from_its_checkpoint(tmp_path: Path) -> None:
    trial = replace(TRIAL, design=replace(TINY, dropout=0))  # dropout has no checkpoint
    both = join(*datasets(28).values())
    train, held_out = both.only(TRAIN), both.only(VALIDATION)
    interrupted, whole = tmp_path / "interrupted", tmp_path / "whole"
    with interrupted_in_the_second_epoch():
        TrainingRun(interrupted, trial, 7).train(train, held_out)

    def history(folder: Path) -> list[dict[str, float]]:
        return json.loads((folder / "history.json").read_text())

    first = history(interrupted)
    assert [row["epoch"] for row in first] == [1]
    TrainingRun(interrupted, trial, 7).train(train, held_out)
    assert [row["epoch"] for row in history(interrupted)] == [1, 2]
    assert history(interrupted)[0] == first[0]
    before = (interrupted / "state.npz").stat().st_mtime_ns
    TrainingRun(interrupted, trial, 7).train(train, held_out)  # finished
    assert (interrupted / "state.npz").stat().st_mtime_ns == before

    TrainingRun(whole, trial, 7).train(train, held_out)
    for key in ("loss", "emotion_loss", "age_loss"):  # same pictures, same order
        losses = ([row[key] for row in history(folder)] for folder in (interrupted, whole))
        np.testing.assert_allclose(*losses, rtol=1e-3)


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_each_run_starts_from_the_best_network_of_the_one_before(tmp_path: Path) -> None:
    data = datasets(21)
    learning = replace(TRIAL, epochs=1, batch=4)  # enough steps to move the average
    frozen = replace(learning, batch=64, rate=1e-9, decay=0.0)
    after = train_network(data, tmp_path, [learning, frozen], None)
    before = load_network(tmp_path / "face-1" / "best.keras")
    keras.utils.set_random_seed(frozen.seed)
    untrained = TINY.build()
    kernels = [n.get_layer("emotion").get_weights()[0] for n in (untrained, before)]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-3
    for name in ("embed", "emotion"):
        weights = (network.get_layer(name).get_weights()[0] for network in (before, after))
        np.testing.assert_allclose(*weights, atol=1e-5)
    again = tmp_path / "again"
    train_network(data, again, [TRIAL, frozen], None, tmp_path / "face-1" / "best.keras")
    (folder,) = again.iterdir()
    assert folder.name == "face-from-start-1"
    with pytest.raises(UserError, match="made with another start"):
        train_network(data, again, [TRIAL, frozen], None, tmp_path / "face-2" / "best.keras")


@pytest.mark.slow
def test_the_exported_models_run_on_the_device(tmp_path: Path) -> None:
    data = datasets()
    both = join(*data.values())
    run = TrainingRun(tmp_path / "runs" / "face", TRIAL, 7)
    network = run.train(both.only(TRAIN), both.only(VALIDATION))
    card = export_models(
        data, network, tmp_path / "runs", tmp_path / "models",
        TemporalRecipe(
            clips=8, steps=15, held_out_clips=4, held_out_s=1, epochs=1, batch=8, rank=2
        ),
        "a test",
    )  # fmt: skip
    models = tmp_path / "models"
    for name in ("face", "temporal"):
        assert load_card(models / f"{name}.tflite").labels == EMOTIONS
        stored = json.loads((models / f"{name}.json").read_text())
        assert stored["source_sha256"] == sha256_of(models / f"{name}.keras")
    assert set(card["metrics"]["int8"]) == {
        "fer2013 validation", "utkface validation", "fer2013 test", "utkface test",
    }  # fmt: skip
    face = load_model(models / "face.tflite")
    outputs = face.run({"face": data["fer2013"].pictures[:1, ..., None]})
    assert set(card["temperatures"]) == {"emotion", "votes", "age", "female"}
    assert {head: len(some) for head, some in card["biases"].items()} == {
        "votes": 8, "female": 1,
    }  # fmt: skip
    reader = Recogniser(models, VisionConfig(), RecogniseConfig(eyes=False))
    read = reader.read_crop(data["fer2013"].pictures[0]).emotion
    np.testing.assert_allclose(read, softmax(outputs["emotion"][0]), atol=1e-6)
    temporal = load_model(models / "temporal.tflite")
    zeros = np.zeros((1, 64), np.float32)
    step = temporal.run({"features": outputs["features"], "h": zeros, "c": zeros})
    assert step["emotion"].shape == (1, 7)
    assert list((tmp_path / "runs" / "release").glob("confusion*.png"))


def test_a_trial_has_the_same_number_of_faces_in_each_split() -> None:
    few = limited(datasets()["fer2013"], 5)
    assert [len(few.only(split)) for split in (TRAIN, VALIDATION, TEST)] == [5, 5, 5]


def test_a_dataset_without_one_of_the_splits_is_refused() -> None:
    whole = datasets()
    require_splits(whole)
    untested = {**whole, "fer2013": whole["fer2013"].only(TRAIN)}
    with pytest.raises(UserError, match="fer2013: no face in the validation split"):
        require_splits(untested)
    require_splits(untested, (TRAIN,))


@pytest.mark.usefixtures("eager")
def test_soft_targets_change_the_schedule(tmp_path: Path) -> None:
    faces = emotions(4, TRAIN, 1)
    with pytest.raises(UserError, match="no soft targets there"):
        load_soft_targets(tmp_path, faces)
    assert schedule_for(None) == LABEL_SCHEDULE
    network = tmp_path / "large.keras"
    face_network(TINY).save(network)
    write_soft_targets(network, faces, Views(2), tmp_path / "large.npz")
    assert schedule_for(load_soft_targets(tmp_path, faces)) == DISTILLATION_SCHEDULE
