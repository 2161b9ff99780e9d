"""From photos to the crops that the device would make of the faces on them.

The device's own detector and cropper do it, so that training sees what a kiosk sees. A photo that
a face fills is framed by a border: the detector wants some room around a face.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.images import frame_of
from device.config import VisionConfig
from device.errors import UserError
from device.faces.blazeface import KEYPOINTS, BlazeFace
from device.faces.crop import crop_face
from device.faces.detect import Detector, open_detector
from device.values import Box, Face, Frame
from tools.places import THIRD_PARTY

ALIGNED = np.array(
    [[0.30, 0.29], [0.69, 0.30], [0.50, 0.51], [0.49, 0.71], [0.09, 0.39], [0.88, 0.40]],
    np.float32,
)
"""Where UTKFace's aligned photos have the six keypoints, in shares of the side: the medians of
what the detector finds. Stands in for a photo in which it finds none, or looks at another face."""


class DeviceCropper:
    """Call it with an RGB photo (H, W, 3) of one aligned face: the grey crop (64, 64) uint8, by
    `ALIGNED` for want of a face found in its middle."""

    def __init__(self, models: Path = THIRD_PARTY) -> None:
        """Load the device's detector from the folder of third-party models."""
        self._detector = BlazeFace(models, threshold=0.5)

    def __call__(self, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = photo.shape[:2]
        usual = Face(
            Box(0, 0, width, height), ALIGNED * np.float32([width, height]), 0.0, KEYPOINTS
        )
        found = framed_faces(self._detector, photo)
        near = [f for f in found if _apart(f, usual) < 0.15 * width]
        grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
        return crop_face(grey, near[0] if near else usual)


class FaceFinder:
    """Finds everybody on a photo with the detector that a kiosk would use on this machine."""

    def __init__(self, models: Path = THIRD_PARTY) -> None:
        """Load it. Raises: UserError: a model file is missing."""
        self._detector, _ = open_detector(VisionConfig(), models)

    def find(self, photo: NDArray[np.uint8]) -> list[Face]:
        """Faces of an RGB photo (H, W, 3), the largest first; with a border where else none is."""
        faces = self._detector.detect(frame_of(photo, 0.0)) or framed_faces(self._detector, photo)
        return sorted(faces, key=lambda face: -face.box.h)

    def close(self) -> None:
        """Give back what the detector holds."""
        self._detector.close()


def framed_faces(detector: Detector, photo: NDArray[np.uint8]) -> tuple[Face, ...]:
    """Faces found in a photo with a grey border of half its side, in the photo's own pixels."""
    edge = max(photo.shape[:2]) // 2
    framed = cv2.copyMakeBorder(
        photo, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(127, 127, 127)
    )
    faces = detector.detect(Frame(framed[..., 0], framed, 0.0))
    return tuple(
        replace(
            face,
            box=replace(face.box, x=face.box.x - edge, y=face.box.y - edge),
            keypoints=face.keypoints - np.float32(edge),
        )
        for face in faces
    )


def save_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write RGB (H, W, 3) or grey (H, W) as the name's suffix says, making the folders.

    Raises:
        UserError: it cannot be written.
    """
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(path.suffix, picture)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None


def _apart(one: Face, other: Face) -> float:
    """Root mean square distance of two faces' keypoints in pixels."""
    return float(np.sqrt(((one.keypoints - other.keypoints) ** 2).sum(axis=1).mean()))
