"""Invented photographs: painted landscapes, for pictures of the page that need no one's permission.

Each is made of the same parts by another seed: a sky at another hour, hills one behind the other,
water or a meadow, and a grain. Guarantee: the same seed paints the same picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]

SIZE = (1920, 1280)
"""Width and height in pixels."""

HOURS = (
    ((38, 66, 120), (250, 190, 130), (255, 236, 190), (46, 62, 92)),
    ((86, 150, 205), (214, 232, 240), (255, 250, 235), (70, 110, 96)),
    ((48, 36, 84), (226, 110, 96), (255, 214, 150), (52, 40, 74)),
    ((20, 34, 64), (84, 124, 160), (232, 236, 240), (18, 34, 52)),
)
"""RGB of the zenith, the horizon, the sun or moon, and the nearest hill, at four hours."""


def paint(seed: int) -> Picture:
    """A picture (H, W, 3) uint8 RGB."""
    random = np.random.default_rng(seed)
    width, height = SIZE
    zenith, horizon, light, near = (np.array(c, float) for c in HOURS[seed % len(HOURS)])
    level = round(height * random.uniform(0.52, 0.62))
    down = np.linspace(0, 1, level)[:, None, None] ** 1.3
    sky = zenith + (horizon - zenith) * down
    picture = np.empty((height, width, 3))
    picture[:level] = np.broadcast_to(sky, (level, width, 3))
    x, y = np.meshgrid(np.arange(width), np.arange(level))
    sun = width * random.uniform(0.62, 0.85), level * random.uniform(0.45, 0.7)
    distance = np.hypot(x - sun[0], y - sun[1]) / height
    glow = np.exp(-distance / 0.16)[..., None] * 0.75
    disc = np.clip((0.05 - distance) * 400, 0, 1)[..., None]
    picture[:level] += (light - picture[:level]) * np.maximum(glow, disc)
    picture[:level] += (255 - picture[:level]) * _clouds(random, level, width) * 0.45
    picture[level:] = picture[level - 1 :: -1][: height - level] * 0.62 + near * 0.3  # water
    ripple = _noise(random, height - level, width, (3, 90))[..., None]
    picture[level:] *= 0.88 + 0.24 * ripple
    for step, rise in enumerate((0.3, 0.2, 0.11)):
        ridge = level - height * rise * _ridge(random, width, 2 + step)
        hill = horizon + (near - horizon) * (step + 1) / 3
        rows = np.arange(level)[:, None]
        picture[:level][rows > ridge[None]] = hill
        mirrored = np.clip(2 * level - ridge, 0, height - 1)
        below = np.arange(level, height)[:, None] < level + (mirrored - level) * 0.5
        picture[level:][below] = picture[level:][below] * 0.4 + hill * 0.6
    picture += random.normal(0, 2.5, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def write_album(folder: Path, count: int = 4) -> None:
    """Write `count` pictures as JPEG, and their credits, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for seed in range(count):
        name = f"view-{seed + 1}.jpg"
        bgr = cv2.cvtColor(paint(seed), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / name), bgr, [cv2.IMWRITE_JPEG_QUALITY, 88])
        lines.append(f"{name}: a painted view, not a photograph\n")
    (folder / "CREDITS.txt").write_text("".join(lines), encoding="utf-8")


def _noise(
    random: np.random.Generator, height: int, width: int, grain: tuple[int, int]
) -> NDArray[np.float64]:
    """(H, W) smooth noise, 0 to 1. grain: pixels down and across."""
    coarse = random.random((height // grain[0] + 2, width // grain[1] + 2)).astype(np.float32)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float64
    )


def _clouds(random: np.random.Generator, height: int, width: int) -> NDArray[np.float64]:
    layers = [(90, 420, 0.55), (40, 190, 0.3), (16, 80, 0.15)]
    summed = sum(_noise(random, height, width, (a, b)) * share for a, b, share in layers)
    return np.clip((np.asarray(summed) - 0.52) * 3, 0, 1)[..., None]


def _ridge(random: np.random.Generator, width: int, waves: int) -> NDArray[np.float64]:
    """(W,) heights of a range of hills, about 0.3 to 1."""
    x = np.linspace(0, 1, width)
    heights = np.full(width, 0.6)
    for octave in range(1, 6):
        phase = random.uniform(0, 2 * np.pi)
        heights += np.sin(x * np.pi * waves * 1.7**octave + phase) * 0.34 / 1.9**octave
    return heights
