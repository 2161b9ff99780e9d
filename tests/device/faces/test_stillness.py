"""Pictures of faces become still, people do not, and a still face that moves returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from device.faces.stillness import STILL_S, Life
from device.values import Floats

STEP_S = 0.5
RADIUS_PX = 30.0
"""Of the landmarks; the detector's box is about 100 pixels wide."""

Motion = Callable[[float], Floats]
"""The landmarks at a time, (468, 3) in pixels of the frame."""


def head(turn: float = 0.0, open_mouth: float = 0.0, size: float = 1.0) -> Floats:
    """Points on the front of a head, turned by so many radians, the lower ones dropped."""
    draw = np.random.default_rng(1)
    across, down = draw.uniform(-1, 1, (2, 468))
    depth = np.sqrt(np.clip(1.5 - across**2 - down**2, 0, None))
    down = down + open_mouth * np.clip(down, 0, None)
    turned = math.cos(turn) * across + math.sin(turn) * depth
    points = np.stack([turned, down, depth], axis=1) / math.sqrt(2 / 3)
    return (points * size * RADIUS_PX).astype(np.float32)


def watched(motion: Motion, seconds: float, noise: float = 0.2, start: float = 0.0) -> list[Life]:
    """The states after each inspection. noise: standard deviation in pixels."""
    draw = np.random.default_rng(2)
    states: list[Life] = []
    for at in np.arange(start, start + seconds, STEP_S).tolist():
        seen = motion(at) + draw.normal(0, noise, (468, 3)).astype(np.float32)
        states.append(states[-1].after(seen, 1.0, at) if states else Life.begin(seen, 1.0, at))
    return states


def shaken(at: float) -> Floats:
    """A poster that a shaking mount shifts and rotates."""
    roll = 0.02 * math.sin(7 * at)
    turning = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0]])
    points = head()
    points[:, :2] = points @ turning.T.astype(np.float32) + np.float32(4 * math.sin(11 * at))
    return points


def shadowed(at: float) -> Floats:
    """A poster whose landmarks are off for a second in ten, while a shadow passes."""
    return head(open_mouth=0.1 if at % 10 < 1 else 0.0)


@pytest.mark.parametrize("motion", [lambda at: head(), shaken, shadowed])
def test_a_picture_of_a_face_becomes_still_within_twenty_seconds(motion: Motion) -> None:
    states = watched(motion, 40)
    first = next(state.at for state in states if state.still)
    assert STILL_S <= first <= 20


@pytest.mark.parametrize(
    "motion",
    [
        lambda at: head(turn=0.15 * math.sin(at)),
        lambda at: head(open_mouth=0.15 * math.sin(3 * at)),
        lambda at: head(size=1 + 0.1 * math.sin(at)),
        lambda at: head(turn=0.2 if at % 10 < 4 else 0.0),
    ],
    ids=["turns", "speaks", "nears", "looks aside now and then"],
)
def test_a_person_never_becomes_still(motion: Motion) -> None:
    assert not any(state.still for state in watched(motion, 60))


def test_a_still_face_returns_within_a_second_of_its_first_movement() -> None:
    life = watched(lambda at: head(), 30)[-1]
    assert life.still
    for step in range(1, 6):  # a still face is inspected at every detection
        at = 30 + step / 5
        life = life.after(head(turn=0.1 * step), 1.0, at)
    assert not life.still


def test_the_size_is_that_in_the_frame_and_not_that_in_the_models_view() -> None:
    def inspections() -> Iterator[Life]:
        life = Life.begin(head(), 1.0, 0.0)
        for step in range(1, 60):
            scale = 1 + 0.2 * math.sin(step)  # the view follows the detector's noisy box
            life = life.after(head() / np.float32(scale), scale, step * STEP_S)
            yield life

    assert list(inspections())[-1].still
