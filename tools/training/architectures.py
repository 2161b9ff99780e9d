"""The compared architectures and the teachers, all with the input and outputs of the backbone.

Each keeps its own structure on common terms: it reads 48x48, ends in a 3x3 map, uses ReLU6, and has
the heads of `networks.with_heads` instead of a softmax. Int8 supports every operator, so all are
compared as they would be shipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from device.values import EMOTIONS
from tools.training.networks import (
    Architecture,
    Design,
    Normalisation,
    Stage,
    input_layers,
    norm_relu,
    stem,
    with_heads,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """Convolutions of several widths, each width with max pooling, then dense layers and the heads.

    kernels: of the convolutions of each width. dropout: before each dense layer, and also after
    each pooling if `drop_maps`. dense: widths; the last is the embedding.
    """

    widths: tuple[int, ...]
    kernels: tuple[tuple[int, ...], ...]
    dense: tuple[int, ...]
    dropout: float
    drop_maps: bool = False

    def build(
        self, *, labels: int = len(EMOTIONS), norm: Normalisation = layers.BatchNormalization
    ) -> keras.Model:
        """The network; features are (N, 3, 3, C)."""
        face, x = input_layers()
        for width, kernels in zip(self.widths, self.kernels, strict=True):
            for kernel in kernels:
                x = norm_relu(layers.Conv2D(width, kernel, padding="same", use_bias=False)(x), norm)
            x = features = layers.MaxPooling2D()(x)
            if self.drop_maps:
                x = layers.Dropout(self.dropout)(x)
        x = layers.Flatten()(x)
        for index, width in enumerate(self.dense):
            if index or not self.drop_maps:
                x = layers.Dropout(self.dropout)(x)
            x = norm_relu(layers.Dense(width, use_bias=False)(x), norm)
        return with_heads(face, features, x, labels=labels, dropout=self.dropout)


SEVEN_LAYERS = Plain((64, 128, 512, 512), ((3,), (5,), (3,), (3,)), (256, 512), 0.25, True)
"""The network of many FER-2013 notebooks: four convolutions, two dense layers, and the heads."""

VGG = Plain((32, 64, 128, 384), ((3, 3),) * 4, (512, 256), 0.4)
"""Khaireddin and Chen 2021 (arXiv 2105.03588), the most accurate single network published for
FER-2013; narrower than the original (64 to 512), to shorten an epoch."""


@dataclass(frozen=True, slots=True)
class MiniXception:
    """Arriaga, Plöger and Valdenegro 2017 (arXiv 1710.07557): two convolutions and four residual
    modules of separable convolutions. Mean pooling and the heads replace the last convolution."""

    stem: tuple[int, ...] = (8, 8)
    widths: tuple[int, ...] = (16, 32, 64, 128)

    def build(
        self, *, labels: int = len(EMOTIONS), norm: Normalisation = layers.BatchNormalization
    ) -> keras.Model:
        """The network; features are (N, 3, 3, 128)."""
        face, x = input_layers()
        for width in self.stem:
            x = norm_relu(layers.Conv2D(width, 3, use_bias=False)(x), norm)
        for width in self.widths:
            shortcut = layers.Conv2D(width, 1, 2, padding="same", use_bias=False)(x)
            y = norm_relu(_separable(x, width), norm)
            y = norm(momentum=0.98)(_separable(y, width))
            y = layers.MaxPooling2D(3, 2, padding="same")(y)
            x = layers.Add()([norm(momentum=0.98)(shortcut), y])
        embedding = layers.GlobalAveragePooling2D(name="pool")(x)
        return with_heads(face, x, embedding, labels=labels, dropout=0.0)


def _separable(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    return layers.Conv2D(width, 1, use_bias=False)(x)


def mobilenet_v2(alpha: float) -> Design:
    """MobileNetV2 (Sandler et al. 2018, table 2), its widths times `alpha`.

    Its second stage has stride 1, so that 48x48 ends in the 3x3 map of 96x96. Its 1280 channels go
    through the embedding that all designs have.
    """
    rows = ((16, 1, 1, 1), (24, 2, 1, 6), (32, 3, 2, 6), (64, 4, 2, 6), (96, 3, 1, 6),
            (160, 3, 2, 6), (320, 1, 1, 6))  # fmt: skip
    return Design(
        stem=(_multiple_of_8(32 * alpha),),
        stages=tuple(Stage(_multiple_of_8(w * alpha), n, s, t, fused=False) for w, n, s, t in rows),
        features=1280,
    )


def _multiple_of_8(width: float) -> int:
    """Rounded to a multiple of 8, but at least nine tenths: the rule of the authors' code."""
    near = max(8, int(width + 4) // 8 * 8)
    return near if near >= 0.9 * width else near + 8


@dataclass(frozen=True, slots=True)
class Residual:
    """He et al. 2016 for 48x48: a convolution with stride 2, then a basic block for each width with
    max pooling between them. One block for each width, to shorten an epoch."""

    widths: tuple[int, ...] = (64, 128, 256, 384)
    embedding: int = 256
    dropout: float = 0.4

    def build(
        self, *, labels: int = len(EMOTIONS), norm: Normalisation = layers.BatchNormalization
    ) -> keras.Model:
        """The network; features are (N, 3, 3, 384)."""
        face, x = input_layers()
        x = stem(x, self.widths[:1], norm)
        for index, width in enumerate(self.widths):
            x = layers.MaxPooling2D()(x) if index else x
            x = _basic_block(x, width, norm)
        y = layers.GlobalAveragePooling2D(name="pool")(x)
        y = norm_relu(layers.Dense(self.embedding, use_bias=False, name="embed")(y), norm)
        return with_heads(face, x, y, labels=labels, dropout=self.dropout)


def _basic_block(x: keras.KerasTensor, width: int, norm: Normalisation) -> keras.KerasTensor:
    y = norm_relu(layers.Conv2D(width, 3, padding="same", use_bias=False)(x), norm)
    y = norm(momentum=0.98)(layers.Conv2D(width, 3, padding="same", use_bias=False)(y))
    if x.shape[-1] != width:
        x = norm(momentum=0.98)(layers.Conv2D(width, 1, use_bias=False)(x))
    return layers.ReLU(6.0)(layers.Add()([x, y]))


ARCHITECTURES: dict[str, Architecture] = {
    "seven-layers": SEVEN_LAYERS,
    "mini-xception": MiniXception(),
    "mobilenet-v2-0.35": mobilenet_v2(0.35),
    "mobilenet-v2-0.5": mobilenet_v2(0.5),
    "mobilenet-v2-1.0": mobilenet_v2(1.0),
    "teacher": Residual(),
    "wayside": Design(),
}
"""The compared networks by the names of `--only`. `wayside` is the shipped one; `teacher` is too
large for a kiosk."""
