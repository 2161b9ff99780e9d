"""Cameras as they are mounted: pictures turned upright, and the light that they are in.

Everything after the camera sees upright pictures: boxes, `vision.ignore` and the preview are in
their coordinates.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from device.camera.capture import Camera
from device.values import Frame, Image

ROTATIONS: Final = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}

DARK, BRIGHT = 12.0, 16.0
"""Mean luma, 0 to 255, below which it is too dark, and above which it no longer is. Of 58 faces in
photographs and clips that were darkened to 12, with a camera's noise of 2 to 5 grey levels, the
detector found two thirds to one third; at 6 hardly any."""

OFTEN_S = 1.0
"""Seconds between measurements of the light."""


class Upright:
    """A camera that is not mounted upright: its pictures are turned, then mirrored."""

    def __init__(self, camera: Camera, rotate: int, flip: bool) -> None:
        """rotate: degrees clockwise, a multiple of 90. flip: exchange left and right."""
        self._camera = camera
        self._rotate, self._flip = rotate, flip

    def open(self) -> None:
        """Open the camera."""
        self._camera.open()

    def read(self) -> Frame | None:
        """The next frame, upright."""
        frame = self._camera.read()
        if frame is None:
            return None
        return Frame(self._turned(frame.grey), self._turned(frame.rgb), frame.at)

    def close(self) -> None:
        """Close the camera."""
        self._camera.close()

    def _turned(self, picture: Image) -> Image:
        if self._rotate:
            picture = np.asarray(cv2.rotate(picture, ROTATIONS[self._rotate]), np.uint8)
        return np.asarray(cv2.flip(picture, 1), np.uint8) if self._flip else picture


class Light:
    """How light the pictures are, measured once a second."""

    def __init__(self) -> None:
        self.luma: float | None = None
        """Mean luma, 0 to 255; None: no picture yet."""
        self.dark = False
        """Whether it is too dark to see faces."""
        self._due = 0.0

    def measure(self, frame: Frame) -> None:
        """Take a frame into account."""
        if self.luma is not None and frame.at < self._due:
            return
        self._due = frame.at + OFTEN_S
        self.luma = float(frame.grey[::8, ::8].mean())
        self.dark = self.luma < (BRIGHT if self.dark else DARK)
