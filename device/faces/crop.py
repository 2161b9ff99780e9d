"""The one cropper of device and training: an upright, square, grey crop of a face.

Turned by the eye line, centred and scaled by all six keypoints, so that either BlazeFace model and
any distance give the framing of FER-2013, whose faces teach the emotions. The two constants are
measured where FER-2013's training pictures lie around the keypoints that the detector finds in
them (docs/experiments.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.values import Face, Floats, Image

CROP_SIZE = 64

SIDE = 3.55
"""Side of the square, in radii of the keypoints: the median of FER-2013's training pictures,
3.53 by the far model and 3.56 by the near one."""

RISE = 0.08
"""How far the square's middle stands above the keypoints' mean, in their radii; measured alike,
0.07 and 0.10."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The square to cut out. x, y: its middle in pixels; side in pixels; roll in radians,
    positive where the person's left eye is lower in the picture than the right."""

    x: float
    y: float
    side: float
    roll: float


def keypoint_frame(keypoints: Floats) -> tuple[float, float, float, float]:
    """Mean (x, y), root mean square radius about it, and roll of six keypoints, pixels, radians."""
    # In plain numbers: for so few points numpy takes three times as long.
    points: list[tuple[float, float]] = keypoints.tolist()
    x = sum(px for px, _ in points) / len(points)
    y = sum(py for _, py in points) / len(points)
    square = sum((px - x) ** 2 + (py - y) ** 2 for px, py in points) / len(points)
    (right_x, right_y), (left_x, left_y) = points[:2]
    return x, y, max(math.sqrt(square), 1.0), math.atan2(left_y - right_y, left_x - right_x)


def framing_of(face: Face) -> Framing:
    """The square that frames this face as FER-2013 frames its own."""
    x, y, radius, roll = keypoint_frame(face.keypoints)
    rise = RISE * radius
    return Framing(x + rise * math.sin(roll), y - rise * math.cos(roll), SIDE * radius, roll)


def crop_face(grey: Image, face: Face, size: int = CROP_SIZE) -> Image:
    """Cut a face out of a grey picture (H, W): (size, size) uint8, its edges repeated outside.

    A face more than twice as large as the crop is first averaged down, so that its pores do not
    alias into expressions.
    """
    framing = framing_of(face)
    shrink = max(1, int(framing.side / size))
    left = top = 0
    if shrink > 1:
        grey, left, top = _shrunken(grey, framing, shrink)
    scale = size * shrink / framing.side
    cos, sin = scale * math.cos(framing.roll), scale * math.sin(framing.roll)
    # Coordinates count pixel centres, which an averaged picture moves by half a pixel.
    x = (framing.x - left + 0.5) / shrink - 0.5
    y = (framing.y - top + 0.5) / shrink - 0.5
    middle = (size - 1) / 2
    turning = np.array(
        [[cos, sin, middle - cos * x - sin * y], [-sin, cos, middle + sin * x - cos * y]]
    )
    crop = cv2.warpAffine(
        grey, turning, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)


def _shrunken(grey: Image, framing: Framing, shrink: int) -> tuple[Image, int, int]:
    """The surroundings of the square averaged down by `shrink`, and their corner in the picture."""
    height, width = grey.shape
    reach = framing.side * math.sqrt(0.5) + shrink
    left = min(max(0, int(framing.x - reach)), width - 1)
    top = min(max(0, int(framing.y - reach)), height - 1)
    right = max(left + 1, min(width, math.ceil(framing.x + reach)))
    bottom = max(top + 1, min(height, math.ceil(framing.y + reach)))
    part = grey[top:bottom, left:right]
    across, down = max(1, (right - left) // shrink), max(1, (bottom - top) // shrink)
    part = part[: down * shrink, : across * shrink]
    smaller = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8), left, top


def trust_of(crop: Image, face: Face) -> float:
    """How much to believe what is read from this crop, 0 to 1: small, blurred or turned is less."""
    return _size_trust(framing_of(face).side) * _sharpness(crop) * _frontality(face.keypoints)


def _size_trust(side: float) -> float:
    """1 from 32 pixels on, 0 at 12. Of what is told right of FER-2013's own 48 pixels, 95 % still
    is at 32, 85 % at 20 and 65 % at 12, where keypoints fail too (docs/experiments.md).
    """
    return _ramp(side, 12, 32)


def _sharpness(crop: Image) -> float:
    """Fine detail against contrast, which blur takes away and light does not.

    FER-2013's faces have 0.41 in the median; blurred by 2 % of their side 0.14 (93 % of what is
    told right of them sharp still is), by 3 % 0.09 (86 %) and by 5 % 0.05 (63 %)
    (docs/experiments.md).
    """
    return _ramp(sharpness_of(crop), 0.07, 0.15)


def sharpness_of(crop: Image) -> float:
    """Deviation of the Laplacian over that of the picture; 0 where there is nothing to see."""
    contrast = _deviation(crop)
    if contrast < 2:
        return 0.0
    return _deviation(cv2.Laplacian(crop, cv2.CV_16S)) / contrast


def _deviation(picture: NDArray[Any]) -> float:
    return float(cv2.meanStdDev(picture)[1].item())


def _frontality(keypoints: Floats) -> float:
    """1 where the nose is midway between the ears, 0 where it has reached one: a profile."""
    nose, right, left = keypoints[2], keypoints[4], keypoints[5]
    across = left - right
    length = float(across @ across)
    if length < 1:
        return 0.0
    off_middle = abs(float((nose - right) @ across) / length - 0.5) * 2
    return 1 - _ramp(off_middle, 0.35, 1.0)


def _ramp(value: float, zero: float, one: float) -> float:
    """0 at `zero` and below, 1 at `one` and above, straight between."""
    return min(1.0, max(0.0, (value - zero) / (one - zero)))
