"""How far a person's eyes are open, from the landmarks of the face mesh model.

The measure is the eye aspect ratio of Soukupová and Čech, Real-time eye blink detection using
facial landmarks (CVWW 2016): the two heights of an eye's opening over twice its width.
"""

from __future__ import annotations

import math

from device.values import Floats

SMALLEST_PX = 48
"""Side of a face's crop below which lids cannot be separated from lashes, pixels."""

CLOSED, OPEN = 0.16, 0.26
"""Aspect ratios that count as fully closed and fully open. In faces that look into a camera, closed
lids measure 0.12 to 0.18, narrowed eyes 0.18 to 0.22, open eyes 0.23 or more."""

RIGHT = (33, 160, 158, 133, 153, 144)
LEFT = (362, 385, 387, 263, 373, 380)
"""The mesh's landmarks of an eye: one corner, two above, the other corner, two below."""


def openness_of(landmarks: Floats) -> float:
    """Openness, 0 to 1, of the wider eye of a (468, 3) mesh: the other may be turned away."""
    ratio = max(aspect_ratio(landmarks[list(eye), :2].tolist()) for eye in (RIGHT, LEFT))
    return min(1.0, max(0.0, (ratio - CLOSED) / (OPEN - CLOSED)))


def aspect_ratio(eye: list[tuple[float, float]]) -> float:
    """Eye aspect ratio of six points, in the order of `RIGHT`."""
    heights = math.dist(eye[1], eye[5]) + math.dist(eye[2], eye[4])
    return heights / max(2 * math.dist(eye[0], eye[3]), 1e-6)
