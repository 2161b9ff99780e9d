"""Augmentation of face crops: position, rotation, light, distance, motion and occlusion.

The geometric transformations imitate the scatter of the detector's boxes and keypoints, the
photometric ones light, distance and motion blur. All are drawn from a numpy generator, so a seed
repeats them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Strength of each transformation: a standard deviation, or the share of pictures that get it.
    The files of soft targets store these names."""

    turn: float = 10.0  # degrees
    zoom: float = 0.1  # of the logarithm of the scale
    stretch: float = 0.03  # of the logarithm of width against height
    shift: float = 0.045  # of the side
    light: float = 0.12  # of the logarithms of contrast and gamma
    coarse: float = 0.15  # share reduced to 20 to 48 pixels
    blurred: float = 0.1  # share
    noisy: float = 0.06  # share
    hidden: float = 0.3  # share with an occluding rectangle


def warp(
    picture: Picture, size: int, *, turn: float, zoom: float, stretch: float,
    shift: tuple[float, float], mirror: bool,
) -> Picture:  # fmt: skip
    """(size, size): `picture` scaled, turned by degrees, zoomed, and shifted by shares of the
    side."""
    height, width = picture.shape
    angle = np.deg2rad(turn)
    across = size / width * zoom * np.exp(stretch) * (-1.0 if mirror else 1.0)
    down = size / height * zoom * np.exp(-stretch)
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos * across, -sin * down, 0.0], [sin * across, cos * down, 0.0]])
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    target = (size - 1) / 2 + np.array(shift) * size
    matrix[:, 2] = target - matrix[:, :2] @ centre
    return cv2.warpAffine(
        picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def adjust_light(picture: Picture, *, gain: float, bias: float, gamma: float) -> Picture:
    """Contrast about the middle grey, brightness and gamma, by one table of 256 values."""
    level = np.arange(256, dtype=np.float32) / 255
    level = np.clip((level - 0.5) * gain + 0.5 + bias, 0, 1) ** gamma
    return cv2.LUT(picture, np.round(level * 255).astype(np.uint8))


def reduce_resolution(picture: Picture, pixels: int) -> Picture:
    """The picture reduced to (pixels, pixels) and enlarged to its own size again."""
    size = picture.shape[0]
    small = cv2.resize(picture, (pixels, pixels), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)


def augment(
    picture: Picture, size: int, draw: np.random.Generator, a: Augmentation = Augmentation()
) -> Picture:
    """One (size, size) uint8 variation of a grey face of any size."""
    g = draw.standard_normal(9)
    chance = draw.random(6)
    face = warp(
        picture,
        size,
        turn=float(g[0]) * a.turn,
        zoom=float(np.exp(g[1] * a.zoom)),
        stretch=float(g[2]) * a.stretch,
        shift=(float(g[3]) * a.shift, float(g[4]) * a.shift),
        mirror=bool(chance[0] < 0.5),
    )
    face = adjust_light(
        face,
        gain=float(np.exp(g[5] * a.light)),
        bias=float(g[6]) * a.light / 2,
        gamma=float(np.exp(g[7] * a.light)),
    )
    if chance[1] < a.coarse:
        face = reduce_resolution(face, int(draw.integers(20, 48)))
    if chance[2] < a.blurred:
        face = cv2.GaussianBlur(face, (5, 5), float(draw.uniform(0.5, 1.5)))
    if chance[3] < a.noisy:
        noise = draw.standard_normal(face.shape, np.float32) * draw.uniform(2, 8)
        face = np.clip(face + noise, 0, 255).astype(np.uint8)
    if chance[4] < a.hidden:
        occlude(face, draw)
    return face


def occlude(face: Picture, draw: np.random.Generator) -> None:
    """Fill a random rectangle with one grey, in place."""
    size = face.shape[0]
    across, down = (draw.uniform(0.1, 0.4, 2) * size).astype(int)
    x, y = int(draw.integers(0, size - across)), int(draw.integers(0, size - down))
    face[y : y + down, x : x + across] = int(draw.integers(0, 256))


def augment_lightly(
    picture: Picture, draw: np.random.Generator, *, shift: int = 2, hidden: float = 0.2
) -> Picture:
    """A copy, mirrored in half of the cases, moved by up to `shift` whole pixels, and occluded in a
    share of `hidden`. No pixel is interpolated."""
    face = picture[:, ::-1] if draw.random() < 0.5 else picture
    x, y = draw.integers(0, 2 * shift + 1, 2)
    size = face.shape[0]
    face = np.pad(face, shift, mode="edge")[y : y + size, x : x + size].copy()
    if draw.random() < hidden:
        occlude(face, draw)
    return face
