"""Still faces as a camera sees them: a photo on a poster or on a screen, composed frame by frame.

The face itself never changes. What changes is what a camera adds: light that flickers with the
mains, a screen's refresh as drifting bands, passing shadows, a mount that shakes, an exposure that
follows the light, sensor noise, and the JPEG compression of USB cameras. Every strength is drawn
from the ranges below with the scene's seed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.images import frame_of
from device.values import Floats, Frame, Image
from tools.datasets.archive import Archive
from tools.datasets.face_dataset import split_of
from tools.datasets.load import find_dataset

WIDTH, HEIGHT = 640, 480
SIDE_PX = (75.0, 240.0)
"""Side of the photo in the view. UTKFace's photos are cut so close that the detector's box is about
as large: life-size faces at 0.5 to 1.7 m."""

SLANT = 0.06
"""Largest shift of each corner, as a share of the side: a poster that is seen from the side."""

MAINS = (0.01, 0.05)
REFRESH = (0.02, 0.08)
"""Amplitude of a lamp's and a screen's flicker, as a share of its light."""

SHADOWS_EVERY_S, SHADOW_S = 6.0, (0.5, 2.5)
SHADOW = (0.15, 0.5)
SHADOW_ON_SCREEN = 0.25
"""Mean time between passing shadows, seconds that one takes to cross the view, the share of light
that it takes, and how much of that a screen, which has its own light, loses."""

SHAKES_EVERY_S, SHAKE_S = 4.0, 0.4
SHAKE_PX, SHAKE_DEGREES, SHAKE_HZ = (0.3, 3.0), 0.3, (3.0, 9.0)
TREMOR_PX = 0.15
"""Mean time between shakes of the mount, and seconds in which one decays to 1/e; its amplitude and
frequency; standard deviation of the constant tremor."""

DRIFT = 0.1
EXPOSURE_S = 0.6
"""Slow drift of the exposure, as a share, and the time constant with which it follows the light."""

READ_NOISE, SHOT_NOISE = (0.8, 3.0), (0.1, 0.35)
"""Standard deviation in grey levels in the dark, and its growth with the root of the level."""

JPEG_QUALITY = (75, 95)
"""Of half of the scenes; the others are not compressed."""

LARGER_PX = 64
"""The noise is larger than the view by this: each frame shows another part of it."""

GAMMA = 2.2
"""Exponent from grey level to light: sRGB's as it is usually rounded (IEC 61966-2-1)."""


def photos(data: Path, split: int, count: int, seed: int) -> list[Image]:
    """`count` photos of UTKFace's split, drawn with the seed: (112, 112, 3) RGB.

    Raises:
        UserError: the dataset is missing.
    """
    archive, chosen = Archive(find_dataset(data, "utkface")), list[Image]()
    names = np.random.default_rng(seed).permutation(archive.pictures())
    for name in names.tolist():
        digest = hashlib.md5(archive.read(name), usedforsecurity=False).hexdigest()
        picture = archive.picture(name, rgb=True) if split_of(digest) == split else None
        if picture is not None:
            chosen.append(picture)
        if len(chosen) == count:
            break
    return chosen


@dataclass(frozen=True, slots=True)
class _Shadow:
    """A soft dark band that crosses the view. begins: seconds. lasts: seconds. depth: share of
    light. width: in widths of the view. slope: of its edges. leftwards: its direction."""

    begins: float
    lasts: float
    depth: float
    width: float
    slope: float
    leftwards: bool

    def light(self, at: float) -> Floats | None:
        """(HEIGHT, WIDTH) share of light that is left; None: it is not in the view."""
        done = (at - self.begins) / self.lasts
        if not 0 <= done <= 1:
            return None
        done = 1 - done if self.leftwards else done
        x = np.arange(WIDTH, dtype=np.float32)[None] / WIDTH
        y = np.arange(HEIGHT, dtype=np.float32)[:, None] / HEIGHT - 0.5
        middle = -self.width + done * (1 + 2 * self.width)
        off = (x + np.float32(self.slope) * y - np.float32(middle)) / np.float32(self.width)
        return 1 - np.float32(self.depth) * np.exp(-(off**2) * 2)


