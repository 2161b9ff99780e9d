"""Training of the last stage and the heads alone, on the maps of the stages before it.

The earlier stages take nine tenths of the arithmetic, and their features serve other faces too.
They run as an int8 file, as they do on a kiosk, inside the batches; the rest is trained on its
output.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from device.inference.litert import load_model
from tools.datasets.face_dataset import FaceDataset
from tools.training.networks import WORKING_SIZE


class EarlierStages:
    """Frozen stages. weights: theirs, the first of the whole network's."""

    def __init__(self, network: keras.Model, faces: NDArray[np.uint8]) -> None:
        """network: from faces to "maps", those before the last stage. faces: (N, 64, 64), for the
        quantization ranges."""
        from tools.training.tflite import face_to_tflite  # needs TensorFlow

        size = WORKING_SIZE
        samples = [cv2.resize(face, (size, size)) for face in faces]
        self.weights = network.get_weights()
        self._turn = threading.Lock()  # the batches are made by several threads
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stages.tflite"
            path.write_bytes(face_to_tflite(network, samples, size=size, outputs=("maps",)))
            self._model = load_model(path)

    def maps(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, H, W, C) of faces (N, 48, 48, 1), 0 to 255."""
        pixels = np.rint(faces).astype(np.uint8)
        with self._turn:
            return np.concatenate(
                [self._model.run({"face": face[None]})["maps"] for face in pixels]
            )


def split(
    network: keras.Model, exact: keras.Model, height: int, train: FaceDataset
) -> tuple[EarlierStages, keras.Model]:
    """The frozen stages of a network, and the network from their maps on, with its layers.

    exact: the same network in float32, whose stages are converted: the converter has no resizing
    of bfloat16. height: of the last stage's maps. train: faces for quantization ranges.
    """
    from tools.training.tflite import representative_faces

    maps = keras.Model(exact.input, {"maps": _cut(exact, height)})
    stages = EarlierStages(maps, representative_faces(train))
    return stages, keras.Model(_cut(network, height), network.output)


def _cut(network: keras.Model, height: int) -> keras.KerasTensor:
    """What the last layer before the last stage returns."""
    return [layer for layer in network.layers if _is_larger(layer, height)][-1].output


def _is_larger(layer: keras.layers.Layer, height: int) -> bool:
    """Whether a layer's output is a map of more rows than `height`."""
    shape = layer.output.shape
    return len(shape) == 4 and (shape[1] is None or shape[1] > height)
