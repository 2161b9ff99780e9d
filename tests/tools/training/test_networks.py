"""The backbone: its input, its outputs and its operators."""

from __future__ import annotations

import keras
import numpy as np

from device.faces.crop import CROP_SIZE
from device.values import AGE_YEARS
from tools.training.networks import (
    TINY,
    WORKING_SIZE,
    Design,
    face_network,
)

ACCELERATOR_LAYERS = (
    "InputLayer", "Resizing", "Rescaling", "Conv2D", "DepthwiseConv2D", "BatchNormalization",
    "ReLU", "Add", "GlobalAveragePooling2D", "Dense", "Dropout",
)  # fmt: skip


def test_it_has_every_head_the_embedding_and_the_unpooled_map() -> None:
    network = face_network(TINY)
    outputs = network(np.zeros((2, CROP_SIZE, CROP_SIZE, 1), np.float32))
    shapes = {name: tuple(value.shape) for name, value in outputs.items()}
    assert shapes == {
        "emotion": (2, 7),
        "votes": (2, 8),
        "age": (2, len(AGE_YEARS)),
        "female": (2, 1),
        "embedding": (2, 64),
        "features": (2, 3, 3, 16),
    }


def test_the_shipped_design_has_a_3x3_map_and_fewer_than_3_million_parameters() -> None:
    network = face_network(Design())
    assert network.output["features"].shape[1:3] == (3, 3)
    assert 64 <= network.output["embedding"].shape[-1] <= 128
    assert network.count_params() < 3_000_000


def test_its_first_convolutions_work_at_full_size() -> None:
    first, second, third = [
        layer for layer in face_network(Design()).layers if isinstance(layer, keras.layers.Conv2D)
    ][:3]
    assert first.output.shape[1:3] == second.output.shape[1:3] == (WORKING_SIZE, WORKING_SIZE)
    assert third.output.shape[1:3] == (WORKING_SIZE // 2, WORKING_SIZE // 2)


def test_int8_and_an_edge_tpu_support_every_operator() -> None:
    for layer in face_network(Design()).layers:
        assert type(layer).__name__ in ACCELERATOR_LAYERS
        if isinstance(layer, keras.layers.ReLU):
            assert layer.max_value == 6


def test_every_input_size_is_resized_to_fer_2013s() -> None:
    network = face_network(TINY)
    small = np.random.default_rng(0).uniform(0, 255, (1, WORKING_SIZE // 2, WORKING_SIZE // 2, 1))
    large = small.repeat(2, axis=1).repeat(2, axis=2)
    assert network(large)["features"].shape == network(small)["features"].shape == (1, 3, 3, 16)
    resize = keras.Model(network.input, network.get_layer("resize").output)
    np.testing.assert_allclose(resize(large), large, atol=1e-3)  # has that size already
