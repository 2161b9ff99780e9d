"""Covers composed before a face crop: shapes and textures of no particular thing, to train on.

A cover has an opacity and a texture, and is blended in as a camera sees it: soft edge, shadow,
shading, noise. `hidden_shares` says how much of the eyes and of the mouth it hides. Guarantees:
none of the kinds of cover that `tools/evaluation/occlusion.py` measures with is drawn here; a seed
repeats every picture.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from device.faces.blazeface import KEYPOINTS
from device.faces.crop import framing_of
from device.values import Box, Face
from tools.datasets.photos import ALIGNED_KEYPOINTS

Picture = NDArray[np.uint8]
Map = NDArray[np.float32]
Draw = np.random.Generator

HIDDEN = 0.6
"""Share of a region from which it is hidden."""

ANYWHERE = 0.3
"""Share of the training covers that may hide neither the eyes nor the mouth."""

FINE = 4
"""Shapes are drawn this many times larger and averaged down, for soft edges."""


def keypoints_in_crop() -> NDArray[np.float64]:
    """(6, 2) right eye, left eye, nose, mouth, right and left ear in a crop, in shares of its side:
    the keypoints of aligned photos in the device's framing."""
    pixels = 1000 * ALIGNED_KEYPOINTS
    framing = framing_of(Face(Box(0, 0, 1000, 1000), pixels, 1.0, KEYPOINTS))
    return np.asarray((pixels - (framing.x, framing.y)) / framing.side + 0.5, np.float64)


def drawn(size: int, draw: Callable[[Picture, float], None]) -> Map:
    """(size, size) coverage, 0 to 1, of what `draw` paints in white on a black picture, given with
    its side."""
    large = np.zeros((size * FINE, size * FINE), np.uint8)
    draw(large, float(size * FINE))
    return cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


@lru_cache
def regions(size: int) -> Map:
    """(2, size, size) weights, sum 1 each, of the regions of the eyes and of the mouth."""
    points = keypoints_in_crop()
    apart = points[1, 0] - points[0, 0]

    def ellipses(centres: NDArray[np.float64], across: float, down: float) -> Map:
        def draw(picture: Picture, side: float) -> None:
            axes = (round(across * apart * side), round(down * apart * side))
            for x, y in (centres * side).round().astype(int).tolist():
                cv2.ellipse(picture, (x, y), axes, 0, 0, 360, 255, -1)

        area = drawn(size, draw)
        return area / area.sum()

    return np.stack([ellipses(points[:2], 0.34, 0.22), ellipses(points[3:4], 0.46, 0.26)])


def hidden_shares(opacity: Map) -> Map:
    """(2,) shares of the eyes and of the mouth that an opacity (S, S) hides."""
    shares: Map = (regions(opacity.shape[0]) * opacity).sum(axis=(1, 2))
    return shares


def smooth_noise(size: int, cells: float, draw: Draw) -> Map:
    """(size, size) noise of about `cells` bumps across, mean 0, standard deviation 1."""
    few = max(2, round(cells) + 1)
    small = draw.standard_normal((few, few), np.float32)
    noise = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
    return (noise - noise.mean()) / max(float(noise.std()), 1e-3)


