"""MediaPipe's face mesh model by LiteRT: 468 landmarks and the probability that there is a face.

Source: Kartynnik et al., Real-time facial surface geometry, arXiv:1907.06724. The model sees the
detector's box, rotated by the line through the eyes and enlarged as the detector's layout says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from device.faces.crop import keypoint_frame
from device.inference.litert import load_model
from device.values import Face, Floats, Frame

FILE = "face_landmark.tflite"
SIZE = 192

LEAST_PROBABILITY = 0.5
"""A face is verified where the mean of both models' probabilities of one is at least this."""

_INPUT, _LANDMARKS, _PRESENCE = "input_1", "conv2d_21", "conv2d_31"


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """The model's answer. presence: probability of a face, 0 to 1. verified: whether it is one,
    by this model and the detector together.

    landmarks: (468, 3) float32 in pixels of the model's own upright 192x192 view. scale: pixels of
    the frame for one of these.
    """

    presence: float
    verified: bool
    landmarks: Floats
    scale: float


class FaceMesh:
    """The mesh model. `model` is public for the benchmark's bare calls."""

    def __init__(self, folder: Path) -> None:
        """Load the model from `folder`.

        Raises:
            UserError: the file is missing, broken, or another model.
        """
        self.model = load_model(folder / FILE)
        self.model.require(
            {_INPUT: (1, SIZE, SIZE, 3)},
            {_LANDMARKS: (1, 1, 1, 1404), _PRESENCE: (1, 1, 1, 1)},
        )
        self._view = np.zeros((SIZE, SIZE, 3), np.uint8)

    def run(self, frame: Frame, face: Face) -> Mesh:
        """The mesh of one face of a frame."""
        _, _, _, roll = keypoint_frame(face.keypoints, face.layout.eyes)
        x, y = face.box.centre
        scale = SIZE / (max(face.box.w, face.box.h, 1.0) * face.layout.mesh_side)
        cos, sin = scale * math.cos(roll), scale * math.sin(roll)
        middle = SIZE / 2
        turning = np.array(
            [[cos, sin, middle - cos * x - sin * y], [-sin, cos, middle + sin * x - cos * y]]
        )
        cv2.warpAffine(frame.rgb, turning, (SIZE, SIZE), dst=self._view, flags=cv2.INTER_LINEAR)
        pixels = self.model.view(self.model.inputs[_INPUT])[0]
        np.multiply(self._view, np.float32(1 / 255), out=pixels)
        del pixels
        output = self.model.run({})
        presence = 1 / (1 + math.exp(-float(output[_PRESENCE].item())))
        verified = (presence + face.score) / 2 >= LEAST_PROBABILITY
        return Mesh(presence, verified, output[_LANDMARKS].reshape(468, 3), 1 / scale)
