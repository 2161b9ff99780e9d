"""A fake detector, and synthetic faces."""

from __future__ import annotations

import numpy as np

from device.faces.blazeface import KEYPOINTS
from device.values import Box, Face, Frame


class FakeDetector:
    """A detector that finds these faces in every frame."""

    def __init__(self, *faces: Face) -> None:
        self.faces = faces

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return self.faces

    def close(self) -> None:
        pass


def face_at(x: float, y: float, side: float, score: float = 0.6) -> Face:
    """A detection of an upright face whose box has this centre and side."""
    shape = np.array([[-18, -20], [18, -20], [0, 5], [0, 25], [-42, -10], [42, -10]], np.float32)
    points = shape * np.float32(side / 100) + np.array([x, y], np.float32)
    return Face(Box(x - side / 2, y - side / 2, side, side), points, score, KEYPOINTS)