def blend(picture: Picture, opacity: Map, texture: Map, draw: Draw) -> Picture:
    """A cover of (S, S) grey levels before the face: its edge is as soft as the picture, it casts
    a shadow, and it has the sensor's noise."""
    soft = cv2.GaussianBlur(opacity, (0, 0), float(draw.uniform(0.3, 1.0)))
    across, down = draw.uniform(-2, 2), draw.uniform(0, 3)
    moved = cv2.warpAffine(
        opacity, np.float32([[1, 0, across], [0, 1, down]]), opacity.shape[::-1],
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    shadow = draw.uniform(0, 0.5) * cv2.GaussianBlur(moved, (0, 0), float(draw.uniform(1, 3)))
    face = picture * (1 - shadow)
    seen = texture + draw.standard_normal(texture.shape, np.float32) * draw.uniform(0, 5)
    return np.clip(np.rint(face * (1 - soft) + seen * soft), 0, 255).astype(np.uint8)


def cover(picture: Picture, others: Picture, draw: Draw) -> tuple[Picture, Map]:
    """A face (S, S) behind one random shape with a random texture, and `hidden_shares` of it.

    others: (N, S, S) pictures of which textures may be made.
    """
    texture = TEXTURES[int(draw.integers(len(TEXTURES)))]
    size, anywhere = picture.shape[0], draw.random() < ANYWHERE
    while True:
        opacity = SHAPES[int(draw.integers(len(SHAPES)))](size, draw)
        if anywhere or hidden_shares(opacity).max() >= HIDDEN:
            break
    if draw.random() < 0.2:  # translucent
        opacity = opacity * np.float32(draw.uniform(0.6, 1))
    levels = texture(picture, others, draw)
    light = 1 + draw.uniform(0, 0.25) * smooth_noise(size, draw.uniform(1, 3), draw)
    return blend(picture, opacity, np.clip(levels * light, 0, 255), draw), hidden_shares(opacity)


def _place(draw: Draw) -> tuple[float, float]:
    """The centre of a shape in shares of the side: near the eyes, the mouth, or anywhere."""
    points = keypoints_in_crop()
    near = (points[:2].mean(axis=0), points[int(draw.integers(2))], points[3], points[3])
    chosen = int(draw.integers(len(near) + 1))
    if chosen == len(near):
        x, y = draw.uniform(0, 1, 2).tolist()
    else:
        x, y = (near[chosen] + draw.normal(0, 0.08, 2)).tolist()
    return x, y


def _polygon(size: int, draw: Draw) -> Map:
    """A star-shaped polygon of 4 to 14 corners, smooth or not."""
    count, (x, y) = int(draw.integers(4, 15)), _place(draw)
    angles = (np.arange(count) + draw.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
    radii = draw.uniform(0.12, 0.45) * draw.uniform(0.6, 1.2, count)
    wide = np.exp(draw.normal(0, 0.3))
    corners = np.stack([x + radii * wide * np.cos(angles), y + radii / wide * np.sin(angles)], 1)

    def paint(large: Picture, side: float) -> None:
        cv2.fillPoly(large, [np.rint(corners * side).astype(np.int32)], 255)

    area = drawn(size, paint)
    if draw.random() < 0.5:
        rounded = cv2.GaussianBlur(area, (0, 0), float(draw.uniform(1, 4)))
        area = np.clip((rounded - 0.5) * 3 + 0.5, 0, 1)
    return area


def _bar(size: int, draw: Draw) -> Map:
    """A turned rectangle, long or short."""
    (x, y), turn = _place(draw), draw.uniform(0, 180)
    sides = draw.uniform(0.15, 1.2), draw.uniform(0.12, 0.6)

    def paint(large: Picture, side: float) -> None:
        box = cv2.boxPoints(((x * side, y * side), (sides[0] * side, sides[1] * side), turn))
        cv2.fillPoly(large, [np.rint(box).astype(np.int32)], 255)

    return drawn(size, paint)


def _ellipse(size: int, draw: Draw) -> Map:
    (x, y), turn = _place(draw), draw.uniform(0, 180)
    radii = draw.uniform(0.12, 0.5, 2)

    def paint(large: Picture, side: float) -> None:
        axes = (round(radii[0] * side), round(radii[1] * side))
        cv2.ellipse(large, (round(x * side), round(y * side)), axes, turn, 0, 360, 255, -1)

    return drawn(size, paint)


def _blob(size: int, draw: Draw) -> Map:
    """Where smooth noise is high."""
    noise = smooth_noise(size, draw.uniform(1.5, 5), draw)
    return np.clip((noise - draw.uniform(-0.5, 1.2)) * draw.uniform(2, 8), 0, 1).astype(np.float32)


def _edge(size: int, draw: Draw) -> Map:
    """Everything beyond a wavy line."""
    (x, y), angle = _place(draw), draw.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:size, :size].astype(np.float32) / size
    beyond = (columns - x) * np.cos(angle) + (rows - y) * np.sin(angle)
    along = (rows - y) * np.cos(angle) - (columns - x) * np.sin(angle)
    wave = draw.uniform(0, 0.08) * np.sin(along * draw.uniform(2, 14) + draw.uniform(0, 6))
    bend = draw.uniform(-0.6, 0.6) * along**2
    return np.clip((beyond + wave + bend) * size + 0.5, 0, 1).astype(np.float32)


def _discs(size: int, draw: Draw) -> Map:
    """Two discs or squares with a bridge, before the eyes or anywhere."""
    points = keypoints_in_crop()[:2] + draw.normal(0, 0.02, 2)
    if draw.random() < 0.3:
        points = points + (np.array(_place(draw)) - points.mean(axis=0))
    apart = points[1, 0] - points[0, 0]
    radii = apart * draw.uniform(0.25, 0.52, 2)
    square, thick = draw.random() < 0.3, draw.uniform(0.03, 0.15) * apart

    def paint(large: Picture, side: float) -> None:
        ends = [tuple(end) for end in np.rint(points * side).astype(int).tolist()]
        axes = (round(radii[0] * side), round(radii[1] * side))
        for x, y in ends:
            if square:
                low, high = (x - axes[0], y - axes[1]), (x + axes[0], y + axes[1])
                cv2.rectangle(large, low, high, 255, -1)
            else:
                cv2.ellipse(large, (x, y), axes, 0, 0, 360, 255, -1)
        cv2.line(large, ends[0], ends[1], 255, max(1, round(thick * side)))

    return drawn(size, paint)


def _strokes(size: int, draw: Draw) -> Map:
    """One to five thick lines with round ends, side by side."""
    (x, y), angle = _place(draw), draw.uniform(0, 2 * np.pi)
    count, thick = int(draw.integers(1, 6)), draw.uniform(0.08, 0.2)
    along, across = (
        np.array([np.cos(angle), np.sin(angle)]),
        np.array([-np.sin(angle), np.cos(angle)]),
    )
    lines = []
    for number in range(count):
        middle = np.array([x, y]) + across * (number - (count - 1) / 2) * thick * draw.uniform(
            0.8, 1.2
        )
        reach = along * draw.uniform(0.1, 0.5) + across * draw.uniform(-0.05, 0.05)
        lines.append((middle - reach, middle + reach))

    def paint(large: Picture, side: float) -> None:
        for line in lines:
            begin, end = (tuple(np.rint(p * side).astype(int).tolist()) for p in line)
            cv2.line(large, begin, end, 255, max(1, round(thick * side)))

    return drawn(size, paint)


SHAPES = (_polygon, _bar, _ellipse, _blob, _edge, _discs, _strokes)


def _flat(picture: Picture, others: Picture, draw: Draw) -> Map:
    return np.full(picture.shape, draw.uniform(0, 255), np.float32)


def _dark(picture: Picture, others: Picture, draw: Draw) -> Map:
    return np.full(picture.shape, draw.uniform(0, 45), np.float32)


def _skin(picture: Picture, others: Picture, draw: Draw) -> Map:
    """The face's own grey level, give or take some."""
    low, high = np.percentile(picture[16:48, 16:48], [40, 80])
    return np.full(picture.shape, draw.uniform(low, high) * draw.uniform(0.75, 1.2), np.float32)


def _gradient(picture: Picture, others: Picture, draw: Draw) -> Map:
    size, angle = picture.shape[0], draw.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:size, :size].astype(np.float32) / size - 0.5
    slope = columns * np.cos(angle) + rows * np.sin(angle)
    return np.asarray(draw.uniform(20, 235) + draw.uniform(50, 200) * slope, np.float32)


