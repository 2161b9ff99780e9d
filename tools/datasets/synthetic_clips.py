"""Synthetic clips of face crops for training the temporal network.

There are too few real clips with labels to train on. A synthetic clip shows labelled faces one
after the other, with cuts and cross-fades; each expression lasts one to five seconds. Motion, zoom,
light, passing blur and occlusion vary, and the crop jitters as the device's does. All durations are
in seconds, so that a clip can have any frame rate. The target of a step is the mixture of the
targets of the faces it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.faces.crop import CROP_SIZE as SIZE
from tools.datasets.augment import Picture, adjust_light, reduce_resolution, warp

EXPRESSION_S = (1.0, 5.0)
"""Shortest and longest duration of one expression."""

FADE_S = 0.4
"""Longest cross-fade."""

FRAME_RATES = (10.0, 30.0)
"""Frames a second of training clips: a hot kiosk slows down."""

JITTER = {"across": (0.011, 0.12), "down": (0.014, 0.13), "zoom": (0.025, 0.3), "roll": (1.2, 0.4)}
"""Offset of a track's crop from the face: standard deviation in shares of the side (zoom: of its
logarithm; roll: degrees), and correlation time in seconds. Measured on unlabelled clips
(docs/experiments.md)."""

KNOT_S = 0.35
"""Seconds between the interpolation points of slow motion and light."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """frames: (T, 64, 64) uint8. faces: rows of the faces shown, in order. weights: (T, faces)
    share of each face in each step; rows sum to 1. fps: frames a second."""

    frames: NDArray[np.uint8]
    faces: tuple[int, ...]
    weights: NDArray[np.float32]
    fps: float


def smooth_walk(
    draw: np.random.Generator, steps: int, fps: float, spread: float
) -> NDArray[np.float64]:
    """(steps,) a smooth random walk about zero with about this standard deviation."""
    at = np.arange(steps) / (fps * KNOT_S)
    knots = draw.standard_normal(int(at[-1]) + 2) * spread
    return np.interp(at, np.arange(len(knots)), knots)


def jitter(draw: np.random.Generator, steps: int, fps: float, what: str) -> NDArray[np.float64]:
    """(steps,) a first-order autoregressive process with spread and correlation of `JITTER`."""
    spread, correlation_s = JITTER[what]
    keep = float(np.exp(-1 / (fps * correlation_s)))
    values = draw.standard_normal(steps) * spread
    for step in range(1, steps):
        values[step] = keep * values[step - 1] + np.sqrt(1 - keep**2) * values[step]
    return values


def intervals(
    draw: np.random.Generator, steps: int, fps: float, every_s: float, lasts_s: tuple[float, float]
) -> list[slice]:
    """Steps of a passing disturbance: on average one in `every_s`, each lasting `lasts_s`."""
    count = int(draw.poisson(steps / fps / every_s))
    begins = draw.integers(0, steps, count)
    return [
        slice(int(b), int(b) + max(1, round(draw.uniform(*lasts_s) * fps))) for b in sorted(begins)
    ]


def face_weights(
    draw: np.random.Generator, steps: int, fps: float, faces: int
) -> NDArray[np.float32]:
    """(steps, faces) share of each face in each step; a clip begins anywhere in the first one."""
    weights = np.zeros((steps, faces), np.float32)
    weights[:, 0] = 1
    change = -draw.uniform(0, EXPRESSION_S[0])
    for index in range(1, faces):
        change += draw.uniform(*EXPRESSION_S)
        fade = draw.uniform(1 / fps, max(FADE_S, 1.5 / fps))
        new = np.clip((np.arange(steps) / fps - change) / fade + 1, 0, 1).astype(np.float32)
        weights *= 1 - new[:, None]
        weights[:, index] = new
    return weights


class _Motion:
    """Position, size and rotation of one face at each step of a clip."""

    def __init__(self, draw: np.random.Generator, steps: int, fps: float) -> None:
        def path(base: float, spread: float, what: str) -> NDArray[np.float64]:
            slow = draw.normal(0, base) + smooth_walk(draw, steps, fps, spread)
            return slow + jitter(draw, steps, fps, what)

        self._mirror = bool(draw.random() < 0.5)
        self._turn = path(4, 3, "roll")
        self._zoom = np.exp(path(0.06, 0.03, "zoom"))
        self._x = path(0.03, 0.01, "across")
        self._y = path(0.03, 0.01, "down")
        self._stretch = smooth_walk(draw, steps, fps, 0.03)

    def view(self, picture: Picture, step: int) -> Picture:
        """The face at this step."""
        return warp(
            picture,
            SIZE,
            turn=float(self._turn[step]),
            zoom=float(self._zoom[step]),
            stretch=float(self._stretch[step]),
            shift=(float(self._x[step]), float(self._y[step])),
            mirror=self._mirror,
        )


class _Occluder:
    """An ellipse of one grey that drifts over the face, like a hand, a cup or another head."""

    def __init__(self, draw: np.random.Generator) -> None:
        self._grey = int(draw.integers(0, 256))
        self._axes = tuple(int(a) for a in draw.uniform(0.15, 0.4, 2) * SIZE)
        self._angle = float(draw.uniform(0, 180))
        self._start = draw.uniform(0.1, 0.9, 2) * SIZE
        self._drift = draw.normal(0, 0.02, 2) * SIZE

    def over(self, face: Picture, age: int) -> Picture:
        """The face `age` steps after the occlusion began."""
        x, y = (self._start + age * self._drift).tolist()
        centre = (int(x), int(y))
        return cv2.ellipse(face, centre, self._axes, self._angle, 0, 360, self._grey, cv2.FILLED)


def make_clip(
    pictures: NDArray[np.uint8], faces: tuple[int, ...], draw: np.random.Generator, *, steps: int,
    fps: float,
) -> Clip:  # fmt: skip
    """A clip that shows these rows of `pictures` in order, as many as its duration allows."""
    weights = face_weights(draw, steps, fps, len(faces))
    motions = [_Motion(draw, steps, fps) for _ in faces]
    gain, bias, gamma = (smooth_walk(draw, steps, fps, spread) for spread in (0.1, 0.05, 0.1))
    base = draw.standard_normal(2) * 0.1
    pixels = np.full(steps, int(draw.integers(20, 64)) if draw.random() < 0.25 else SIZE)
    for blurred in intervals(draw, steps, fps, 3.0, (0.1, 0.6)):
        pixels[blurred] = np.minimum(pixels[blurred], draw.integers(14, 30))
    occluders: list[tuple[int, _Occluder] | None] = [None] * steps
    for covered in intervals(draw, steps, fps, 5.0, (0.2, 1.5)):
        occluder = _Occluder(draw)
        for step in range(steps)[covered]:
            occluders[step] = (step - covered.start, occluder)
    noise = np.float32(draw.uniform(0, 6))
    frames = np.empty((steps, SIZE, SIZE), np.uint8)
    for step in range(steps):
        mixture = np.zeros((SIZE, SIZE), np.float32)
        for index in np.flatnonzero(weights[step]):
            mixture += weights[step, index] * motions[index].view(pictures[faces[index]], step)
        frame = adjust_light(
            mixture.astype(np.uint8),
            gain=float(np.exp(gain[step] + base[0])),
            bias=float(bias[step]),
            gamma=float(np.exp(gamma[step] + base[1])),
        )
        if (occlusion := occluders[step]) is not None:
            age, occluder = occlusion
            frame = occluder.over(frame, age)
        if pixels[step] < SIZE:
            frame = reduce_resolution(frame, int(pixels[step]))
        grain = draw.standard_normal(frame.shape, np.float32) * noise
        frames[step] = np.clip(frame + grain, 0, 255).astype(np.uint8)
    return Clip(frames, faces, weights, fps)


def make_clips(
    pictures: NDArray[np.uint8], emotion: NDArray[np.int64], count: int, seed: int, *, steps: int,
    fps: tuple[float, float] = FRAME_RATES,
) -> Iterator[Clip]:  # fmt: skip
    """`count` clips of faces with known emotion. Half of the faces are drawn by class, so that rare
    classes occur, and half at random; every fifth clip shows one face.

    fps: the range from which each clip's frame rate is drawn.
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
        most = 1 if index % 5 == 0 else 1 + int(np.ceil(steps / rate / EXPRESSION_S[0]))
        faces = tuple(pick() for _ in range(most))
        yield make_clip(pictures, faces, draw, steps=steps, fps=rate)
