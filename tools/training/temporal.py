"""The second, tiny model: what a face shows over time, one step at a time.

The backbone's unpooled map becomes evidence, either by a tensor-train dense layer on all of it or
by a plain dense layer on the pooled embedding; evidence and the frame's own reading go into an LSTM
whose state is passed in and out. Both kinds have the same signature, so that either can ship, and
are trained by the same lines: over whole clips made of stills, on the maps of the int8 backbone
that ships.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from device.recognition.recognise import emotion_output
from tools.datasets.synthetic_clips import FRAME_RATES
from tools.scoring.plots import draw_history
from tools.scoring.temporal import CEILING, ClipBatches
from tools.training.clips import Kind, TemporalRecipe
from tools.training.tensor_train import TensorTrainDense

UNITS = 64
EVIDENCE = (2, 2, 2, 2)
"""Modes of the evidence, 16 values of both kinds: with 64, training stills were learnt by heart."""

SHRUNK = 0.1
"""What a logit is multiplied by on its way into the cell, where tanh is still nearly straight."""


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
    shape: tuple[int, int, int], labels: int, *, kind: Kind = "tensor-train", embedding: int = 128,
    rank: int = 8,
) -> keras.Model:  # fmt: skip
    """One step: "features" (N, *shape), "h" and "c" (N, 64) in; "emotion" logits, "h", "c" out."""
    features = keras.Input(shape, name="features")
    h = keras.Input((UNITS,), name="h")
    c = keras.Input((UNITS,), name="c")
    pooled = layers.GlobalAveragePooling2D(name="pool")(features)
    now = layers.ReLU(6.0)(layers.Dense(embedding, name="embed")(pooled))
    still = layers.Dense(labels, name="still")(now)
    if kind == "tensor-train":
        flat = layers.Reshape((int(np.prod(shape)),))(features)
        train = TensorTrainDense(modes_of(shape), EVIDENCE, (rank,) * 3, name="tensor_train")
        evidence = train(flat)
    else:
        evidence = layers.Dense(int(np.prod(EVIDENCE)), name="evidence")(now)
    evidence = layers.Dropout(0.5)(layers.Activation("tanh")(evidence))
    given = layers.Concatenate(name="given")([evidence, still])
    out, (h_out, c_out) = layers.LSTMCell(UNITS, name="lstm")(given, [h, c])
    emotion = layers.Dense(labels, name="emotion")(out)
    return keras.Model([features, h, c], {"emotion": emotion, "h": h_out, "c": c_out})


def card_of(network: keras.Model) -> dict[str, Any]:
    """What a temporal network's card says of its kind."""
    names = {layer.name for layer in network.layers}
    if "tensor_train" not in names:
        return {"kind": "dense"}
    train = network.get_layer("tensor_train")
    shape = {"inputs": train.inputs, "outputs": train.outputs, "ranks": train.ranks}
    return {
        "kind": "tensor-train",
        "tensor_train": shape | {"compression": round(train.compression, 1)},
    }


def begin_as(network: keras.Model, face: keras.Model, forgets_s: float) -> None:
    """Let it begin as an exponential mean of the backbone's own reading.

    The pooled path gets the backbone's head, its batch norm folded in, and keeps it. The first
    units of the LSTM each remember one label's logit and forget it within `forgets_s`; the output
    reads these units alone. What else there is to learn starts from there.
    """
    (kernel,) = face.get_layer("embed").get_weights()
    gamma, beta, mean, variance = face.get_layer("embed_norm").get_weights()
    gain = gamma / np.sqrt(variance + face.get_layer("embed_norm").epsilon)
    network.get_layer("embed").set_weights([kernel * gain, beta - mean * gain])
    network.get_layer("still").set_weights(
        face.get_layer(emotion_output(face.output)).get_weights()
    )
    network.get_layer("embed").trainable = False
    network.get_layer("still").trainable = False
    given, recurrent, bias = network.get_layer("lstm").get_weights()
    labels = network.get_layer("still").units
    keep = np.exp(-1 / (forgets_s * np.mean(FRAME_RATES)))
    starts = {"input": _logit(1 - keep), "forget": _logit(keep), "cell": 0.0, "output": 3.0}
    for gate, start in enumerate(starts.values()):  # in the order of Keras's cell
        columns = slice(gate * UNITS, gate * UNITS + labels)
        given[:, columns], recurrent[:, columns], bias[columns] = 0, 0, start
        if gate == 2:
            given[-labels:, columns] = np.eye(labels) * SHRUNK
    network.get_layer("lstm").set_weights([given, recurrent, bias])
    head, offset = network.get_layer("emotion").get_weights()
    head[:] = 0
    head[:labels] = np.eye(labels) / (SHRUNK / (1 + np.exp(-starts["output"])))
    network.get_layer("emotion").set_weights([head, offset])


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


class Unrolled(keras.Model):
    """The step over all steps of (N, T, H, W, C) maps from an empty state: (N, T, labels) logits.

    uint8 maps are 255 levels up to `CEILING`. steadiness: weight of the total variation.
    """

    def __init__(self, step: keras.Model, steadiness: float = 0.0) -> None:
        super().__init__()
        # All maps at once up to the cell: only what remembers needs to go step by step.
        self.front = keras.Model(step.inputs[0], step.get_layer("given").output)
        self.over_time = layers.RNN(step.get_layer("lstm"), return_sequences=True)
        self.head = step.get_layer("emotion")
        self.steadiness = steadiness

    def call(self, maps: Any, training: bool | None = None) -> Any:
        """Logits of every step."""
        steps, shape = maps.shape[1], maps.shape[2:]
        scale = CEILING / 255 if keras.backend.is_int_dtype(maps.dtype) else 1.0
        flat = ops.reshape(ops.cast(maps, "float32") * scale, (-1, *shape))
        given = self.front(flat, training=training)
        given = ops.reshape(given, (-1, steps, given.shape[-1]))
        logits = self.head(self.over_time(given, training=training))
        if self.steadiness:
            shares = ops.softmax(logits)
            # Total variation: a clear change costs no more than a slow one, flicker each time.
            moved = ops.sum(ops.abs(shares[:, 1:] - shares[:, :-1]), axis=-1)
            self.add_loss(self.steadiness * ops.mean(moved))
        return logits


def train_temporal(
    folder: Path, face: keras.Model, clips: ClipBatches, recipe: TemporalRecipe
) -> keras.Model:
    """The trained step, saved in `folder` as `temporal.keras`; recipe and history, also drawn, lie
    beside it. It takes minutes: one that was stopped begins anew.

    face: the float network of the backbone that saw the clips.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    seen, unseen = clips.train, clips.selection
    step = temporal_network(
        seen.maps.shape[2:], seen.frames.shape[-1], kind=recipe.kind,
        embedding=face.get_layer("embed").units, rank=recipe.rank,
    )  # fmt: skip
    begin_as(step, face, recipe.forgets_s)
    unrolled = Unrolled(step, recipe.steadiness)
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
        validation_data=(unseen.maps, unseen.target), callbacks=[best],
        verbose=1 if sys.stdout.isatty() else 2,
    )  # fmt: skip
    step.save(folder / "temporal.keras")
    kept = {"recipe": asdict(recipe), "history": history.history}
    (folder / "temporal history.json").write_text(json.dumps(kept, indent=1))
    told = history.history.items()
    rows = [{"epoch": at + 1} | {key: row[at] for key, row in told} for at in history.epoch]
    draw_history(rows, folder / "temporal history.png")
    return step
