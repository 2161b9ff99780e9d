"""The second, tiny model: what a face shows over time, one step at a time.

Tensor-train dense on the backbone's unpooled map, then an LSTM whose state is passed in and out,
then a dense layer. Trained by unrolling that same step over clips made of training stills; the
maps come from the int8 backbone that ships. What it says of a step is added to what the pooled
map alone says, which begins as the backbone's own reading: it cannot start out worse.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray
from tqdm import tqdm

from device.vision.litert import Model, load_model
from tools.faces.datasets import Stills
from tools.faces.sequences import STEPS, Clip, make_clips
from tools.learning.tensor_train import TensorTrainDense

UNITS = 64
STEADINESS = 0.5
"""Weight of the total variation of the probabilities, against cross-entropy in nats."""


@dataclass(frozen=True, slots=True)
class TemporalRecipe:
    """How the temporal network is trained. rank: of the tensor train's bonds. patience: epochs
    without a smaller loss on clips of held-out stills, after which the best is taken."""

    clips: int = 4000
    held_out_clips: int = 1000
    epochs: int = 8
    patience: int = 3
    batch: int = 64
    rate: float = 1e-3
    rank: int = 8
    seed: int = 1


def modes_of(shape: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Modes of a map: the first is the place, the others share the channels as equally as they
    can: (3, 3, 256) is (9, 8, 8, 4)."""
    height, width, channels = shape
    factors = [1, 1, 1]
    divisor = 2
    while channels > 1:
        while channels % divisor:
            divisor += 1
        factors[factors.index(min(factors))] *= divisor
        channels //= divisor
    return (height * width, *sorted(factors, reverse=True))


def temporal_network(
    shape: tuple[int, int, int], labels: int, *, embedding: int = 128, rank: int = 8
) -> keras.Model:
    """One step: "features" (N, *shape), "h" and "c" (N, 64) in; "emotion" logits, "h", "c" out."""
    features = keras.Input(shape, name="features")
    h = keras.Input((UNITS,), name="h")
    c = keras.Input((UNITS,), name="c")
    flat = layers.Reshape((int(np.prod(shape)),))(features)
    train = TensorTrainDense(
        modes_of(shape), (2, 4, 4, 2), (rank, rank, rank), name="tensor_train"
    )(flat)
    pooled = layers.GlobalAveragePooling2D(name="pool")(features)
    now = layers.ReLU(6.0)(layers.Dense(embedding, name="embed")(pooled))
    still = layers.Dense(labels, name="still")(now)
    train = layers.Dropout(0.3)(layers.Activation("tanh")(train))
    step = layers.Concatenate()([train, still])
    out, (h_out, c_out) = layers.LSTMCell(UNITS, name="lstm")(step, [h, c])
    change = layers.Dense(labels, kernel_initializer="zeros", name="change")(out)
    emotion = layers.Add(name="emotion")([still, change])
    return keras.Model([features, h, c], {"emotion": emotion, "h": h_out, "c": c_out})


def begin_as(network: keras.Model, face: keras.Model) -> None:
    """Give the pooled path the backbone's own head, its batch norm folded in, and keep it so."""
    (kernel,) = face.get_layer("embed").get_weights()
    gamma, beta, mean, variance = face.get_layer("embed_norm").get_weights()
    gain = gamma / np.sqrt(variance + face.get_layer("embed_norm").epsilon)
    network.get_layer("embed").set_weights([kernel * gain, beta - mean * gain])
    network.get_layer("still").set_weights(face.get_layer("emotion").get_weights())
    network.get_layer("embed").trainable = False
    network.get_layer("still").trainable = False


