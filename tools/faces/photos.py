"""From a photo of one face to the crop that the device would make of it.

The device's own detector and cropper do it, so that training sees what a kiosk sees. A photo that
a face fills is framed by a border first: the detector wants some room around a face.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.values import Box, Face, Frame
from device.vision.blazeface import BlazeFace
from device.vision.crop import crop_face
from tools.places import THIRD_PARTY

ALIGNED = np.array(
    [[0.30, 0.29], [0.69, 0.30], [0.50, 0.51], [0.49, 0.71], [0.09, 0.39], [0.88, 0.40]],
    np.float32,
)
"""Where UTKFace's aligned photos have the six keypoints, in shares of the side: the medians of
what the detector finds. Stands in for a photo in which it finds none, or looks at another face."""


class DeviceCropper:
    """Call it with an RGB photo (H, W, 3) of one aligned face: the grey crop (64, 64) uint8.

    missed: photos so far that were cropped by `ALIGNED`, for want of a face found in their middle.
    """

    def __init__(self, models: Path = THIRD_PARTY) -> None:
        """Load the device's detector from the folder of third-party models."""
        self._detector = BlazeFace(models, threshold=0.5)
        self.missed = 0

    def __call__(self, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = photo.shape[:2]
        edge = max(height, width) // 2
        framed = cv2.copyMakeBorder(
            photo, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(127, 127, 127)
        )
        usual = Face(Box(0, 0, width, height), ALIGNED * np.float32([width, height]), 0.0)
        faces = self._detector.detect(Frame(framed[..., 0], framed, 0.0))
        found = [Face(f.box, f.keypoints - np.float32(edge), f.score) for f in faces]
        near = [f for f in found if _apart(f, usual) < 0.15 * width]
        self.missed += not near
        grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
        return crop_face(grey, near[0] if near else usual)


def _apart(one: Face, other: Face) -> float:
    """Root mean square distance of two faces' keypoints in pixels."""
    return float(np.sqrt(((one.keypoints - other.keypoints) ** 2).sum(axis=1).mean()))
