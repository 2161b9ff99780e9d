"""The output "occluded": whether the eyes or the mouth of a face are covered.

Two small convolutions on an early map of the frozen network, fitted to training faces, bare and
behind composed covers, after everything else is trained: the last map has learnt to look past
covers. Guarantees: no other output changes; what people wear and hold (scarf, hand, mask,
sunglasses, phone) is never composed here, so that it can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray
from tqdm import tqdm

from tools.datasets.augment import Augmentation, augment
from tools.datasets.covers import cover
from tools.datasets.face_dataset import FaceDataset
from tools.scoring.predict import as_input

NAME = "occluded"

CAMERA = Augmentation(
    turn=8, zoom=0.07, stretch=0.03, shift=0.04, light=0.2, coarse=0.15, blurred=0.1, noisy=0.15,
    hidden=0,
)  # fmt: skip
"""Variation of the composed pictures: what a camera and a detector do to them."""

MAP = 12
"""Side of the map that is read: that of the last one of at least this size."""

WIDTHS = (32, 32)
"""Channels of the convolutions, each with stride 2."""

COVERED_FROM, BARE_TO = 0.55, 0.2
"""Shares of a region that is covered and of one that is bare; in between it is left out."""

CALLED_COVERED = 0.7
"""Probability from which the device calls a region covered: with `audience.least_trust` 0.3 what is
read from it is unknown."""


@dataclass(frozen=True, slots=True)
class OcclusionRecipe:
    """faces: training faces, each used once bare and once covered. bare_called_covered: share of
    the held-out faces that may be above the threshold of each region; in FER-2013 some of these do
    have a hand or sunglasses before their face."""

    faces: int = 12_000
    epochs: int = 10
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.02
    bare_called_covered: float = 0.0125
    seed: int = 1


def with_occlusion(
    network: keras.Model, train: FaceDataset, held_out: FaceDataset,
    recipe: OcclusionRecipe = OcclusionRecipe(),
) -> keras.Model:  # fmt: skip
    """The same network with the output "occluded", (N, 2) logits of covered eyes and mouth. An
    output of that name is replaced.

    train: faces to compose covers before. held_out: validation faces, which set the thresholds.
    """
    keras.utils.set_random_seed(recipe.seed)
    outputs = {name: tensor for name, tensor in network.output.items() if name != NAME}
    tap = _map(keras.Model(network.input, outputs))
    backbone = keras.Model(network.input, tap)
    pictures, hidden = _composed(train, recipe)
    start = keras.Input(tap.shape[1:])
    head = keras.Model(start, _logits(start))
    _fit(head, _maps(backbone, pictures), hidden, recipe)
    bare = head.predict(_maps(backbone, held_out.pictures), batch_size=256, verbose=0)
    kernel, bias = head.get_layer(NAME).get_weights()
    head.get_layer(NAME).set_weights([kernel, bias + _shift(bare, recipe.bare_called_covered)])

    whole = keras.Model(network.input, outputs | {NAME: _logits(tap)}, name=network.name)
    for layer in head.layers[1:]:
        whole.get_layer(layer.name).set_weights(layer.get_weights())
    return whole


def _map(network: keras.Model) -> keras.KerasTensor:
    """The last map of at least `MAP` pixels."""
    tensors = [layer.output for layer in network.layers]
    return [t for t in tensors if len(t.shape) == 4 and (t.shape[1] or 0) >= MAP][-1]


def _composed(
    train: FaceDataset, recipe: OcclusionRecipe
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(N, S, S) faces, bare and then covered, and (N, 2) the shares of eyes and mouth that are
    hidden."""
    draw = np.random.default_rng(recipe.seed)
    faces = train.pictures[draw.permutation(len(train))[: recipe.faces]]
    size = faces.shape[1]
    bare = [augment(face, size, draw, CAMERA) for face in faces]
    covered, hidden = [], [np.zeros(2, np.float32)] * len(bare)
    for face in tqdm(faces, "covers", leave=False, disable=None):
        picture, shares = cover(face, faces, draw)
        covered.append(augment(picture, size, draw, CAMERA))
        hidden.append(shares)
    return np.stack(bare + covered), np.stack(hidden)


def _maps(backbone: keras.Model, pictures: NDArray[np.uint8]) -> NDArray[np.float16]:
    """(N, H, W, C): half precision, since there are many."""
    batches = np.array_split(as_input(pictures), max(1, len(pictures) // 256))
    return np.concatenate([
        np.asarray(backbone(batch.astype(np.float32), training=False)).astype(np.float16)
        for batch in batches
    ])  # fmt: skip


def _logits(x: keras.KerasTensor) -> keras.KerasTensor:
    """From a map (N, H, W, C) to (N, 2)."""
    for number, width in enumerate(WIDTHS):
        name = f"{NAME}_{number}"
        x = layers.Conv2D(width, 3, 2, padding="same", use_bias=False, name=f"{name}_conv")(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
        x = layers.ReLU(6.0, name=f"{name}_relu")(x)
    x = layers.Flatten(name=f"{NAME}_flat")(x)
    x = layers.Dropout(0.3, name=f"{NAME}_dropout")(x)
    return layers.Dense(2, dtype="float32", name=NAME)(x)


def _fit(
    head: keras.Model, maps: NDArray[np.float16], hidden: NDArray[np.float32],
    recipe: OcclusionRecipe,
) -> None:  # fmt: skip
    target = (hidden >= COVERED_FROM).astype(np.float32)
    clear = ((hidden >= COVERED_FROM) | (hidden <= BARE_TO)).astype(np.float32)

    def loss(truth: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
        known, weight = truth[:, :2], truth[:, 2:]
        return ops.mean(weight * (ops.softplus(logits) - known * logits), axis=-1)

    steps = max(1, recipe.epochs * len(maps) // recipe.batch)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.rate, steps)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=recipe.decay)
    head.compile(optimizer, loss, jit_compile=False)
    truth = np.hstack([target, clear])
    head.fit(maps, truth, batch_size=recipe.batch, epochs=recipe.epochs, verbose=0)


def _shift(bare: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """(2,) to add to the logits (N, 2) of bare faces, so that this share of them has a probability
    of `CALLED_COVERED` or more."""
    wanted = np.log(CALLED_COVERED / (1 - CALLED_COVERED))
    return np.asarray(wanted - np.quantile(bare, 1 - share, axis=0), np.float32)
