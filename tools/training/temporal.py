"""The temporal network: a small LSTM over the backbone's maps, one step a frame.

A tensor-train dense layer on the unpooled map, or a plain dense layer on the pooled embedding,
extracts evidence; evidence and the frame's own prediction go into an LSTM cell whose state is
passed in and out. Both kinds have one signature, so that either can be shipped, and are trained
alike: over whole synthetic clips, on the maps of the shipped int8 backbone.
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
from scipy.special import logit

from tools.datasets.synthetic_clips import FRAME_RATES
from tools.scoring.plots import draw_history
from tools.scoring.temporal import CEILING, ClipBatches
from tools.training.clips import Kind, TemporalRecipe
from tools.training.tensor_train import TensorTrainDense

UNITS = 64
EVIDENCE = (2, 2, 2, 2)
"""Modes of the evidence, 16 values for both kinds: 64 values overfitted the training faces."""

LOGIT_SCALE = 0.1
"""Applied to a logit on its way into the cell, where tanh is nearly linear."""


def modes_of(shape: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Tensor-train modes of a map: the positions, then the channels in factors as equal as
    possible: (3, 3, 256) gives (9, 8, 8, 4)."""
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
    embedded = layers.ReLU(6.0)(layers.Dense(embedding, name="embed")(pooled))
    frame = layers.Dense(labels, name="frame")(embedded)
    if kind == "tensor-train":
        flat = layers.Reshape((int(np.prod(shape)),))(features)
        train = TensorTrainDense(modes_of(shape), EVIDENCE, (rank,) * 3, name="tensor_train")
        evidence = train(flat)
    else:
        evidence = layers.Dense(int(np.prod(EVIDENCE)), name="evidence")(embedded)
    evidence = layers.Dropout(0.5)(layers.Activation("tanh")(evidence))
    cell_input = layers.Concatenate(name="cell_input")([evidence, frame])
    out, (h_out, c_out) = layers.LSTMCell(UNITS, name="lstm")(cell_input, [h, c])
    emotion = layers.Dense(labels, name="emotion")(out)
    return keras.Model([features, h, c], {"emotion": emotion, "h": h_out, "c": c_out})


def kind_of(network: keras.Model) -> dict[str, Any]:
    """The entries of a temporal network's card about its kind."""
    names = {layer.name for layer in network.layers}
    if "tensor_train" not in names:
        return {"kind": "dense"}
    train = network.get_layer("tensor_train")
    shape = {"inputs": train.inputs, "outputs": train.outputs, "ranks": train.ranks}
    return {
        "kind": "tensor-train",
        "tensor_train": shape | {"compression": round(train.compression, 1)},
    }


def initialise(network: keras.Model, face: keras.Model, forgets_s: float) -> None:
    """Make the network an exponential mean of the backbone's prediction, to start training from.

    The pooled path gets the backbone's head with its batch normalisation folded in, and stays
    frozen. The first units of the LSTM each store one label's logit and forget it with the time
    constant `forgets_s`; the output reads these units alone.
    """
    (kernel,) = face.get_layer("embed").get_weights()
    gamma, beta, mean, variance = face.get_layer("embed_norm").get_weights()
    gain = gamma / np.sqrt(variance + face.get_layer("embed_norm").epsilon)
    embed, frame = network.get_layer("embed"), network.get_layer("frame")
    embed.set_weights([kernel * gain, beta - mean * gain])
    frame.set_weights(face.get_layer("emotion").get_weights())
    embed.trainable = frame.trainable = False
    inputs, recurrent, bias = network.get_layer("lstm").get_weights()
    labels = frame.units
    keep = np.exp(-1 / (forgets_s * np.mean(FRAME_RATES)))
    output_gate = 3.0
    biases = (logit(1 - keep), logit(keep), 0.0, output_gate)  # input, forget, cell, output gate
    for gate, start in enumerate(biases):
        columns = slice(gate * UNITS, gate * UNITS + labels)
        inputs[:, columns], recurrent[:, columns], bias[columns] = 0, 0, start
        if gate == 2:
            inputs[-labels:, columns] = np.eye(labels) * LOGIT_SCALE
    network.get_layer("lstm").set_weights([inputs, recurrent, bias])
    head, offset = network.get_layer("emotion").get_weights()
    head[:] = 0
    head[:labels] = np.eye(labels) / (LOGIT_SCALE / (1 + np.exp(-output_gate)))
    network.get_layer("emotion").set_weights([head, offset])


class Unrolled(keras.Model):
    """The step over all steps of (N, T, H, W, C) maps from an empty state: (N, T, labels) logits.

    uint8 maps are in 255 levels up to `CEILING`. steadiness: weight of the total variation.
    """

    def __init__(self, step: keras.Model, steadiness: float = 0.0) -> None:
        super().__init__()
        # Everything before the cell runs on all steps at once.
        self.front = keras.Model(step.inputs[0], step.get_layer("cell_input").output)
        self.over_time = layers.RNN(step.get_layer("lstm"), return_sequences=True)
        self.head = step.get_layer("emotion")
        self.steadiness = steadiness

    def call(self, maps: Any, training: bool | None = None) -> Any:
        """Logits of every step."""
        steps, shape = maps.shape[1], maps.shape[2:]
        scale = CEILING / 255 if keras.backend.is_int_dtype(maps.dtype) else 1.0
        flat = ops.reshape(ops.cast(maps, "float32") * scale, (-1, *shape))
        inputs = self.front(flat, training=training)
        inputs = ops.reshape(inputs, (-1, steps, inputs.shape[-1]))
        logits = self.head(self.over_time(inputs, training=training))
        if self.steadiness:
            shares = ops.softmax(logits)
            # Total variation penalises flicker, but a fast change no more than a slow one.
            moved = ops.sum(ops.abs(shares[:, 1:] - shares[:, :-1]), axis=-1)
            self.add_loss(self.steadiness * ops.mean(moved))
        return logits


def train_temporal(
    folder: Path, face: keras.Model, clips: ClipBatches, recipe: TemporalRecipe
) -> keras.Model:
    """The trained step, also written to `folder`/temporal.keras, with its recipe, history and plot.
    It takes minutes, so an interrupted training starts again.

    face: the float network of the backbone that the clips went through.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    train, selection = clips.train, clips.selection
    step = temporal_network(
        train.maps.shape[2:], train.frames.shape[-1], kind=recipe.kind,
        embedding=face.get_layer("embed").units, rank=recipe.rank,
    )  # fmt: skip
    initialise(step, face, recipe.forgets_s)
    unrolled = Unrolled(step, recipe.steadiness)
    steps = max(1, len(train.maps) // recipe.batch)
    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, recipe.epochs * steps)
    unrolled.compile(
        keras.optimizers.AdamW(rate, weight_decay=0.05, clipnorm=1.0),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    best = keras.callbacks.EarlyStopping(patience=recipe.patience, restore_best_weights=True)
    history = unrolled.fit(
        train.maps, train.target, batch_size=recipe.batch, epochs=recipe.epochs, shuffle=True,
        validation_data=(selection.maps, selection.target), callbacks=[best],
        verbose=1 if sys.stdout.isatty() else 2,
    )  # fmt: skip
    step.save(folder / "temporal.keras")
    record = {"recipe": asdict(recipe), "history": history.history}
    (folder / "temporal history.json").write_text(json.dumps(record, indent=1))
    columns = history.history.items()
    rows = [
        {"epoch": at + 1} | {key: values[at] for key, values in columns} for at in history.epoch
    ]
    draw_history(rows, folder / "temporal history.png")
    return step
