"""HSEmotion's MobileNet: a network trained on other faces, as a teacher and as a baseline.

Savchenko 2022, "Video-based frame-level facial analysis of affective behavior on mobile devices
using EfficientNets"; trained on AffectNet, whose terms allow non-commercial research. The file is
part of the data folder and is never copied.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from device.inference.litert import load_model
from device.values import EMOTIONS

FILE = Path("teachers") / "hsemotion_mobilenet_7.tflite"
"""Place in the data folder."""

SHA256 = "37dabf4f1da9f816f1413d236ee9d9e4ac24686c44450fb64f05b307f1b1a7dc"

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
SIDE = 224
MEAN = np.array([103.939, 116.779, 123.68], np.float32)
"""Subtracted from red, green and blue, in this order, as the authors' code does."""

BOX = 1.2
"""Side of the crop in sides of the detector's upright square box, at which it is most accurate."""

_COLUMNS = [LABELS.index(label) for label in EMOTIONS]


class HSEmotion:
    """The network in the kiosk's runtime."""

    def __init__(self, path: Path) -> None:
        """Load the file.

        Raises:
            UserError: no such file, or another one.
        """
        if not path.is_file():
            raise UserError(f"{path}: no such file; it is part of the data folder (WAYSIDE_DATA)")
        if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
            raise UserError(f"{path}: not HSEmotion's MobileNet (its SHA-256 differs)")
        self._model = load_model(path)
        self._model.require({"input_1": (1, SIDE, SIDE, 3)}, {"output_0": (1, len(LABELS))})

    def predict(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, 7) probabilities over `EMOTIONS` of faces, grey (N, S, S) or RGB (N, S, S, 3)."""
        bar = tqdm(faces, "HSEmotion", unit="face", delay=2, disable=None)
        return np.stack([self._one(face) for face in bar])[:, _COLUMNS]

    def _one(self, face: NDArray[np.uint8]) -> NDArray[np.float32]:
        rgb = cv2.cvtColor(face, cv2.COLOR_GRAY2RGB) if face.ndim == 2 else face
        large = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        return self._model.run({"input_1": (large - MEAN)[None]})["output_0"][0]
