"""Training of the last stage alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tools.datasets.face_dataset import TRAIN, VALIDATION, FaceDataset, from_pictures
from tools.training.fit import TrainingRun
from tools.training.last_stage import split
from tools.training.networks import TINY, face_network
from tools.training.recipes import Recipe


def some_faces(split_of: int) -> FaceDataset:
    """16 faces of noise with an emotion."""
    pictures = np.random.default_rng(split_of).integers(0, 256, (16, 64, 64), np.uint8)
    faces = from_pictures(pictures, split_of, np.array([f"{n:032x}" for n in range(16)]))
    return replace(faces, emotion=np.arange(16) % 7)


def test_both_parts_are_the_whole_network() -> None:
    keras.utils.set_random_seed(1)
    network = face_network(TINY)
    earlier, rest = split(network, network, network.output["features"].shape[1], some_faces(TRAIN))
    faces = np.random.default_rng(0).integers(0, 256, (4, 48, 48, 1)).astype(np.float32)
    whole = network(faces, training=False)["embedding"]
    parts = rest(earlier.maps(faces), training=False)["embedding"]
    np.testing.assert_allclose(parts, whole, atol=0.05)  # int8
    both = [*earlier.weights, *rest.get_weights()]
    for one, other in zip(both, network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_earlier_stages_keep_their_weights(tmp_path: Path, policy: str) -> None:
    keras.utils.set_random_seed(1)
    network = face_network(TINY)
    network.save(tmp_path / "start.keras")
    recipe = Recipe(
        epochs=1, batch=8, mixup=0, design=TINY, last_stage=True, average=0.5, policy=policy
    )
    run = TrainingRun(tmp_path / "run", recipe, start=tmp_path / "start.keras")
    trained = run.train(some_faces(TRAIN), some_faces(VALIDATION))
    kept = [
        layer.name
        for layer in trained.layers
        if layer.weights and layer.name in {one.name for one in network.layers}
    ]
    assert kept
    first, last = trained.layers[3], trained.get_layer("emotion")
    for layer, changes in ((first, False), (last, True)):
        before = network.get_layer(index=trained.layers.index(layer)).get_weights()
        same = all(
            np.array_equal(one, other)
            for one, other in zip(layer.get_weights(), before, strict=True)
        )
        assert same != changes
