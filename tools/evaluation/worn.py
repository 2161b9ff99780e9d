"""Covers as people wear and hold them: scarf, hand, mask, sunglasses and a phone before the face.

Composed into face crops to measure occlusion with. Guarantee: training never sees one of these
kinds (`tools/training/` cannot import this package); a seed repeats every picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.datasets.covers import (
    HIDDEN,
    Draw,
    Map,
    Picture,
    blend,
    drawn,
    hidden_shares,
    keypoints_in_crop,
    smooth_noise,
)

Points = NDArray[np.float64]
Worn = Callable[[Picture, Draw], tuple[Map, Map]]
"""Opacity and grey levels, (S, S) each, of a cover before a face."""


def wear(picture: Picture, kind: str, draw: Draw) -> tuple[Picture, NDArray[np.bool_]]:
    """A face (S, S) behind a cover of this kind, and (2,) whether eyes and mouth are hidden, of
    which one always is."""
    while True:
        opacity, levels = KINDS[kind](picture, draw)
        hidden = hidden_shares(opacity) >= HIDDEN
        if hidden.any():
            return blend(picture, opacity, np.clip(levels, 0, 255), draw), hidden


def _polygon(size: int, points: Points) -> Map:
    def paint(large: Picture, side: float) -> None:
        cv2.fillPoly(large, [np.rint(points * side).astype(np.int32)], 255)

    return drawn(size, paint)


def _grid(size: int) -> tuple[Map, Map]:
    """Columns and rows of a picture in shares of its side."""
    rows, columns = np.mgrid[:size, :size].astype(np.float32) / size
    return columns, rows


def _skin_tone(picture: Picture, draw: Draw) -> float:
    """Grey level of the cheeks, in a little more or less light."""
    size = picture.shape[0]
    cheeks = picture[size // 2 : size * 5 // 8, size // 4 : size * 3 // 4]
    return float(np.median(cheeks)) * float(draw.uniform(0.7, 1.15))


def _fingers(
    size: int, lines: Sequence[tuple[Points, Points, float]], tone: float, draw: Draw
) -> tuple[Map, Map]:
    """Fingers from point to point with a radius, darker to their edges."""
    columns, rows = _grid(size)
    height = np.zeros((size, size), np.float32)
    for begin, end, radius in lines:
        along = end - begin
        length = max(float(along @ along), 1e-6)
        at = np.clip(
            ((columns - begin[0]) * along[0] + (rows - begin[1]) * along[1]) / length, 0, 1
        )
        off = np.hypot(columns - begin[0] - at * along[0], rows - begin[1] - at * along[1])
        height = np.maximum(height, 1 - off / radius)
    opacity = np.clip(height * size * 0.12, 0, 1)
    round_shade = np.sqrt(np.clip(1 - (1 - np.clip(height, 0, 1)) ** 2, 0, 1))
    levels = tone * (0.55 + 0.45 * round_shade) * (1 + 0.06 * smooth_noise(size, 6, draw))
    return opacity, levels


def _hand(picture: Picture, draw: Draw) -> tuple[Map, Map]:
    """The back of a hand across the mouth, in a third of the cases across the eyes."""
    size, points = picture.shape[0], keypoints_in_crop()
    middle = points[3] if draw.random() < 2 / 3 else points[:2].mean(axis=0)
    middle = middle + draw.normal(0, 0.03, 2)
    angle = draw.choice((0.0, np.pi)) + draw.normal(0, 0.35)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    radius = draw.uniform(0.055, 0.075)
    lines = []
    for number in range(4):
        row = middle + across * (number - 1.5) * 2 * radius * draw.uniform(0.88, 1.0)
        tip = row + along * (draw.uniform(0.2, 0.3) - 0.05 * abs(number - 1.2))
        knuckle = middle - along * 0.25 + across * (number - 1.5) * 1.8 * radius
        lines.append((knuckle, tip, radius))
    palm = middle - along * 0.3
    lines += [
        (
            palm + across * side * radius * 2,
            palm - along * 0.5 + across * side * radius,
            radius * 2.6,
        )
        for side in (-1, 0, 1)
    ]
    thumb = palm + across * radius * 3.5 * draw.choice((-1, 1))
    lines.append((thumb, thumb + along * 0.25, radius * 1.1))
    return _fingers(size, lines, _skin_tone(picture, draw), draw)


def _mask(picture: Picture, draw: Draw) -> tuple[Map, Map]:
    """A pleated mask with ear loops, from below the eyes to the chin; one in four is dark."""
    size, points = picture.shape[0], keypoints_in_crop()
    eyes, nose, mouth = points[:2].mean(axis=0), points[2], points[3]
    chin = mouth + 1.15 * (mouth - nose)
    top = nose + draw.uniform(0.0, 0.5) * (eyes - nose)
    half = (points[5, 0] - points[4, 0]) / 2 * draw.uniform(0.72, 0.9)
    side_y = top[1] + draw.uniform(0.04, 0.1)
    corners = np.array([
        [nose[0] - half, side_y], [nose[0] - half * 0.45, top[1] + 0.02], [nose[0], top[1] - 0.015],
        [nose[0] + half * 0.45, top[1] + 0.02], [nose[0] + half, side_y],
        [nose[0] + half * 0.88, mouth[1] + 0.03], [nose[0] + half * 0.5, chin[1]],
        [nose[0], chin[1] + 0.03], [nose[0] - half * 0.5, chin[1]],
        [nose[0] - half * 0.88, mouth[1] + 0.03],
    ])  # fmt: skip

    def paint(large: Picture, side: float) -> None:
        cv2.fillPoly(large, [np.rint(corners * side).astype(np.int32)], 255)
        for corner, ear in ((corners[0], points[4]), (corners[4], points[5])):
            begin, end = (tuple(np.rint(p * side).astype(int).tolist()) for p in (corner, ear))
            cv2.line(large, begin, end, 255, max(1, round(0.015 * side)))

    columns, rows = _grid(size)
    tone = draw.uniform(20, 60) if draw.random() < 0.25 else draw.uniform(130, 245)
    bend = 0.05 * ((columns - nose[0]) / half) ** 2
    pleats = np.sin((rows - bend - top[1]) * 2 * np.pi * draw.uniform(9, 13))
    levels = tone * (1 - 0.35 * np.clip(np.abs(columns - nose[0]) / half, 0, 1.2) ** 2)
    levels = levels * (1 + draw.uniform(0.0, 0.08) * pleats + 0.04 * smooth_noise(size, 8, draw))
    return drawn(size, paint), levels


def _scarf(picture: Picture, draw: Draw) -> tuple[Map, Map]:
    """A knitted or woven scarf around neck, chin and mouth, up to the nose."""
    size, points = picture.shape[0], keypoints_in_crop()
    columns, rows = _grid(size)
    edge = points[2, 1] + draw.uniform(-0.06, 0.06)
    sag = draw.uniform(-0.05, 0.25) * (columns - points[2, 0]) ** 2
    edge_line = (
        edge + sag + 0.015 * smooth_noise(size, 5, draw)[0] + draw.normal(0, 0.1) * (columns - 0.5)
    )
    opacity = np.clip((rows - edge_line) * size + 0.5, 0, 1)
    tone, waves = draw.uniform(20, 235), draw.uniform(12, 26)
    knit = np.sin(columns * waves * np.pi) * np.sin(
        (rows + np.abs(((columns * waves) % 2) - 1) * 0.03) * waves * np.pi
    )
    folds = np.sin(
        (rows * draw.uniform(2, 5) + columns * draw.normal(0, 1.5)) * 2 * np.pi + draw.uniform(0, 6)
    )
    levels = tone * (1 + draw.uniform(0.03, 0.2) * knit + draw.uniform(0.05, 0.3) * folds)
    if draw.random() < 0.3:  # tartan
        levels = (
            levels
            + draw.uniform(20, 60) * (np.sin(rows * 30) > 0.6)
            - 30 * (np.sin(columns * 30) > 0.6)
        )
    return opacity.astype(np.float32), levels.astype(np.float32)


def _sunglasses(picture: Picture, draw: Draw) -> tuple[Map, Map]:
    """Dark lenses of many shapes with frame, bridge and temples, some with a reflection."""
    size, points = picture.shape[0], keypoints_in_crop()
    columns, rows = _grid(size)
    apart = points[1, 0] - points[0, 0]
    across, down = apart * draw.uniform(0.38, 0.5), apart * draw.uniform(0.27, 0.42)
    power, droop = draw.uniform(2, 5), draw.uniform(0.0, 0.12) * apart
    lenses = np.zeros((size, size), np.float32)
    frame = np.zeros((size, size), np.float32)
    for x, y in points[:2].tolist():
        off = (
            np.abs((columns - x) / across) ** power + np.abs((rows - y - droop) / down) ** power
        ) ** (1 / power)
        lenses = np.maximum(lenses, np.clip((1 - off) * size * 0.3 + 0.5, 0, 1))
        frame = np.maximum(frame, np.clip(1 - np.abs(off - 1) * size * 0.25, 0, 1))

    def paint(large: Picture, side: float) -> None:
        thick = max(1, round(draw.uniform(0.02, 0.05) * side))
        for eye, ear, way in ((points[0], points[4], -1), (points[1], points[5], 1)):
            begin = (round((eye[0] + way * across) * side), round(eye[1] * side))
            cv2.line(large, begin, (round(ear[0] * side), round(eye[1] * side)), 255, thick)
        inner = [round((points[0, 0] + across) * side), round((points[1, 0] - across) * side)]
        height = round((points[0, 1] + droop * 0.3) * side)
        cv2.line(large, (inner[0], height), (inner[1], height), 255, thick)

    rim = np.maximum(frame * draw.choice((0.0, 1.0)), drawn(size, paint))
    absorbed = draw.uniform(0.8, 1.0)
    opacity = np.maximum(lenses * absorbed, rim)
    sheen = draw.uniform(0, 60) * np.clip((columns - rows) * 3 + draw.uniform(-1, 1), 0, 1)
    levels = (
        draw.uniform(5, 40) + sheen * (draw.random() < 0.5) + rim * draw.choice((0.0, 0.0, 120.0))
    )
    return opacity.astype(np.float32), levels.astype(np.float32)


def _phone(picture: Picture, draw: Draw) -> tuple[Map, Map]:
    """A phone held upright or across before the mouth, the eyes or both, with fingers around it."""
    size, points = picture.shape[0], keypoints_in_crop()
    long = draw.uniform(0.8, 1.1)
    sides = np.array([long * draw.uniform(0.47, 0.52), long])
    flat = draw.random() < 0.4
    if flat:
        sides = sides[::-1]
    middle = points[3] if draw.random() < 0.6 else points[:2].mean(axis=0)
    middle = middle + draw.normal(0, 0.03, 2) + (0, 0 if flat else draw.uniform(-0.1, 0.2))
    turn = draw.normal(0, 0.15)
    columns, rows = _grid(size)
    x = (columns - middle[0]) * np.cos(turn) + (rows - middle[1]) * np.sin(turn)
    y = (rows - middle[1]) * np.cos(turn) - (columns - middle[0]) * np.sin(turn)
    corner = 0.05
    beyond = np.hypot(
        np.maximum(np.abs(x) - sides[0] / 2 + corner, 0),
        np.maximum(np.abs(y) - sides[1] / 2 + corner, 0),
    )
    opacity = np.clip((corner - beyond) * size + 0.5, 0, 1)
    tone = draw.choice((draw.uniform(10, 70), draw.uniform(120, 240)))
    levels = tone + 25 * x + draw.uniform(0, 40) * np.clip(x + y, 0, 1)
    levels = levels + 50 * np.clip(1 - np.abs(beyond - corner + 0.02) * size * 0.7, 0, 1)
    for number in range(int(draw.integers(1, 4))):
        lens = np.hypot(x + sides[0] / 2 - 0.09, y + sides[1] / 2 - 0.09 - 0.09 * number)
        levels = np.where(lens < 0.03, 15, levels)
    tone = _skin_tone(picture, draw)
    edge = middle + np.array([np.cos(turn), np.sin(turn)]) * sides[0] / 2 * draw.choice((-1, 1))
    inner = edge + 0.35 * (middle - edge)
    lines = [
        (edge + down, inner + down, 0.055) for down in np.array([[0, -0.015], [0, 0.1], [0, 0.215]])
    ]
    fingers, skin = _fingers(size, lines, tone, draw)
    return np.maximum(opacity, fingers).astype(np.float32), np.where(
        fingers > 0.5, skin, levels
    ).astype(np.float32)


KINDS: dict[str, Worn] = {
    "scarf": _scarf,
    "hand": _hand,
    "mask": _mask,
    "sunglasses": _sunglasses,
    "phone": _phone,
}