def _noise(picture: Picture, others: Picture, draw: Draw) -> Map:
    size = picture.shape[0]
    coarse = smooth_noise(size, draw.uniform(2, 8), draw) * draw.uniform(5, 50)
    fine = smooth_noise(size, draw.uniform(15, 60), draw) * draw.uniform(2, 30)
    return np.asarray(draw.uniform(10, 245) + coarse + fine, np.float32)


def _stripes(picture: Picture, others: Picture, draw: Draw) -> Map:
    """Sinusoids in one direction or two, bent a little."""
    size = picture.shape[0]
    rows, columns = np.mgrid[:size, :size].astype(np.float32) / size
    levels = np.full(picture.shape, draw.uniform(30, 225), np.float32)
    bend = smooth_noise(size, 2, draw) * draw.uniform(0, 0.05)
    for _ in range(int(draw.integers(1, 3))):
        angle, waves = draw.uniform(0, 2 * np.pi), draw.uniform(3, 25)
        phase = (columns * np.cos(angle) + rows * np.sin(angle) + bend) * waves * 2 * np.pi
        levels += draw.uniform(5, 60) * np.sin(phase)
    return levels


def _patch(picture: Picture, others: Picture, draw: Draw) -> Map:
    """A part of another picture, enlarged and turned."""
    size = picture.shape[0]
    other = others[int(draw.integers(len(others)))]
    part = int(draw.integers(size // 6, size // 2))
    x, y = draw.integers(0, size - part, 2)
    large = cv2.resize(
        other[y : y + part, x : x + part], (size, size), interpolation=cv2.INTER_CUBIC
    )
    gain = draw.uniform(0.5, 1.3)
    return np.asarray(np.rot90(large, int(draw.integers(4))) * gain, np.float32)


TEXTURES = (_flat, _dark, _skin, _gradient, _noise, _stripes, _patch)
