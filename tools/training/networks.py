"""The backbone, run once a face: inverted residuals, ReLU6, grey 64x64 in.

MobileNetV2 (Sandler et al. 2018) with stages fused into plain 3x3 convolutions, as the early ones
of MobileNet-EdgeTPU and EfficientNetV2 (Tan and Le 2021), which small processors and accelerators
run fastest. Int8 and an Edge TPU support every operator. The last map is 3x3, since expressions
need some spatial information.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
from keras import layers

from device.errors import UserError
from device.values import AGE_YEARS, EMOTIONS
from tools.datasets.face_dataset import VOTES
from tools.training.tensor_train import TensorTrainDense

WORKING_SIZE = 48
"""Side in pixels to which the network resizes its input: that of FER-2013, which has no detail
beyond it."""

HEADS = ("emotion", "votes", "age", "female")
"""The outputs with a loss."""

INTERNAL_OUTPUTS = ("embedding", "features")
"""The outputs that other networks read."""

Normalisation = type[layers.BatchNormalization]


class Architecture(Protocol):
    """The description of a network; a dataclass, so that a recipe can store it."""

    def build(self, *, labels: int, norm: Normalisation = ...) -> keras.Model:
        """A network with the input and the outputs of `face_network`."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`repeats` blocks of `width` channels, the first with `stride`. fused: one 3x3 convolution
    expands, instead of a 1x1 and a depthwise one."""

    width: int
    repeats: int
    stride: int
    expansion: int
    fused: bool


@dataclass(frozen=True, slots=True)
class Design:
    """Widths of a backbone: stem, stages, last map ("features") and embedding."""

    stem: tuple[int, ...] = (16, 16, 32)
    stages: tuple[Stage, ...] = (
        Stage(32, 2, 1, 2, fused=True),
        Stage(64, 3, 2, 2, fused=True),
        Stage(128, 3, 2, 2, fused=True),
        Stage(160, 2, 2, 2, fused=True),
    )
    features: int = 256
    embedding: int = 128
    dropout: float = 0.3

    def build(
        self, *, labels: int = len(EMOTIONS), norm: Normalisation = layers.BatchNormalization
    ) -> keras.Model:
        """The `face_network` of this design."""
        return face_network(self, labels=labels, norm=norm)


TINY = Design(stem=(8,), stages=(Stage(8, 1, 4, 2, fused=True), Stage(8, 1, 2, 2, fused=False)),
              features=16, embedding=64)  # fmt: skip
"""For tests: trains in seconds."""


def norm_relu(
    x: keras.KerasTensor, norm: Normalisation, name: str | None = None
) -> keras.KerasTensor:
    """Batch normalisation and ReLU6, as after every convolution."""
    return layers.ReLU(6.0)(norm(momentum=0.98, name=name)(x))


def stem(x: keras.KerasTensor, widths: tuple[int, ...], norm: Normalisation) -> keras.KerasTensor:
    """3x3 convolutions of these widths, the last with stride 2: narrow ones before it read the face
    at full size at little cost (He et al. 2019, "Bag of tricks")."""
    for width in widths[:-1]:
        x = norm_relu(layers.Conv2D(width, 3, padding="same", use_bias=False)(x), norm)
    return norm_relu(layers.Conv2D(widths[-1], 3, 2, padding="same", use_bias=False)(x), norm)


def _block(
    x: keras.KerasTensor, stage: Stage, stride: int, norm: Normalisation
) -> keras.KerasTensor:
    width, y = x.shape[-1] * stage.expansion, x
    if stage.fused:
        y = layers.Conv2D(width, 3, stride, padding="same", use_bias=False)(y)
    else:
        if stage.expansion > 1:
            y = norm_relu(layers.Conv2D(width, 1, use_bias=False)(y), norm)
        y = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(y)
    y = norm_relu(y, norm)
    y = layers.Conv2D(stage.width, 1, use_bias=False)(y)
    y = norm(momentum=0.98)(y)
    return layers.Add()([x, y]) if stride == 1 and x.shape[-1] == stage.width else y


def face_network(
    design: Design = Design(),
    *,
    labels: int = len(EMOTIONS),
    norm: Normalisation = layers.BatchNormalization,
) -> keras.Model:
    """A network from grey faces (N, S, S, 1), 0 to 255, of any size to a dictionary of outputs.

    emotion (N, labels), votes (N, 8: FER+ classes), age (N, 21 bins of `AGE_YEARS`) and female
    (N, 1) are logits; embedding is (N, E); features is the unpooled map (N, 3, 3, C).
    norm: the class of batch normalisation; it changes no weight.
    """
    face, x = input_layers()
    x = stem(x, design.stem, norm)
    for stage in design.stages:
        for index in range(stage.repeats):
            x = _block(x, stage, stage.stride if index == 0 else 1, norm)
    x = layers.Conv2D(design.features, 1, use_bias=False, name="last")(x)
    features = norm_relu(x, norm)
    x = layers.GlobalAveragePooling2D(name="pool")(features)
    x = layers.Dense(design.embedding, use_bias=False, name="embed")(x)
    embedding = norm_relu(x, norm, "embed_norm")
    return with_heads(face, features, embedding, labels=labels, dropout=design.dropout)


def input_layers() -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input (N, S, S, 1), 0 to 255, and the same resized: (N, 48, 48, 1), -1 to 1."""
    face = keras.Input((None, None, 1), name="face")
    x = layers.Resizing(WORKING_SIZE, WORKING_SIZE, interpolation="bilinear", name="resize")(face)
    return face, layers.Rescaling(1 / 128, offset=-1.0, name="rescale")(x)


def with_heads(
    face: keras.KerasTensor, features: keras.KerasTensor, embedding: keras.KerasTensor, *,
    labels: int, dropout: float,
) -> keras.Model:  # fmt: skip
    """The network from its input to a linear head for each label, on the embedding (N, E).

    features: the unpooled map that the temporal network reads. The heads stay float32.
    """
    x = layers.Dropout(dropout)(embedding)

    def logits(width: int, name: str) -> keras.KerasTensor:
        return layers.Dense(width, dtype="float32", name=name)(x)

    outputs = {
        "emotion": logits(labels, "emotion"),
        "votes": logits(len(VOTES), "votes"),
        "age": logits(len(AGE_YEARS), "age"),
        "female": logits(1, "female"),
        "embedding": embedding,
        "features": features,
    }
    return keras.Model(face, outputs, name="face")


def with_only(network: keras.Model, heads: Collection[str]) -> keras.Model:
    """The same network without the other heads, for instance those that were not trained."""
    kept = {*heads, *INTERNAL_OUTPUTS}
    outputs = {name: tensor for name, tensor in network.output.items() if name in kept}
    return keras.Model(network.input, outputs, name=network.name)


def require_outputs(network: keras.Model, path: Path, outputs: Collection[str]) -> None:
    """Raise UserError if the network loaded from `path` is not a face network with these
    outputs."""
    found = network.output if isinstance(network.output, dict) else {}
    missing = [name for name in outputs if name not in found]
    if len(network.inputs) != 1 or missing:
        reason = f"has no output {missing[0]!r}" if missing else "has more than one input"
        raise UserError(f"{path}: {reason}; name a face network with {', '.join(outputs)}")


def load_network(path: Path) -> keras.Model:
    """The face network or temporal network of a `.keras` file.

    Raises:
        UserError: no such file, or not a Keras file.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; `wayside-tools train` writes one")
    try:
        return keras.saving.load_model(path, {"TensorTrainDense": TensorTrainDense})
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: not a .keras file ({str(error)[:80]})") from None
