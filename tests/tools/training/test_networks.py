"""The backbone's shape: what goes in, what comes out, which operators it is made of."""

from __future__ import annotations

import keras
import numpy as np

from device.values import AGE_YEARS
from tools.training.networks import (
    SEEN,
    SIZE,
    TINY,
    Design,
    face_network,
    with_consensus,
    with_only,
)

ACCELERATOR_LAYERS = (
    "InputLayer", "Resizing", "Rescaling", "Conv2D", "DepthwiseConv2D", "BatchNormalization",
    "ReLU", "Add", "GlobalAveragePooling2D", "Dense", "Dropout",
)  # fmt: skip


def test_it_gives_every_head_the_embedding_and_the_unpooled_map() -> None:
    network = face_network(TINY)
    told = network(np.zeros((2, SIZE, SIZE, 1), np.float32))
    shapes = {name: tuple(value.shape) for name, value in told.items()}
    assert shapes == {
        "emotion": (2, 7),
        "votes": (2, 8),
        "age": (2, len(AGE_YEARS)),
        "female": (2, 1),
        "embedding": (2, 64),
        "features": (2, 3, 3, 16),
    }


def test_the_one_that_ships_keeps_a_map_of_three_by_three_and_under_three_megabytes() -> None:
    network = face_network(Design())
    assert network.output["features"].shape[1:3] == (3, 3)
    assert 64 <= network.output["embedding"].shape[-1] <= 128
    assert network.count_params() < 3_000_000


def test_its_first_convolutions_see_the_face_at_its_full_size() -> None:
    first, second, third = [
        layer for layer in face_network(Design()).layers if isinstance(layer, keras.layers.Conv2D)
    ][:3]
    assert first.output.shape[1:3] == second.output.shape[1:3] == (SEEN, SEEN)
    assert third.output.shape[1:3] == (SEEN // 2, SEEN // 2)


def test_it_is_made_only_of_operators_that_int8_and_an_edge_tpu_take() -> None:
    for layer in face_network(Design()).layers:
        assert type(layer).__name__ in ACCELERATOR_LAYERS
        if isinstance(layer, keras.layers.ReLU):
            assert layer.max_value == 6


def test_it_looks_at_every_size_as_at_fer_2013s_own() -> None:
    network = face_network(TINY)
    small = np.random.default_rng(0).uniform(0, 255, (1, SEEN // 2, SEEN // 2, 1))
    large = small.repeat(2, axis=1).repeat(2, axis=2)
    assert network(large)["features"].shape == network(small)["features"].shape == (1, 3, 3, 16)
    inside = keras.Model(network.input, network.get_layer("to_seen").output)
    np.testing.assert_allclose(inside(large), large, atol=1e-3)  # its own size is left alone


def test_what_is_told_is_the_mean_of_what_labels_and_votes_teach() -> None:
    network = with_consensus(face_network(TINY))
    faces = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 1)).astype(np.float32)
    told = {name: np.asarray(value) for name, value in network(faces).items()}
    mean = (told["emotion"] + told["votes"][:, :7]) / 2
    np.testing.assert_allclose(told["consensus"], mean, atol=1e-5)
    assert set(with_only(network, ("age",)).output) == {"age", "embedding", "features"}
