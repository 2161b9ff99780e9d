"""Faster arithmetic gives the same network."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from tools.training.networks import TINY, face_network
from tools.training.precision import FusedBatchNormalization, fastest_policy, policy


@pytest.mark.parametrize("shape", [(16, 5), (8, 4, 4, 5)])
def test_fused_batch_normalisation_trains_like_that_of_keras(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(3, 2, shape).astype(np.float32)
    plain, fused = layers.BatchNormalization(), FusedBatchNormalization()
    for _ in range(3):
        result, expected = fused(x, training=True), plain(x, training=True)
        np.testing.assert_allclose(result, expected, atol=1e-4)
    # The fused operation's variance is the unbiased one, n / (n - 1) of Keras's.
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0.05)
    np.testing.assert_allclose(fused(x), plain(x), rtol=0.05, atol=0.05)


def test_a_network_trained_in_bfloat16_gives_its_weights_to_the_float32_one() -> None:
    keras.utils.set_random_seed(1)
    with policy("mixed_bfloat16"):
        trained = face_network(TINY, norm=FusedBatchNormalization)
    assert keras.config.dtype_policy().name == "float32"
    shipped = face_network(TINY)
    shipped.set_weights(trained.get_weights())
    faces = np.random.default_rng(0).integers(0, 256, (4, 48, 48, 1)).astype(np.float32)
    outputs, expected = trained(faces), shipped(faces)
    for name in ("emotion", "age", "female"):
        np.testing.assert_allclose(outputs[name], expected[name], atol=0.1)


@pytest.mark.parametrize(
    ("flags", "name"), [("fma avx512_bf16", "mixed_bfloat16"), ("fma avx2", "float32")]
)
def test_bfloat16_is_used_if_the_processor_has_it(tmp_path: Path, flags: str, name: str) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags\t: {flags}\n")
    assert fastest_policy(tmp_path / "cpuinfo") == name
    assert fastest_policy(tmp_path / "none") == "float32"
