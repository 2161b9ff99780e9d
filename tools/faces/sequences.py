"""Short clips made from stills: a face that moves, changes, blurs, and cuts to another expression.

Real clips with labels are too few to learn from, so the temporal network learns from these: two
stills, one after the other by a cut or a cross-fade, under smooth motion, zoom and light, with
passing blur and noise. A step's target goes from the first still's to the second's as they fade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.faces.augment import Picture, coarse, light, warp
from tools.learning.networks import SIZE

STEPS = 20
LONGEST_FADE = 6  # steps; at 15 readings a second an expression comes in 0.1 to 0.4 s


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """frames: (STEPS, 64, 64) uint8. share: (STEPS,) how much of each step is the second still.
    stills: the rows of the two."""

    frames: NDArray[np.uint8]
    share: NDArray[np.float32]
    stills: tuple[int, int]


def wander(draw: np.random.Generator, steps: int, spread: float) -> NDArray[np.float64]:
    """(steps,) a smooth random course about zero with the given standard deviation."""
    knots = draw.standard_normal(steps // 5 + 2) * spread
    return np.interp(np.linspace(0, len(knots) - 1, steps), np.arange(len(knots)), knots)


def make_clip(
    pictures: NDArray[np.uint8], stills: tuple[int, int], draw: np.random.Generator
) -> Clip:
    """A clip that goes from one still to the other (or stays, where they are the same)."""
    change = int(draw.integers(3, STEPS - 3))
    fade = int(draw.integers(1, LONGEST_FADE + 1))
    share = np.clip((np.arange(STEPS) - change + 1) / fade, 0, 1).astype(np.float32)
    places = [_Course(draw) for _ in stills]
    gain, bias, gamma = (
        wander(draw, STEPS, 0.12),
        wander(draw, STEPS, 0.06),
        wander(draw, STEPS, 0.12),
    )
    base = draw.standard_normal(2) * 0.1
    pixels = int(draw.integers(20, 64)) if draw.random() < 0.25 else SIZE
    noise = draw.uniform(0, 6)
    blurred = wander(draw, STEPS, 1.0) > 1.3
    frames = np.empty((STEPS, SIZE, SIZE), np.uint8)
    for step in range(STEPS):
        parts = []
        for weight, still, place in zip(
            (1 - share[step], share[step]), stills, places, strict=True
        ):
            if weight > 0:
                parts.append(weight * place.view(pictures[still], step).astype(np.float32))
        face: Picture = np.sum(parts, axis=0).astype(np.uint8)
        face = light(
            face,
            gain=float(np.exp(gain[step] + base[0])),
            bias=float(bias[step]),
            gamma=float(np.exp(gamma[step] + base[1])),
        )
        side = min(pixels, int(draw.integers(18, 30))) if blurred[step] else pixels
        if side < SIZE:
            face = coarse(face, side)
        grain = draw.standard_normal(face.shape, np.float32) * np.float32(noise)
        frames[step] = np.clip(face + grain, 0, 255).astype(np.uint8)
    return Clip(frames, share, stills)


class _Course:
    """Where a face stands at each step of a clip."""

    def __init__(self, draw: np.random.Generator) -> None:
        self._mirror = bool(draw.random() < 0.5)
        self._turn = draw.normal(0, 4) + wander(draw, STEPS, 4)
        self._zoom = np.exp(draw.normal(0, 0.06) + wander(draw, STEPS, 0.05))
        self._x = draw.normal(0, 0.03) + wander(draw, STEPS, 0.02)
        self._y = draw.normal(0, 0.03) + wander(draw, STEPS, 0.02)

    def view(self, picture: Picture, step: int) -> Picture:
        """The still as seen at this step."""
        return warp(
            picture,
            SIZE,
            turn=float(self._turn[step]),
            zoom=float(self._zoom[step]),
            stretch=0.0,
            shift=(float(self._x[step]), float(self._y[step])),
            mirror=self._mirror,
        )


def make_clips(
    pictures: NDArray[np.uint8], emotion: NDArray[np.int64], count: int, seed: int
) -> list[Clip]:
    """`count` clips of faces whose emotion is known; classes are drawn alike, so that rare ones
    are seen; every fifth clip stays with one still."""
    draw = np.random.default_rng([seed, count])
    classes = [np.flatnonzero(emotion == label) for label in range(int(emotion.max()) + 1)]
    classes = [rows for rows in classes if len(rows)]

    def pick() -> int:
        # Half by class and half as they come, so that the priors are not turned upside down.
        if draw.random() < 0.5:
            return int(draw.choice(classes[int(draw.integers(len(classes)))]))
        return int(draw.integers(len(emotion)))

    clips = []
    for index in range(count):
        first = pick()
        clips.append(make_clip(pictures, (first, first if index % 5 == 0 else pick()), draw))
    return clips
