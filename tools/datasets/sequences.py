"""Short clips made from stills: a face that moves, changes, blurs, hides, and cuts to another.

Real clips with labels are too few to learn from, so the temporal network learns from these: stills
that follow each other by cuts and cross-fades, each standing for one to five seconds, under motion,
zoom and light, with passing blur and covers, seen by a crop that trembles as the device's does. All
durations are seconds, so that a clip may be of any frame rate. A step's target is that of the
stills that it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.faces.crop import CROP_SIZE as SIZE
from tools.datasets.augment import Picture, coarse, light, warp

STANDS_S = (1.0, 5.0)
"""Shortest and longest time of one expression."""

FADE_S = 0.4
"""Longest cross-fade: an expression comes in a tenth of a second to this."""

RATES = (10.0, 30.0)
"""Frames a second of what is learnt from: a kiosk slows down when it is hot."""

TREMBLE = {"across": (0.011, 0.12), "down": (0.014, 0.13), "zoom": (0.025, 0.3), "roll": (1.2, 0.4)}
"""How a track's crop lies off the face: standard deviation in shares of its side (of its logarithm,
in degrees) and seconds until that is another; measured on the unlabelled
clips (docs/experiments.md)."""

KNOT_S = 0.35
"""Seconds between the knots of slow motion and light."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """frames: (T, 64, 64) uint8. stills: the rows shown, in their order. share: (T, stills) how
    much of each step is which; rows sum to 1. fps: frames a second."""

    frames: NDArray[np.uint8]
    stills: tuple[int, ...]
    share: NDArray[np.float32]
    fps: float


def wander(draw: np.random.Generator, steps: int, fps: float, spread: float) -> NDArray[np.float64]:
    """(steps,) a smooth random course about zero with about this standard deviation."""
    at = np.arange(steps) / (fps * KNOT_S)
    knots = draw.standard_normal(int(at[-1]) + 2) * spread
    return np.interp(at, np.arange(len(knots)), knots)


def tremble(draw: np.random.Generator, steps: int, fps: float, what: str) -> NDArray[np.float64]:
    """(steps,) a first-order random process with the spread and memory of `TREMBLE`."""
    spread, memory_s = TREMBLE[what]
    keep = float(np.exp(-1 / (fps * memory_s)))
    values = draw.standard_normal(steps) * spread
    for step in range(1, steps):
        values[step] = keep * values[step - 1] + np.sqrt(1 - keep**2) * values[step]
    return values


def spells(
    draw: np.random.Generator, steps: int, fps: float, every_s: float, lasts_s: tuple[float, float]
) -> list[slice]:
    """When something passes: on average once in `every_s`, each time for `lasts_s`."""
    count = int(draw.poisson(steps / fps / every_s))
    begins = draw.integers(0, steps, count)
    return [
        slice(int(b), int(b) + max(1, round(draw.uniform(*lasts_s) * fps))) for b in sorted(begins)
    ]


def shares_of(
    draw: np.random.Generator, steps: int, fps: float, stills: int
) -> NDArray[np.float32]:
    """(steps, stills) which still is seen when; the first is met at any moment of its own."""
    seen = np.zeros((steps, stills), np.float32)
    seen[:, 0] = 1
    change = -draw.uniform(0, STANDS_S[0])
    for index in range(1, stills):
        change += draw.uniform(*STANDS_S)
        fade = draw.uniform(1 / fps, max(FADE_S, 1.5 / fps))
        come = np.clip((np.arange(steps) / fps - change) / fade + 1, 0, 1).astype(np.float32)
        seen *= 1 - come[:, None]
        seen[:, index] = come
    return seen


class _Course:
    """Where the face of one still stands at each step of a clip."""

    def __init__(self, draw: np.random.Generator, steps: int, fps: float) -> None:
        def course(base: float, spread: float, what: str) -> NDArray[np.float64]:
            slow = draw.normal(0, base) + wander(draw, steps, fps, spread)
            return slow + tremble(draw, steps, fps, what)

        self._mirror = bool(draw.random() < 0.5)
        self._turn = course(4, 3, "roll")
        self._zoom = np.exp(course(0.06, 0.03, "zoom"))
        self._x = course(0.03, 0.01, "across")
        self._y = course(0.03, 0.01, "down")
        self._stretch = wander(draw, steps, fps, 0.03)

    def view(self, picture: Picture, step: int) -> Picture:
        """The still as seen at this step."""
        return warp(
            picture,
            SIZE,
            turn=float(self._turn[step]),
            zoom=float(self._zoom[step]),
            stretch=float(self._stretch[step]),
            shift=(float(self._x[step]), float(self._y[step])),
            mirror=self._mirror,
        )


class _Cover:
    """A hand, a cup or a head in front: an ellipse of one grey that drifts over the face."""

    def __init__(self, draw: np.random.Generator) -> None:
        self._grey = int(draw.integers(0, 256))
        self._axes = tuple(int(a) for a in draw.uniform(0.15, 0.4, 2) * SIZE)
        self._angle = float(draw.uniform(0, 180))
        self._at = draw.uniform(0.1, 0.9, 2) * SIZE
        self._a_step = draw.normal(0, 0.02, 2) * SIZE

    def over(self, face: Picture, age: int) -> Picture:
        """The face `age` steps after the cover came."""
        x, y = (self._at + age * self._a_step).tolist()
        middle = (int(x), int(y))
        return cv2.ellipse(face, middle, self._axes, self._angle, 0, 360, self._grey, cv2.FILLED)


def make_clip(
    pictures: NDArray[np.uint8], stills: tuple[int, ...], draw: np.random.Generator, *, steps: int,
    fps: float,
) -> Clip:  # fmt: skip
    """A clip that shows these stills one after the other, as many of them as its time allows."""
    share = shares_of(draw, steps, fps, len(stills))
    places = [_Course(draw, steps, fps) for _ in stills]
    gain, bias, gamma = (wander(draw, steps, fps, spread) for spread in (0.1, 0.05, 0.1))
    base = draw.standard_normal(2) * 0.1
    pixels = np.full(steps, int(draw.integers(20, 64)) if draw.random() < 0.25 else SIZE)
    for spell in spells(draw, steps, fps, 3.0, (0.1, 0.6)):
        pixels[spell] = np.minimum(pixels[spell], draw.integers(14, 30))
    hidden: list[tuple[int, _Cover] | None] = [None] * steps
    for spell in spells(draw, steps, fps, 5.0, (0.2, 1.5)):
        cover = _Cover(draw)
        for step in range(steps)[spell]:
            hidden[step] = (step - spell.start, cover)
    noise = np.float32(draw.uniform(0, 6))
    frames = np.empty((steps, SIZE, SIZE), np.uint8)
    for step in range(steps):
        face = np.zeros((SIZE, SIZE), np.float32)
        for index in np.flatnonzero(share[step]):
            face += share[step, index] * places[index].view(pictures[stills[index]], step)
        seen = light(
            face.astype(np.uint8),
            gain=float(np.exp(gain[step] + base[0])),
            bias=float(bias[step]),
            gamma=float(np.exp(gamma[step] + base[1])),
        )
        if (covered := hidden[step]) is not None:
            seen = covered[1].over(seen, covered[0])
        if pixels[step] < SIZE:
            seen = coarse(seen, int(pixels[step]))
        grain = draw.standard_normal(seen.shape, np.float32) * noise
        frames[step] = np.clip(seen + grain, 0, 255).astype(np.uint8)
    return Clip(frames, stills, share, fps)


def make_clips(
    pictures: NDArray[np.uint8], emotion: NDArray[np.int64], count: int, seed: int, *, steps: int,
    fps: tuple[float, float] = RATES,
) -> Iterator[Clip]:  # fmt: skip
    """`count` clips of faces whose emotion is known. Half of the stills are drawn by class, so that
    rare ones are seen, and half as they come; every fifth clip stays with one still.

    fps: each clip's rate is drawn between these.
    """
    draw = np.random.default_rng([seed, count, steps])
    classes = [np.flatnonzero(emotion == label) for label in range(int(emotion.max()) + 1)]
    classes = [rows for rows in classes if len(rows)]

    def pick() -> int:
        if draw.random() < 0.5:
            return int(draw.choice(classes[int(draw.integers(len(classes)))]))
        return int(draw.integers(len(emotion)))

    for index in range(count):
        rate = float(draw.uniform(*fps))
        most = 1 if index % 5 == 0 else 1 + int(np.ceil(steps / rate / STANDS_S[0]))
        stills = tuple(pick() for _ in range(most))
        yield make_clip(pictures, stills, draw, steps=steps, fps=rate)