class StillFace:
    """A scene with one photo, on a poster or a screen.

    It is drawn once; `frames` adds what the camera does to it.
    """

    def __init__(self, photo: Image, seed: int, *, screen: bool) -> None:
        """photo: (S, S, 3) RGB. seed: of everything that is drawn."""
        self._draw = draw = np.random.default_rng(seed)
        self._screen = screen
        self._scene, self._mask = _scene(photo, draw)
        read, shot = draw.uniform(*READ_NOISE), draw.uniform(*SHOT_NOISE)
        self._deviation = np.sqrt(np.float32(read**2) + np.float32(shot**2) * self._scene)
        self._noise = _noise(draw)
        self._quality = int(draw.integers(*JPEG_QUALITY)) if draw.random() < 0.5 else None
        self._mains = _Flicker(draw, MAINS, 2 * draw.choice((50.0, 60.0)))
        self._refresh = _Flicker(draw, REFRESH, draw.uniform(55, 75))

    def frames(self, seconds: float, fps: float) -> Iterator[Frame]:
        """The frames of so many seconds, from 0 on."""
        draw, steps = self._draw, round(seconds * fps)
        shadows = [_shadow(draw, at) for at in _moments(draw, seconds, SHADOWS_EVERY_S)]
        shifts = _shakes(draw, seconds, np.arange(steps) / fps)
        drift = draw.uniform(0, 2 * math.pi), draw.uniform(20, 60)
        exposure = 1.0
        for step in range(steps):
            at = step / fps
            light = self._light(shadows, at)
            mean = float(light.mean())
            wanted = (1 + DRIFT * math.sin(drift[0] + 2 * math.pi * at / drift[1])) / mean
            exposure += (wanted - exposure) * (1 - math.exp(-1 / fps / EXPOSURE_S))
            yield frame_of(self._camera(light * np.float32(exposure), shifts[step]), at)

    def _light(self, shadows: list[_Shadow], at: float) -> Floats:
        """(HEIGHT, WIDTH) light at this time, as a share."""
        light = self._mains.rows(at)
        for shadow in shadows:
            shade = shadow.light(at)
            light = light if shade is None else light * shade
        if self._screen:
            own = 1 - SHADOW_ON_SCREEN * (1 - light)
            light = light + self._mask * (own * self._refresh.rows(at) - light)
        return light

    def _camera(self, light: Floats, shift: NDArray[np.float64]) -> Image:
        """The picture in this light, (H, W) or (H, 1), with the mount off by `shift`."""
        x, y, roll = shift
        cos, sin = math.cos(roll), math.sin(roll)
        middle = (WIDTH / 2, HEIGHT / 2)
        turning = np.array(
            [
                [cos, sin, middle[0] - cos * middle[0] - sin * middle[1] + x],
                [-sin, cos, middle[1] + sin * middle[0] - cos * middle[1] + y],
            ]
        )
        view = cv2.warpAffine(
            self._scene, turning, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE
        )
        # A light's share of the levels is its power of 1 / GAMMA.
        view *= (light ** np.float32(1 / GAMMA))[..., None]
        top, left = self._draw.integers(0, LARGER_PX, 2)
        view += self._deviation * self._noise[top : top + HEIGHT, left : left + WIDTH]
        picture = np.clip(view, 0, 255, out=view).astype(np.uint8)
        if self._quality is None:
            return picture
        _, code = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, self._quality))
        return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


class _Flicker:
    """Light at a frequency that the rolling shutter turns into drifting rows."""

    def __init__(
        self, draw: np.random.Generator, amplitude: tuple[float, float], hertz: float
    ) -> None:
        self._amplitude = draw.uniform(*amplitude)
        self._hertz = hertz * (1 + draw.normal(0, 2e-4))
        self._phase = draw.uniform(0, 2 * math.pi)
        # Time from the first to the last row.
        rows = np.arange(HEIGHT) / HEIGHT * draw.uniform(0.01, 0.03)
        self._rows = 2 * math.pi * self._hertz * rows

    def rows(self, at: float) -> Floats:
        """(HEIGHT, 1) light of each row as a share."""
        wave = np.sin(self._rows + self._phase + 2 * math.pi * self._hertz * at)
        return np.asarray(1 + self._amplitude * wave, np.float32)[:, None]


def _scene(photo: Image, draw: np.random.Generator) -> tuple[Floats, Floats]:
    """(HEIGHT, WIDTH, 3) grey levels of a wall with the photo on it, and the photo's mask."""
    coarse = draw.uniform(60, 200, 3) + draw.normal(0, 12, (6, 8, 3))
    wall = cv2.resize(coarse.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    side = draw.uniform(*SIDE_PX)
    left = draw.uniform(10, WIDTH - side - 10)
    top = draw.uniform(10, HEIGHT - side - 10)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    corners = np.array([left, top]) + side * (square + draw.uniform(-SLANT, SLANT, (4, 2)))
    size = photo.shape[0]
    placing = cv2.getPerspectiveTransform(
        (size * square).astype(np.float32), corners.astype(np.float32)
    )
    shown = cv2.warpPerspective(
        photo.astype(np.float32), placing, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC
    )
    mask = cv2.warpPerspective(np.ones((size, size), np.float32), placing, (WIDTH, HEIGHT))
    levels = wall + mask[..., None] * (shown - wall)
    # The lens and the mosaic of the sensor blur; some room is left for more light.
    levels = cv2.GaussianBlur(0.95 * np.clip(levels, 0, 255), (0, 0), draw.uniform(0.5, 0.9))
    return np.asarray(levels, np.float32), np.asarray(mask, np.float32)


def _noise(draw: np.random.Generator) -> Floats:
    """Noise of standard deviation 1. Half of it is of all colours: the mosaic is interpolated."""
    size = (HEIGHT + LARGER_PX, WIDTH + LARGER_PX)
    grey = draw.standard_normal((*size, 1), np.float32)
    return (grey + draw.standard_normal((*size, 3), np.float32)) * np.float32(math.sqrt(0.5))


def _moments(draw: np.random.Generator, seconds: float, every_s: float) -> list[float]:
    """Random times, on average one in `every_s`."""
    return draw.uniform(0, seconds, int(draw.poisson(seconds / every_s))).tolist()


def _shadow(draw: np.random.Generator, begins: float) -> _Shadow:
    return _Shadow(
        begins,
        draw.uniform(*SHADOW_S),
        draw.uniform(*SHADOW),
        draw.uniform(0.05, 0.4),
        draw.uniform(-0.5, 0.5),
        bool(draw.random() < 0.5),
    )


def _shakes(
    draw: np.random.Generator, seconds: float, at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(len(at), 3) shift in pixels, across and down, and roll in radians."""
    shifts = draw.normal(0, TREMOR_PX, (len(at), 3)) * (1, 1, math.radians(0.1))
    for begins in _moments(draw, seconds, SHAKES_EVERY_S):
        since = np.maximum(at - begins, 0)[:, None]
        size = draw.uniform(*SHAKE_PX) * draw.uniform(-1, 1, 3)
        size[2] = math.radians(SHAKE_DEGREES) * draw.uniform(-1, 1)
        swing = np.sin(2 * math.pi * draw.uniform(*SHAKE_HZ) * since) * np.exp(-since / SHAKE_S)
        shifts += size * swing
    return shifts
