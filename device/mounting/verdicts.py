"""Whether a camera hangs well: each question passes or fails, with one line on what to do.

Guarantees: without a face the questions about faces wait, and none passes; the line of a verdict
names what was measured, and what to do where it fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from device.camera.mounting import DARK
from device.faces.crop import framing_of
from device.mounting.optics import CHILD_M, CROP_M, LEAST_PX, SEATED_M, STANDING_M, Optics
from device.values import Face, Frame

State: TypeAlias = Literal["pass", "fail", "wait"]

DARK_FACE = 90.0
"""Luma below which nearly all of a face is in shadow. The brightest twentieth of it is looked at,
and not its mean, so that a dark skin in good light is not taken for a shadow."""

GLARE, GLARING = 235, 0.15
"""Luma of a window or a lamp, and the share of the picture from which it blinds the camera."""

MARGIN_M = CROP_M / 2
"""Of a face below and above its eyes, which must be in the picture too."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """name: of the question. asks: in a few words. say: what was measured, and what to do."""

    name: str
    asks: str
    state: State
    say: str


def judge(
    frame: Frame, faces: Sequence[Face], optics: Optics, eyes_m: float = STANDING_M
) -> tuple[Verdict, ...]:
    """The verdicts on a frame, of the nearest face in it.

    eyes_m: height of the eyes of the person who stands there.
    """
    face = max(faces, key=lambda one: framing_of(one).side, default=None)
    light = float(frame.grey[::8, ::8].mean())
    dark = light < DARK
    verdicts = [
        Verdict(
            "dark",
            "Light enough",
            "fail" if dark else "pass",
            f"brightness {light:.0f} of 255"
            + ("; a lamp is needed, or the lens is covered" if dark else ""),
        )
    ]
    if face is None:
        return (*verdicts, *_waiting())
    return (*verdicts, *_of_face(frame, face, optics, eyes_m))


def _waiting() -> Iterator[Verdict]:
    say = "somebody stands on the mark and looks at the screen"
    for name, asks in (
        ("far", "Near enough"),
        ("near", "Far enough"),
        ("against", "Not against the light"),
        ("seated", "Sees who sits"),
        ("child", "Sees a child"),
    ):
        yield Verdict(name, asks, "wait", say)


def _of_face(frame: Frame, face: Face, optics: Optics, eyes_m: float) -> Iterator[Verdict]:
    distance, side = optics.distance_m(face), framing_of(face).side
    small, large = side < LEAST_PX, distance < optics.near_m
    where = f"{distance:.1f} m away"
    yield Verdict(
        "far",
        "Near enough",
        "fail" if small else "pass",
        f"{where}: the face has {side:.0f} pixels, needs {LEAST_PX}; mount the camera nearer to "
        f"people, at most {optics.far_m:.1f} m from them"
        if small
        else f"{where}; faces are read up to {optics.far_m:.1f} m",
    )
    yield Verdict(
        "near",
        "Far enough",
        "fail" if large else "pass",
        f"{where}: the face fills the picture; move the camera back, or the mark, to "
        f"{optics.near_m:.1f} m at least"
        if large
        else f"{where}; faces are read from {optics.near_m:.1f} m on",
    )
    shadow, glare = _shadow(frame, face), float((frame.grey[::8, ::8] >= GLARE).mean())
    against = shadow < DARK_FACE and glare >= GLARING
    yield Verdict(
        "against",
        "Not against the light",
        "fail" if against else "pass",
        f"{100 * glare:.0f} % of the picture is glaring, and the face is in shadow; turn the "
        "camera away from the window or lamp, or light the faces"
        if against
        else f"the face is lit: {shadow:.0f} of 255",
    )
    for name, asks, height in (
        ("seated", "Sees who sits", SEATED_M),
        ("child", "Sees a child", CHILD_M),
    ):
        yield _lower(name, asks, face, optics, eyes_m - height)


def _lower(name: str, asks: str, face: Face, optics: Optics, metres: float) -> Verdict:
    """Whether the face of somebody who is smaller by so many metres would be in the picture."""
    eyes = optics.below(face, metres)
    margin = optics.share(MARGIN_M, optics.distance_m(face))
    if eyes + margin > 1:
        missing = (eyes + margin - 1) / optics.share(1, optics.distance_m(face))
        say = f"the face would lie {100 * missing:.0f} cm below the picture; tilt the camera down"
        return Verdict(name, asks, "fail", f"{say}, mount it lower, or farther from people")
    if eyes < margin:
        return Verdict(name, asks, "fail", "the face would lie above the picture; tilt it up")
    return Verdict(name, asks, "pass", f"the eyes would be {100 * eyes:.0f} % down the picture")


def _shadow(frame: Frame, face: Face) -> float:
    """Luma of the brightest twentieth of a face, 0 to 255."""
    height, width = frame.grey.shape
    box = face.box
    left, top = max(0, int(box.x)), max(0, int(box.y))
    right, bottom = min(width, int(box.x + box.w) + 1), min(height, int(box.y + box.h) + 1)
    inside = frame.grey[top:bottom, left:right]
    return float(np.percentile(inside, 95)) if inside.size else 255.0
