"""How far a visitor's eyes are open, from the face mesh, at most twice a second a track.

The measure is the eye aspect ratio of Soukupová and Čech, Real-time eye blink detection using
facial landmarks (CVWW 2016): the two heights of an eye's opening over twice its width.
"""

from __future__ import annotations

import numpy as np

from device.faces.crop import framing_of
from device.faces.mesh import FaceMesh
from device.values import Floats, Frame, Track

EVERY_S = 0.5
"""Seconds between two looks at one visitor's eyes."""

SMALLEST_PX = 48
"""Side of the face's square below which lids cannot be told from lashes."""

CLOSED, OPEN = 0.16, 0.26
"""Aspect ratios that count as fully closed and fully open. On faces that look into a camera, closed
lids measure 0.12 to 0.18, narrowed eyes 0.18 to 0.22, open eyes 0.23 or more."""

RIGHT = (33, 160, 158, 133, 153, 144)
LEFT = (362, 385, 387, 263, 373, 380)
"""The mesh's landmarks of an eye: one corner, two above, the other corner, two below."""


class EyeWatch:
    """Remembers each visitor's eyes between looks, and forgets them with the track."""

    def __init__(self, mesh: FaceMesh) -> None:
        """Look with this mesh model."""
        self.mesh = mesh
        self._seen: dict[str, tuple[float, float | None]] = {}

    def openness(self, frame: Frame, track: Track) -> float | None:
        """0 closed to 1 open; None where the face is too small or turned too far to tell."""
        last = self._seen.get(track.id)
        if last is not None and 0 <= frame.at - last[0] < EVERY_S:
            return last[1]
        openness = None
        if framing_of(track.face).side >= SMALLEST_PX:
            look = self.mesh.look(frame, track.face)
            if look.presence >= 0.5:
                openness = openness_of(look.landmarks)
        self._seen[track.id] = frame.at, openness
        return openness

    def keep(self, ids: set[str]) -> None:
        """Forget every track that is not among these."""
        for gone in self._seen.keys() - ids:
            del self._seen[gone]


def openness_of(landmarks: Floats) -> float:
    """Openness, 0 to 1, of the wider eye of a (468, 3) mesh: the other may be turned away."""
    ratio = max(aspect_ratio(landmarks[list(eye), :2]) for eye in (RIGHT, LEFT))
    return min(1.0, max(0.0, (ratio - CLOSED) / (OPEN - CLOSED)))


def aspect_ratio(eye: Floats) -> float:
    """Eye aspect ratio of six points (6, 2), in the order of `RIGHT`."""
    width = float(np.linalg.norm(eye[0] - eye[3]))
    heights = float(np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4]))
    return heights / max(2 * width, 1e-6)
