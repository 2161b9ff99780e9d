"""People before a kiosk as its camera sees them: they stay, raise a phone, walk off, and come.

A person is a photo of a face that moves over a drawn wall as a head over the floor in front of a
camera: sizes and heights follow from distance and stature. Every scene is drawn with its seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.images import frame_of
from device.values import Frame, Image

WIDTH, HEIGHT = 640, 480

READS_S = 3.0
"""Seconds for which the first person reads."""
FOCAL_PX = 500.0
"""A lens that sees 65 degrees across."""

CAMERA_M, FACE_M, CROWN_M = 1.6, 0.17, 0.11
"""Height of the camera; side of a photo, which is as large as a detector's box; from the middle of
a face to the crown."""

STATURE_M = ((1.625, 0.07), (1.755, 0.075))
"""Mean and standard deviation of adults of both sexes: NCD-RisC 2016, high-income countries."""

STANDS_M, BESIDE_M = (0.6, 1.2), 0.25
"""Distance of somebody who reads, and how far beside the middle at most."""

WALK_M_S, NEARS_S, TURNS_S = (0.8, 1.4), 1.5, (0.2, 0.6)
"""Speed of a walk; seconds for which somebody comes straight on; seconds of a turn of the head."""

FPS, EMPTY_FPS = 15.0, 5.0
"""Frames a second, and while nobody is there: the detector runs no oftener then."""

RAISES_S = (0.3, 0.8)
"""Seconds in which a phone is raised to the face or lowered."""

NARROWEST = 0.2
"""A photo is narrowed to this share as the head turns away, and is not seen beyond."""

NOISE, WALLS = 3.0, 4
"""Standard deviation of a frame's noise, grey levels, and how many walls with noise take turns."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head over the floor. across, away: metres beside the camera's axis and from it. height: of
    its middle, metres. facing: 1 to the camera, 0 away from it."""

    across: float
    away: float
    height: float
    facing: float = 1.0

    def box(self) -> tuple[float, float, float]:
        """Its middle and side in the picture, pixels."""
        scale = FOCAL_PX / self.away
        x, y = WIDTH / 2 + self.across * scale, HEIGHT / 2 - (self.height - CAMERA_M) * scale
        return x, y, FACE_M * scale

    def shifted(self, across: float, down: float, larger: float) -> Head:
        """Moved by shares of its size, and larger by the exponential of `larger`."""
        away = self.away / math.exp(larger)
        across_m = (self.across / self.away) * away + across * FACE_M
        height = CAMERA_M + (self.height - CAMERA_M) * away / self.away - down * FACE_M
        return Head(across_m, away, height)


Way = Callable[[float], Head]
"""A head by the seconds since its way began; the way ends where the head stands."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A way and its duration, seconds."""

    way: Way
    lasts_s: float


def somebody(draw: np.random.Generator) -> Head:
    """Somebody who reads."""
    mean, spread = STATURE_M[int(draw.integers(2))]
    height = draw.normal(mean, spread) - CROWN_M
    return Head(draw.uniform(-BESIDE_M, BESIDE_M), draw.uniform(*STANDS_M), height)


def walks(head: Head, draw: np.random.Generator, side: float | None = None) -> Walk:
    """From beyond an edge of the picture, facing the kiosk. side: -1 from the left, 1."""
    side = float(draw.choice((-1, 1))) if side is None else side
    begins = side * (head.away * WIDTH / 2 / FOCAL_PX + FACE_M)
    lasts = abs(begins - head.across) / draw.uniform(*WALK_M_S)
    return Walk(
        lambda s: replace(head, across=begins + (head.across - begins) * min(s / lasts, 1)), lasts
    )


def nears(head: Head, draw: np.random.Generator) -> Walk:
    """Straight on, from farther away."""
    speed = draw.uniform(*WALK_M_S)
    return Walk(lambda s: replace(head, away=head.away + speed * max(NEARS_S - s, 0)), NEARS_S)


def turns(head: Head, draw: np.random.Generator) -> Walk:
    """The head turns to the kiosk where somebody stands already."""
    lasts = draw.uniform(*TURNS_S)
    return Walk(lambda s: replace(head, facing=min(s / lasts, 1)), lasts)


WAYS = {"walks": walks, "nears": nears, "turns": turns}
"""How somebody comes; backwards, how somebody leaves."""


