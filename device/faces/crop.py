"""The cropper of both device and training: an upright, square, grey crop of a face, and its trust.

The crop is rotated by the line through the eyes, and centred and scaled by all keypoints, as the
detector's `KeypointLayout` says. Every detector and distance thus gives the framing of FER-2013, on
which emotion is trained.
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


@dataclass(frozen=True, slots=True)
class Framing:
    """The square to cut out. x, y: its centre in pixels. side: in pixels. roll: in radians,
    positive where the person's left eye is lower in the picture than the right."""

    x: float
    y: float
    side: float
    roll: float


def keypoint_frame(keypoints: Floats, eyes: tuple[int, int]) -> tuple[float, float, float, float]:
    """Mean (x, y), root mean square radius about it, and roll of (K, 2) keypoints.

    eyes: rows of the right and the left eye. Pixels and radians.
    """
    # In Python's own numbers: for so few points numpy takes three times as long.
    points: list[tuple[float, float]] = keypoints.tolist()
    x = sum(px for px, _ in points) / len(points)
    y = sum(py for _, py in points) / len(points)
    square = sum((px - x) ** 2 + (py - y) ** 2 for px, py in points) / len(points)
    (right_x, right_y), (left_x, left_y) = points[eyes[0]], points[eyes[1]]
    return x, y, max(math.sqrt(square), 1.0), math.atan2(left_y - right_y, left_x - right_x)


def framing_of(face: Face) -> Framing:
    """The square that frames this face as FER-2013 frames its own."""
    layout = face.layout
    x, y, radius, roll = keypoint_frame(face.keypoints, layout.eyes)
    rise, side = layout.crop_rise * radius, layout.crop_side * radius
    return Framing(x + rise * math.sin(roll), y - rise * math.cos(roll), side, roll)


def crop_face(grey: Image, face: Face, size: int = CROP_SIZE) -> Image:
    """Cut a face out of a grey picture (H, W): (size, size) uint8, its edges repeated outside.

    A face more than twice as large as the crop is first averaged down, against aliasing.
    """
    framing = framing_of(face)
    shrink = max(1, int(framing.side / size))
    left = top = 0
    if shrink > 1:
        grey, left, top = _shrunken(grey, framing, shrink)
    scale = size * shrink / framing.side
    cos, sin = scale * math.cos(framing.roll), scale * math.sin(framing.roll)
    # Coordinates are of pixel centres, which averaging moves by half a pixel.
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
    """Trust in what is read from this crop, 0 to 1: small, blurred or turned faces have less."""
    return _size_trust(framing_of(face).side) * _sharpness(crop) * _frontality(face)


def _size_trust(side: float) -> float:
    """1 from 32 pixels on, 0 at 12. Of the emotions that are predicted right at FER-2013's own 48
    pixels, 95 % still are at 32, 85 % at 20 and 65 % at 12, where keypoints fail too
    (docs/experiments.md).
    """
    return _ramp(side, 12, 32)


def _sharpness(crop: Image) -> float:
    """Fine detail relative to contrast, which blur reduces and light does not.

    The median of FER-2013's faces is 0.41. Blurred by 2 % of their side it is 0.14 (93 % of the
    emotions predicted right on sharp faces still are), by 3 % 0.09 (86 %) and by 5 % 0.05 (63 %)
    (docs/experiments.md).
    """
    return _ramp(sharpness_of(crop), 0.07, 0.15)


def sharpness_of(crop: Image) -> float:
    """Standard deviation of the Laplacian over that of the picture; 0 for a picture of one grey."""
    contrast = _deviation(crop)
    if contrast < 2:
        return 0.0
    return _deviation(cv2.Laplacian(crop, cv2.CV_16S)) / contrast


def _deviation(picture: NDArray[Any]) -> float:
    return float(cv2.meanStdDev(picture)[1].item())


def _frontality(face: Face) -> float:
    """1 where the nose is midway between the layout's `sides`, 0 where it is as far off as in a
    profile."""
    layout, points = face.layout, face.keypoints.tolist()
    (nose_x, nose_y), (x, y) = points[layout.nose], points[layout.sides[0]]
    across, down = points[layout.sides[1]][0] - x, points[layout.sides[1]][1] - y
    square = across**2 + down**2
    if square < 1:
        return 0.0
    share = ((nose_x - x) * across + (nose_y - y) * down) / square
    return 1 - _ramp(2 * abs(share - 0.5), *layout.turned)


def _ramp(value: float, zero: float, one: float) -> float:
    """0 at `zero` and below, 1 at `one` and above, straight between."""
    return min(1.0, max(0.0, (value - zero) / (one - zero)))
