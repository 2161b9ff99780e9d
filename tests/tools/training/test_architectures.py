"""The compared architectures: common inputs and outputs, and their own structure."""

from __future__ import annotations

from functools import cache

import keras
import pytest
from keras import layers

from device.values import AGE_YEARS
from tools.training.architectures import ARCHITECTURES, VGG, mobilenet_v2
from tools.training.precision import FusedBatchNormalization

INT8_LAYERS = {
    "InputLayer", "Resizing", "Rescaling", "Conv2D", "DepthwiseConv2D", "BatchNormalization",
    "ReLU", "Add", "MaxPooling2D", "GlobalAveragePooling2D", "Flatten", "Dense", "Dropout",
}  # fmt: skip


ALL = {**ARCHITECTURES, "vgg": VGG}
"""The compared ones, and the one that is only a teacher."""


@cache
def built(name: str) -> keras.Model:
    return ALL[name].build(labels=7)


@pytest.mark.parametrize("name", ALL)
def test_every_network_has_the_inputs_and_outputs_of_the_shipped_one(name: str) -> None:
    network = built(name)
    assert network.input.shape == (None, None, None, 1)
    shapes = {key: tuple(value.shape[1:]) for key, value in network.output.items()}
    assert shapes["features"][:2] == (3, 3)
    assert len(shapes.pop("features")) == 3
    assert len(shapes.pop("embedding")) == 1
    assert shapes == {"emotion": (7,), "votes": (8,), "age": (len(AGE_YEARS),), "female": (1,)}


@pytest.mark.parametrize("name", ALL)
def test_int8_supports_every_operator_of_every_network(name: str) -> None:
    for layer in built(name).layers:
        assert type(layer).__name__ in INT8_LAYERS
        if isinstance(layer, layers.ReLU):
            assert layer.max_value == 6


@pytest.mark.parametrize("name", ["seven-layers", "mini-xception", "mobilenet-v2-0.35", "teacher"])
def test_a_network_with_fused_normalisation_has_the_same_weights(name: str) -> None:
    fused = ARCHITECTURES[name].build(labels=7, norm=FusedBatchNormalization)
    norms = [x for x in fused.layers if isinstance(x, layers.BatchNormalization)]
    assert norms
    assert all(type(norm) is FusedBatchNormalization for norm in norms)
    assert [w.shape for w in fused.weights] == [w.shape for w in built(name).weights]


def kernels(network: keras.Model) -> list[tuple[int, ...]]:
    """Shapes of all convolutions except the first, whose input has other channels."""
    convolutions = [
        x for x in network.layers if isinstance(x, (layers.Conv2D, layers.DepthwiseConv2D))
    ]
    return [tuple(x.kernel.shape) for x in convolutions[1:]]


def test_mobilenet_v2_has_the_convolutions_of_keras_applications() -> None:
    reference = keras.applications.MobileNetV2(
        (96, 96, 3), alpha=0.35, include_top=False, weights=None
    )
    assert kernels(mobilenet_v2(0.35).build(labels=7)) == kernels(reference)


def test_mini_xception_has_about_the_60_000_parameters_of_its_paper() -> None:
    assert 50_000 < built("mini-xception").count_params() < 65_000


def test_the_plain_network_has_seven_layers_with_weights() -> None:
    heads = ("votes", "age", "female")
    weighted = [
        layer
        for layer in built("seven-layers").layers
        if isinstance(layer, (layers.Conv2D, layers.Dense)) and layer.name not in heads
    ]
    assert len(weighted) == 7


def test_the_teacher_is_too_large_to_ship() -> None:
    assert built("teacher").count_params() > 3_000_000 > built("wayside").count_params()
