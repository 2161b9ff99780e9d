"""The networks that ours is measured against: on the same terms, and still themselves."""

from __future__ import annotations

from functools import cache

import keras
import pytest
from keras import layers

from device.values import AGE_YEARS
from tools.training.architectures import ARCHITECTURES, Vgg, mobilenet_v2
from tools.training.precision import FusedBatchNormalization

INT8_LAYERS = {
    "InputLayer", "Resizing", "Rescaling", "Conv2D", "DepthwiseConv2D", "BatchNormalization",
    "ReLU", "Add", "MaxPooling2D", "GlobalAveragePooling2D", "Flatten", "Dense", "Dropout",
}  # fmt: skip


ALL = {**ARCHITECTURES, "vgg": Vgg()}
"""Those that are compared, and the one that only teaches."""


@cache
def built(name: str) -> keras.Model:
    return ALL[name].build(labels=7)


@pytest.mark.parametrize("name", ALL)
def test_every_network_takes_and_gives_what_the_shipped_one_does(name: str) -> None:
    network = built(name)
    assert network.input.shape == (None, None, None, 1)
    shapes = {key: tuple(value.shape[1:]) for key, value in network.output.items()}
    assert shapes["features"][:2] == (3, 3)
    assert len(shapes.pop("features")) == 3
    assert len(shapes.pop("embedding")) == 1
    assert shapes == {"emotion": (7,), "votes": (8,), "age": (len(AGE_YEARS),), "female": (1,)}


@pytest.mark.parametrize("name", ALL)
def test_every_network_is_made_of_operators_that_int8_takes(name: str) -> None:
    for layer in built(name).layers:
        assert type(layer).__name__ in INT8_LAYERS
        if isinstance(layer, layers.ReLU):
            assert layer.max_value == 6


@pytest.mark.parametrize("name", ["seven-layers", "mini-xception", "mobilenet-v2-0.35", "teacher"])
def test_the_network_that_is_trained_takes_the_weights_of_the_one_that_is_kept(name: str) -> None:
    twin = ARCHITECTURES[name].build(labels=7, norm=FusedBatchNormalization)
    norms = [x for x in twin.layers if isinstance(x, layers.BatchNormalization)]
    assert norms
    assert all(type(norm) is FusedBatchNormalization for norm in norms)
    assert [w.shape for w in twin.weights] == [w.shape for w in built(name).weights]


def kernels(network: keras.Model) -> list[tuple[int, ...]]:
    """Shapes of all convolutions but the first, which sees colours or none."""
    convolutions = [
        x for x in network.layers if isinstance(x, (layers.Conv2D, layers.DepthwiseConv2D))
    ]
    return [tuple(x.kernel.shape) for x in convolutions[1:]]


def test_mobilenet_v2_has_the_convolutions_of_its_authors() -> None:
    theirs = keras.applications.MobileNetV2(
        (96, 96, 3), alpha=0.35, include_top=False, weights=None
    )
    assert kernels(mobilenet_v2(0.35).build(labels=7)) == kernels(theirs)


def test_mini_xception_has_about_the_60_000_parameters_of_its_paper() -> None:
    assert 50_000 < built("mini-xception").count_params() < 65_000


def test_the_plain_network_has_seven_layers_with_weights_on_the_way_to_an_emotion() -> None:
    heads = ("votes", "age", "female")
    weighty = [
        layer
        for layer in built("seven-layers").layers
        if isinstance(layer, (layers.Conv2D, layers.Dense)) and layer.name not in heads
    ]
    assert len(weighty) == 7


def test_the_teacher_is_larger_than_what_may_ship() -> None:
    assert built("teacher").count_params() > 3_000_000 > built("wayside").count_params()
