"""What the guide's face does when cards come: a curve of blendshapes that a clip was recorded to.

`wayside-tools face record` writes one: 52 weights a frame, by MediaPipe's names for them, which are
ARKit's. Guarantees of a curve that was read: each frame has a weight from 0 to 1 for each name, and
it is no longer than `LONGEST_S`. It holds how a face moved, and nothing of how it looked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.errors import UserError

SHAPES = (
    "_neutral",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft",
    "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft",
    "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight",
    "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""MediaPipe's 52 blendshapes, in its order."""

LONGEST_S = 20.0
FPS = (5.0, 60.0)
DIGITS = 2


@dataclass(frozen=True, slots=True)
class Curve:
    """fps: frames a second. frames: the weights of `SHAPES`, 0 to 1, frame by frame."""

    fps: float
    frames: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if not FPS[0] <= self.fps <= FPS[1]:
            raise ValueError(f"{self.fps:g} frames a second; takes {FPS[0]:g} to {FPS[1]:g}")
        if not 0 < len(self.frames) <= LONGEST_S * self.fps:
            raise ValueError(f"{len(self.frames)} frames; takes 1 to {LONGEST_S:g} s of them")
        for number, frame in enumerate(self.frames):
            if len(frame) != len(SHAPES) or not all(0 <= weight <= 1 for weight in frame):
                raise ValueError(f"frame {number}: takes {len(SHAPES)} weights from 0 to 1")

    def text(self) -> str:
        """The curve as a file, which the page reads too."""
        frames = [[round(weight, DIGITS) for weight in frame] for frame in self.frames]
        content = {"fps": self.fps, "names": SHAPES, "frames": frames}
        return json.dumps(content, separators=(",", ":")) + "\n"


def read_curve(path: Path) -> Curve:
    """A curve that was recorded.

    Raises:
        UserError: no such file, or no curve.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if tuple(content["names"]) != SHAPES:
            raise ValueError("other names of shapes")
        frames = tuple(tuple(map(float, frame)) for frame in content["frames"])
        return Curve(float(content["fps"]), frames)
    except OSError as error:
        raise UserError(f"display.guide: {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"display.guide: {path}: no curve of a face ({error}); "
            "`wayside-tools face record` makes one"
        ) from None
