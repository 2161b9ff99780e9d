"""MediaPipe's face mesh model by LiteRT: 468 landmarks, and how surely there is a face at all.

Two steps ask it, the detector's second look and the eyes: it remembers for a second which faces it
believed, so that one need not look again at what the other has just seen.

Source: Kartynnik et al., Real-time facial surface geometry, arXiv:1907.06724; the region it is
given (the detector's box, turned by the eye line, half as large again) is that of
mediapipe/modules/face_landmark/face_detection_front_detection_to_roi.pbtxt, version 0.10.21.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from device.faces.crop import keypoint_frame
from device.inference.litert import load_model
from device.values import Box, Face, Floats, Frame

FILE = "face_landmark.tflite"
SIZE = 192

BELIEF = 0.5
"""A face is believed where the mean of both models' probabilities of one is at least this."""

BELIEVED_S = 1.0
"""Seconds for which a face that was believed need not be looked at again."""

SAME_FACE_IOU = 0.3

_INPUT, _LANDMARKS, _PRESENCE = "input_1", "conv2d_21", "conv2d_31"


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the mesh model sees. presence: probability of a face, 0 to 1. believed: whether it is
    one, by this model and the detector together.

    landmarks: (468, 3) float32 in pixels of the model's own upright 192x192 view.
    """

    presence: float
    believed: bool
    landmarks: Floats


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
        self._believed: list[tuple[Box, float]] = []
        self._view = np.zeros((SIZE, SIZE, 3), np.uint8)
        self._input = np.empty((1, SIZE, SIZE, 3), np.float32)

    def look(self, frame: Frame, face: Face) -> Look:
        """Look closely at one face of a frame."""
        _, _, _, roll = keypoint_frame(face.keypoints, face.layout.eyes)
        x, y = face.box.centre
        scale = SIZE / (max(face.box.w, face.box.h, 1.0) * face.layout.mesh_side)
        cos, sin = scale * math.cos(roll), scale * math.sin(roll)
        middle = SIZE / 2
        turning = np.array(
            [[cos, sin, middle - cos * x - sin * y], [-sin, cos, middle + sin * x - cos * y]]
        )
        cv2.warpAffine(frame.rgb, turning, (SIZE, SIZE), dst=self._view, flags=cv2.INTER_LINEAR)
        np.multiply(self._view, np.float32(1 / 255), out=self._input[0])
        output = self.model.run({_INPUT: self._input})
        presence = 1 / (1 + math.exp(-float(output[_PRESENCE].item())))
        believed = (presence + face.score) / 2 >= BELIEF
        if believed:
            self._place(face.box, frame.at)
        return Look(presence, believed, output[_LANDMARKS].reshape(468, 3))

    def believes(self, box: Box) -> bool:
        """Whether a face at this place was believed, and is not forgotten; it is followed here."""
        looked_at = [seen for other, seen in self._believed if other.iou(box) >= SAME_FACE_IOU]
        if looked_at:
            self._place(box, max(looked_at))
        return bool(looked_at)

    def forget_old(self, at: float) -> None:
        """Forget what was believed more than a second before `at`, or after it: time began anew."""
        self._believed = [(b, seen) for b, seen in self._believed if 0 <= at - seen < BELIEVED_S]

    def _place(self, box: Box, looked_at: float) -> None:
        """Remember a face here, in the place of what is remembered of it."""
        others = [kept for kept in self._believed if kept[0].iou(box) < SAME_FACE_IOU]
        self._believed = [*others, (box, looked_at)]
