"""Outputs of a face model on grey face crops: a Keras network, or a `.tflite` as on a kiosk.

Both give, by output name, a float32 row for each picture.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.faces.crop import CROP_SIZE
from device.inference.litert import Model, load_model

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]

LOGITS = ("emotion", "votes", "age", "female")
"""The outputs that are measured."""


def as_input(pictures: NDArray[np.uint8], size: int = CROP_SIZE) -> NDArray[np.uint8]:
    """(N, size, size, 1) uint8 of (N, S, S) face crops, resized as the device resizes them."""
    if pictures.shape[1:] != (size, size):
        pictures = np.stack([cv2.resize(p, (size, size)) for p in pictures])
    return pictures[..., None]


def predict_keras(network: keras.Model, pictures: NDArray[np.uint8]) -> dict[str, Array]:
    """Outputs of the float network by name for (N, S, S) pictures."""
    faces = as_input(pictures).astype(np.float32)
    parts = [
        {name: np.asarray(value) for name, value in network(batch, training=False).items()}
        for batch in np.array_split(faces, max(1, len(faces) // 256))
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class TFLiteModel:
    """A `.tflite` face model, read once: a file replaced meanwhile does not change the figures."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: no such model, or its input is not one grey face."""
        self._model = load_model(path)
        self._model.require({"face": (1, -1, -1, 1)}, {"emotion": (1, -1)})

    def predict(
        self, pictures: NDArray[np.uint8], *, heads: Collection[str] | None = None,
        quiet: bool = False,
    ) -> dict[str, Array]:  # fmt: skip
        """Outputs by name for (N, S, S) pictures; one call a picture, as on a kiosk.

        heads: names of outputs to keep, where the model has them; None: all. quiet: no progress.
        """
        model = self._model
        rows: dict[str, list[Array]] = {
            name: [] for name in model.outputs if heads is None or name in heads
        }
        faces = as_input(pictures, model.inputs["face"].shape[1])
        bar = tqdm(faces, desc=model.name, unit="face", delay=2, disable=True if quiet else None)
        for face in bar:
            outputs = model.run({"face": face[None]})
            for name, row in rows.items():
                row.append(outputs[name])
        return {name: np.concatenate(row) for name, row in rows.items()}


def predict_tflite(path: Path, pictures: NDArray[np.uint8]) -> dict[str, Array]:
    """All outputs of a `.tflite` by name. Raises UserError as `TFLiteModel`."""
    return TFLiteModel(path).predict(pictures)


def median_ms(model: Model, calls: int = 300) -> float:
    """Median milliseconds of a call in the kiosk's runtime, inputs and outputs copied."""
    inputs = {name: np.zeros(tensor.shape, tensor.dtype) for name, tensor in model.inputs.items()}
    model.run(inputs)  # the first call allocates
    taken = []
    for _ in range(calls):
        begun = time.perf_counter()
        model.run(inputs)
        taken.append(time.perf_counter() - begun)
    return round(float(np.median(taken)) * 1000, 4)