class Scene:
    """A wall, and pictures of people before it."""

    def __init__(self, seed: int) -> None:
        self.draw = np.random.default_rng(seed)
        coarse = self.draw.uniform(60, 200, 3) + self.draw.normal(0, 12, (6, 8, 3))
        size = (WIDTH, HEIGHT)
        wall = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
        self._walls = [
            _rounded(wall + self.draw.normal(0, NOISE, (HEIGHT, WIDTH, 1))) for _ in range(WALLS)
        ]
        self._phone = int(self.draw.uniform(10, 60)), float(self.draw.uniform(0.9, 1.3))

    def frame(self, at: float, photo: Image, head: Head | None, raised: float = 0.0) -> Frame:
        """The scene. head: None: nobody. raised: share of the face that a phone hides."""
        view = self._walls[int(self.draw.integers(WALLS))].copy()
        if head is not None and head.facing >= NARROWEST:
            self._paste(view, photo, head)
            if raised:
                self._hide(view, head, raised)
        return frame_of(view, at)

    def _paste(self, view: Image, photo: Image, head: Head) -> None:
        (x, y, side), size = head.box(), photo.shape[0]
        left, top, wide = x - side * head.facing / 2, y - side / 2, side * head.facing
        part = _part(view, left, top, left + wide, top + side)
        from_x, from_y = max(math.ceil(left), 0), max(math.ceil(top), 0)
        place = np.array([[wide / size, 0, left - from_x], [0, side / size, top - from_y]])
        if part.size:
            height, width = part.shape[:2]
            pasted = cv2.warpAffine(photo, place, (width, height), borderMode=cv2.BORDER_REPLICATE)
            noise = self.draw.normal(0, NOISE, (height, width, 1))
            part[:] = _rounded(pasted + noise)

    def _hide(self, view: Image, head: Head, raised: float) -> None:
        """A phone from below the chin up to a share of the face."""
        (x, y, side), (level, wide) = head.box(), self._phone
        top = y + side * (0.6 - 1.2 * raised)
        half = side * wide / 2
        _part(view, x - half, top, x + half, top + 1.4 * side)[:] = level


def _part(view: Image, left: float, top: float, right: float, bottom: float) -> Image:
    """The part of a picture between these edges, which may lie beyond its own."""
    columns, rows = (
        (max(math.ceil(a), 0), max(math.ceil(b), 0)) for a, b in ((left, right), (top, bottom))
    )
    return view[slice(*rows), slice(*columns)]


def _rounded(levels: NDArray[np.float64]) -> Image:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def covered(scene: Scene, photo: Image, head: Head, back: Head, seconds: float) -> Iterator[Frame]:
    """Somebody reads for three seconds, then is behind a phone for so long, and lowers it where the
    head has come to be, `back`."""
    rise, fall = scene.draw.uniform(*RAISES_S, 2)
    begins, ends = READS_S, READS_S + seconds
    for at in _times(ends + fall + 3, begins + rise + 1.5, ends - 0.2):
        raised = min((at - begins) / rise, (ends + fall - at) / fall, 1)
        moved = min(max((at - begins - rise) / max(seconds - rise, 0.1), 0), 1)
        there = Head(
            *(a + (b - a) * moved for a, b in zip(_floor(head), _floor(back), strict=True))
        )
        yield scene.frame(at, photo, there, max(raised, 0.0))


def followed(
    scene: Scene, photos: tuple[Image, Image], leaves: Walk, comes: Walk, seconds: float
) -> Iterator[Frame]:
    """Somebody reads for three seconds and leaves; so long after the face has gone, another one
    comes and stays."""
    gone = READS_S + leaves.lasts_s
    begins = gone + seconds
    for at in _times(begins + comes.lasts_s + 3, gone + 1.5, begins - 0.1):
        if at < gone:
            yield scene.frame(at, photos[0], leaves.way(leaves.lasts_s - max(at - READS_S, 0)))
        elif at < begins:
            yield scene.frame(at, photos[0], None)
        else:
            yield scene.frame(at, photos[1], comes.way(at - begins))


def _floor(head: Head) -> tuple[float, float, float]:
    return head.across, head.away, head.height


def _times(seconds: float, empty: float, full: float) -> Iterator[float]:
    """Times of frames, fewer from `empty` until `full`."""
    at = 0.0
    while at < seconds:
        yield at
        at += 1 / EMPTY_FPS if empty <= at < full else 1 / FPS
