"""The mounting guide: the newest verdicts, and what its plan draws, as one value of JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from device.config import CameraConfig
from device.mounting.optics import CHILD_M, CROP_M, DEFAULT_FOV, SEATED_M, STANDING_M, Optics
from device.mounting.verdicts import judge
from device.values import Face, Frame

PAGE = Path(__file__).parent / "page"

FILES = {
    "/": ("guide.html", "text/html; charset=utf-8"),
    "/details": ("details.html", "text/html; charset=utf-8"),
    "/guide.css": ("guide.css", "text/css; charset=utf-8"),
    "/guide.js": ("guide.js", "text/javascript; charset=utf-8"),
}
"""By path: the files of the guide and of the page with what the models predict; their types."""


class Guide:
    """The guide to one camera. fov: degrees across its picture before it is turned."""

    def __init__(
        self, camera: CameraConfig, fov: float = DEFAULT_FOV, eyes_m: float = STANDING_M
    ) -> None:
        """eyes_m: height of the eyes of the person who stands on the mark."""
        self._fov, self._eyes_m = fov, eyes_m
        self._rotate = camera.rotate

    def look(self, frame: Frame, faces: Sequence[Face]) -> dict[str, Any]:
        """The verdicts on this frame, and what to draw: lengths in metres, angles in degrees,
        places in the picture as shares of it."""
        height, width = frame.grey.shape
        optics = Optics.of(self._fov, width, height, self._rotate)
        verdicts = judge(frame, faces, optics, self._eyes_m)
        stand = optics.stand_m
        return {
            "verdicts": [asdict(verdict) for verdict in verdicts],
            "across": optics.across,
            "down": optics.down,
            "near": optics.near_m,
            "far": optics.far_m,
            "stand": stand,
            "mark": optics.share(CROP_M, stand),
            "heights": {"standing": self._eyes_m, "seated": SEATED_M, "child": CHILD_M},
            "people": [
                {
                    "ahead": optics.distance_m(face),
                    "beside": optics.beside_m(face),
                    "eyes": optics.below(face, 0.0),
                }
                for face in faces
            ],
        }
