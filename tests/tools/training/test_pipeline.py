"""The whole chain, small: from zip files to int8 models that the device reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from device.config import RecogniseConfig, VisionConfig
from device.errors import UserError
from device.inference.litert import load_model
from device.inference.model_card import load_card
from device.recognition.recognise import Recogniser, softmax
from device.values import EMOTIONS
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
from tools.training.batches import PHASES, TAUGHT, Recipe
from tools.training.clips import TemporalRecipe
from tools.training.convert import sha256_of
from tools.training.fit import Run
from tools.training.networks import SIZE, TINY, face_network, load_network
from tools.training.pipeline import course_of, train_network
from tools.training.release import release
from tools.training.soft_targets import Views, ask, load

TRIAL = Recipe(epochs=2, batch=16, design=TINY)


def shaded(label: int, draw: np.random.Generator) -> np.ndarray:
    """A picture that is easy to tell: a bright band whose height depends on the label."""
    picture = draw.integers(0, 60, (SIZE, SIZE), np.uint8)
    picture[label * 9 : label * 9 + 9] += 150
    return picture


def emotions(count: int, part: int, seed: int) -> FaceDataset:
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % 7
    pictures = np.stack([shaded(int(label), draw) for label in labels])
    stills = from_pictures(pictures, part, np.array([pixel_digest(p) for p in pictures]))
    votes = np.eye(len(VOTES), dtype=np.float32)[labels]
    return replace(stills, emotion=labels.astype(np.int64), votes=votes)


def ages(count: int, part: int, seed: int) -> FaceDataset:
    stills = emotions(count, part, seed)
    years = (stills.emotion * 10 + 5).astype(np.float32)
    return replace(
        stills,
        emotion=np.full(count, -1, np.int64),
        votes=np.zeros_like(stills.votes),
        years=years,
        female=(stills.emotion % 2).astype(np.float32),
    )


def tables(count: int = 56) -> dict[str, FaceDataset]:
    parts = ((TRAIN, count), (VALIDATION, 21), (TEST, 21))
    return {
        "fer2013": join(*(emotions(n, part, part) for part, n in parts)),
        "utkface": join(*(ages(n, part, 10 + part) for part, n in parts)),
    }


@pytest.mark.slow
def test_a_training_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, killed_after_an_epoch: Callable[[], AbstractContextManager[None]]
) -> None:
    trial = replace(TRIAL, design=replace(TINY, dropout=0))  # which is drawn anew after a kill
    both = join(*tables().values())
    train, held_out = both.only(TRAIN), both.only(VALIDATION)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    with killed_after_an_epoch():
        Run(killed, trial, 7).train(train, held_out)

    def history(folder: Path) -> list[dict[str, float]]:
        return json.loads((folder / "history.json").read_text())

    first = history(killed)
    assert [row["epoch"] for row in first] == [1]
    Run(killed, trial, 7).train(train, held_out)
    assert [row["epoch"] for row in history(killed)] == [1, 2]
    assert history(killed)[0] == first[0]
    before = (killed / "state.npz").stat().st_mtime_ns
    Run(killed, trial, 7).train(train, held_out)  # done: nothing more to do
    assert (killed / "state.npz").stat().st_mtime_ns == before

    Run(whole, trial, 7).train(train, held_out)
    for key in ("loss", "emotion_loss", "age_loss"):  # it saw the same pictures in the same order
        losses = ([row[key] for row in history(folder)] for folder in (killed, whole))
        np.testing.assert_allclose(*losses, rtol=1e-3)


@pytest.mark.slow
def test_each_phase_goes_on_from_the_best_of_the_one_before(tmp_path: Path) -> None:
    data = tables()
    learning = replace(TRIAL, epochs=1, batch=4)  # steps enough for the average to move
    standing = replace(learning, rate=1e-9, decay=0.0)
    after = train_network(data, tmp_path, [learning, standing], None)
    before = load_network(tmp_path / "face-1" / "best.keras")
    keras.utils.set_random_seed(standing.seed)
    beginning = TINY.build()
    kernels = [n.get_layer("emotion").get_weights()[0] for n in (beginning, before)]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-3
    for name in ("embed", "emotion"):
        weights = (network.get_layer(name).get_weights()[0] for network in (before, after))
        np.testing.assert_allclose(*weights, atol=1e-5)
    again = tmp_path / "again"
    train_network(data, again, [TRIAL, standing], None, tmp_path / "face-1" / "best.keras")
    (folder,) = again.iterdir()
    assert folder.name == "face-from-start-1"
    with pytest.raises(UserError, match="made with another start"):
        train_network(data, again, [TRIAL, standing], None, tmp_path / "face-2" / "best.keras")


@pytest.mark.slow
def test_from_stills_to_models_that_the_device_reads(tmp_path: Path) -> None:
    data = tables()
    both = join(*data.values())
    run = Run(tmp_path / "runs" / "face", TRIAL, 7)
    network = run.train(both.only(TRAIN), both.only(VALIDATION))
    card = release(
        data, network, tmp_path / "runs", tmp_path / "models",
        TemporalRecipe(clips=16, held_out_clips=4, held_out_s=1, epochs=1, batch=8, rank=2),
        "a test",
    )  # fmt: skip
    models = tmp_path / "models"
    for name in ("face", "temporal"):
        assert load_card(models / f"{name}.tflite").labels == EMOTIONS
        told = json.loads((models / f"{name}.json").read_text())
        assert told["source_sha256"] == sha256_of(models / f"{name}.keras")
    assert set(card["metrics"]["int8"]) == {
        "fer2013 validation", "utkface validation", "fer2013 test", "utkface test",
    }  # fmt: skip
    face = load_model(models / "face.tflite")
    told = face.run({"face": data["fer2013"].pictures[:1, ..., None]})
    assert set(card["temperatures"]) == {"emotion", "votes", "consensus", "age", "female"}
    assert {head: len(some) for head, some in card["biases"].items()} == {
        "emotion": 7, "votes": 8, "female": 1,
    }  # fmt: skip
    reader = Recogniser(models, VisionConfig(), RecogniseConfig(eyes=False))
    read = reader.read_crop(data["fer2013"].pictures[0]).emotion
    np.testing.assert_allclose(read, softmax(told["consensus"][0]), atol=1e-6)
    assert not np.array_equal(told["consensus"], told["emotion"])
    temporal = load_model(models / "temporal.tflite")
    zeros = np.zeros((1, 64), np.float32)
    step = temporal.run({"features": told["features"], "h": zeros, "c": zeros})
    assert step["emotion"].shape == (1, 7)
    assert list((tmp_path / "runs" / "release").glob("confusion*.png"))


def test_a_trial_takes_as_many_faces_of_each_part() -> None:
    few = limited(tables()["fer2013"], 5)
    assert [len(few.only(part)) for part in (TRAIN, VALIDATION, TEST)] == [5, 5, 5]


def test_a_set_without_one_of_its_parts_is_refused_before_hours_are_spent() -> None:
    whole = tables()
    require_splits(whole)
    untested = {**whole, "fer2013": whole["fer2013"].only(TRAIN)}
    with pytest.raises(UserError, match="fer2013: no validation faces"):
        require_splits(untested)
    require_splits(untested, (TRAIN,))


def test_where_teachers_have_spoken_another_course_is_taken(tmp_path: Path) -> None:
    faces = emotions(4, TRAIN, 1)
    with pytest.raises(UserError, match="no lessons there"):
        load(tmp_path, faces)
    assert course_of(None) == PHASES
    network = tmp_path / "large.keras"
    face_network(TINY).save(network)
    ask(network, faces, Views(2), tmp_path / "large.npz")
    assert course_of(load(tmp_path, faces)) == TAUGHT
