"""The tensor-train layer equals a dense layer with its full matrix."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tools.training.tensor_train import TensorTrainDense


def layer() -> TensorTrainDense:
    train = TensorTrainDense((4, 3, 5), (2, 3, 4), (6, 5))
    train.build((None, 60))
    return train


def matrix(train: TensorTrainDense) -> np.ndarray:
    """The full matrix, (60, 24) of `layer`."""
    full = np.ones((1, 1, 1), np.float32)
    for core in train.cores:
        grown = np.einsum("abr,rmns->ambns", full, keras.ops.convert_to_numpy(core))
        a, m, b, n, s = grown.shape
        full = grown.reshape(a * m, b * n, s)
    return full[..., 0]


def test_it_multiplies_as_its_full_matrix_does() -> None:
    train = layer()
    x = np.random.default_rng(0).standard_normal((7, 60)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(train(x)), x @ matrix(train), atol=1e-5)


def test_its_compression_is_relative_to_a_dense_layer() -> None:
    train = layer()
    weights = 1 * 4 * 2 * 6 + 6 * 3 * 3 * 5 + 5 * 5 * 4 * 1
    assert train.weight_count == weights == sum(int(np.prod(c.shape)) for c in train.cores)
    assert train.compression == pytest.approx(60 * 24 / weights)


def test_its_initial_matrix_has_the_spread_of_a_dense_layer() -> None:
    keras.utils.set_random_seed(1)
    train = TensorTrainDense((8, 8, 8), (4, 4, 4), (8, 8))
    train.build((None, 512))
    assert float(matrix(train).std()) == pytest.approx(np.sqrt(2 / (512 + 64)), rel=0.5)


def test_gradients_reach_every_core() -> None:
    inputs = keras.Input((60,))
    model = keras.Model(inputs, TensorTrainDense((4, 3, 5), (2, 3, 4), (6, 5))(inputs))
    before = [np.array(w) for w in model.get_weights()]
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).standard_normal((8, 60)).astype(np.float32)
    model.train_on_batch(x, np.ones((8, 24), np.float32))
    assert all((b != a).any() for b, a in zip(before, model.get_weights(), strict=True))


def test_a_saved_model_gives_the_same_numbers(tmp_path) -> None:
    inputs = keras.Input((60,))
    train = TensorTrainDense((4, 3, 5), (2, 3, 4), (6, 5), activation="tanh")
    model = keras.Model(inputs, train(inputs))
    model.save(tmp_path / "train.keras")
    again = keras.saving.load_model(tmp_path / "train.keras")
    x = np.ones((2, 60), np.float32)
    np.testing.assert_allclose(again(x), model(x), atol=1e-6)


def test_modes_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="need 2 ranks"):
        TensorTrainDense((4, 3, 5), (2, 3, 4), (6,))
    with pytest.raises(ValueError, match="take 60 values; got 61"):
        TensorTrainDense((4, 3, 5), (2, 3, 4), (6, 5)).build((None, 61))