class Unrolled(keras.Model):
    """The step, over all steps of (N, T, H, W, C) maps from an empty state: (N, T, labels)."""

    def __init__(self, step: keras.Model) -> None:
        super().__init__()
        self.step = step

    def call(self, maps: Any) -> Any:
        """Logits of every step."""
        maps = ops.cast(maps, "float32")
        h = c = ops.zeros((ops.shape(maps)[0], UNITS))
        told = []
        for index in range(maps.shape[1]):
            given = self.step({"features": maps[:, index], "h": h, "c": c})
            h, c = given["h"], given["c"]
            told.append(given["emotion"])
        logits = ops.stack(told, axis=1)
        shares = ops.softmax(logits)
        # Total variation: one clear change costs no more than a slow one, flicker costs each time.
        moved = ops.sum(ops.abs(shares[:, 1:] - shares[:, :-1]), axis=-1)
        self.add_loss(STEADINESS * ops.mean(moved))
        return logits


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Clips as the backbone saw them. maps: (N, T, H, W, C) float16. frames: (N, T, labels) logits
    of each frame alone. target: (N, T, labels). share: (N, T) of the second still."""

    maps: NDArray[np.float16]
    frames: NDArray[np.float32]
    target: NDArray[np.float32]
    share: NDArray[np.float32]


def run_backbone(model: Model, clips: list[Clip], targets: NDArray[np.float32]) -> Course:
    """What the `.tflite` that ships says of every frame. targets: (stills, labels)."""
    shape = model.outputs["features"].shape[1:]
    maps = np.empty((len(clips), STEPS, *shape), np.float16)
    frames = np.empty((len(clips), STEPS, targets.shape[1]), np.float32)
    for index, clip in enumerate(tqdm(clips, "clips", disable=None)):
        for step, face in enumerate(clip.frames):
            told = model.run({"face": face[None, ..., None]})
            maps[index, step] = told["features"][0]
            frames[index, step] = told["emotion"][0]
    share = np.stack([clip.share for clip in clips])
    first, second = np.array([clip.stills for clip in clips]).T
    target = (
        targets[first][:, None] * (1 - share[..., None])
        + targets[second][:, None] * share[..., None]
    )
    return Course(maps, frames, target.astype(np.float32), share)


def train_temporal(
    folder: Path, face: keras.Model, tflite: Path, train: Stills, held_out: Stills,
    recipe: TemporalRecipe, targets: Any,
) -> tuple[keras.Model, dict[str, Any]]:  # fmt: skip
    """The trained step and its figures on clips of held-out stills; saved in `folder`.

    train, held_out: stills with emotions. targets: from Stills to (N, labels) shares.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    model = load_model(tflite)
    labels = int(model.outputs["emotion"].shape[-1])
    courses = [
        run_backbone(
            model,
            make_clips(stills.pictures, stills.emotion, count, recipe.seed),
            targets(stills),
        )
        for stills, count in ((train, recipe.clips), (held_out, recipe.held_out_clips))
    ]
    seen, unseen = courses
    embedding = int(model.outputs["embedding"].shape[-1])
    step = temporal_network(seen.maps.shape[2:], labels, embedding=embedding, rank=recipe.rank)
    begin_as(step, face)
    unrolled = Unrolled(step)
    steps = max(1, len(seen.maps) // recipe.batch)
    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, recipe.epochs * steps)
    unrolled.compile(
        keras.optimizers.AdamW(rate, weight_decay=0.05, clipnorm=1.0),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    best = keras.callbacks.EarlyStopping(patience=recipe.patience, restore_best_weights=True)
    history = unrolled.fit(
        seen.maps, seen.target, batch_size=recipe.batch, epochs=recipe.epochs, shuffle=True,
        validation_data=(unseen.maps, unseen.target), callbacks=[best], verbose=2,
    )  # fmt: skip
    step.save(folder / "temporal.keras")
    told = unrolled.predict(unseen.maps, batch_size=recipe.batch, verbose=0)
    figures = compare(unseen, told)
    (folder / "temporal.json").write_text(
        json.dumps(
            {"recipe": asdict(recipe), "history": history.history, "figures": figures}, indent=1
        )
    )
    return step, figures


def smoothed(frames: NDArray[np.float32], constant: float = 4.0) -> NDArray[np.float32]:
    """Exponential mean of the frames' probabilities, `constant` in steps: the plain rival."""
    shares = np.exp(frames - frames.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    keep = np.exp(-1 / constant)
    for step in range(1, shares.shape[1]):
        shares[:, step] = keep * shares[:, step - 1] + (1 - keep) * shares[:, step]
    return shares


def compare(course: Course, temporal: NDArray[np.float32]) -> dict[str, dict[str, float | None]]:
    """Frames alone, their exponential mean and the temporal network, on the same clips.

    accuracy: of all steps. steady: of the last step. switches: changes of label a clip, where one
    would be right for a clip of two emotions. lag: mean steps after the targets changed until the
    label does, of clips that are told right before and at the end. loss: cross-entropy of the last
    step, nats.
    """
    truth = course.target.argmax(axis=-1)
    changes = truth[:, 0] != truth[:, -1]
    shares = {"frames": smoothed(course.frames, 1e-3), "mean": smoothed(course.frames)}
    shares["temporal"] = smoothed(temporal, 1e-3)
    report = {}
    for name, value in shares.items():
        told = value.argmax(axis=-1)
        last = np.take_along_axis(value[:, -1], truth[:, -1, None], axis=-1)
        right = told == truth
        change = (truth != truth[:, :1]).argmax(axis=1)
        before = np.take_along_axis(right, np.maximum(change - 1, 0)[:, None], axis=1)[:, 0]
        fair = changes & before & right[:, -1]
        arrived = (np.arange(STEPS) >= change[:, None]) & (told == truth[:, -1:])
        lag = arrived[fair].argmax(axis=1) - change[fair]
        report[name] = {
            "accuracy": round(float((told == truth).mean()), 4),
            "steady": round(float((told[:, -1] == truth[:, -1]).mean()), 4),
            "switches": round(float((told[:, 1:] != told[:, :-1]).sum(axis=1).mean()), 3),
            "lag": round(float(lag.mean()), 2) if fair.any() else None,
            "loss": round(float(-np.log(np.maximum(last, 1e-6)).mean()), 4),
        }
    return report
