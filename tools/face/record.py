"""A clip of a person becomes a curve that the guide's face can play.

MediaPipe's face landmarker gives 52 weights of blendshapes a frame: how the face moved, and nothing
of how it looked. Guarantees: nothing of a picture is written; a clip of several people is refused;
where the face is not found, the curve goes straight from what was before to what comes after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
import numpy.typing as npt
from mediapipe.tasks.python import BaseOptions, vision

from device.display.greeting import LONGEST_S, SHAPES, Curve
from device.errors import UserError
from tools.datasets.videos import read_frames
from tools.face.landmarker import landmarker

FPS = 25.0
"""Frames a second of a curve: more than lips and lids need, and as many as films have."""

LEAST_FOUND = 0.5
"""Share of frames in which the face must be found."""

Weights = npt.NDArray[np.float64]


def record(clip: Path) -> Curve:
    """The curve of a clip.

    Raises:
        UserError: no clip, one that is too long, no face in most of it, or several people.
    """
    times: list[float] = []
    found: list[Weights | None] = []
    for at, weights in _landmarks(clip):
        if at - (times[0] if times else at) > LONGEST_S:
            raise UserError(f"{clip}: longer than {LONGEST_S:g} s; cut it, and record it again")
        times.append(at)
        found.append(weights)
    share = sum(weights is not None for weights in found) / max(len(found), 1)
    if share < LEAST_FOUND:
        raise UserError(
            f"{clip}: a face in {share:.0%} of its frames, {LEAST_FOUND:.0%} are needed; "
            "film one person from the front, in good light"
        )
    return curve_of(times, found)


def curve_of(times: Sequence[float], found: Sequence[Weights | None]) -> Curve:
    """A curve of frames at equal distances, from weights at these seconds; None: not found."""
    known = [place for place, weights in enumerate(found) if weights is not None]
    at = np.array([times[place] for place in known]) - times[0]
    weights = np.array([found[place] for place in known])
    wanted = np.arange(0, max(times[-1] - times[0], 1 / FPS), 1 / FPS)
    columns = [np.interp(wanted, at, weights[:, shape]) for shape in range(len(SHAPES))]
    frames = np.clip(np.stack(columns, axis=1), 0, 1)
    return Curve(FPS, tuple(tuple(map(float, frame)) for frame in frames))


def _landmarks(clip: Path) -> Iterator[tuple[float, Weights | None]]:
    """Seconds and weights of each frame."""
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(landmarker())),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=2,
        output_face_blendshapes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as task:
        last = -1
        for frame in read_frames(clip):
            last = max(round(1000 * frame.at), last + 1)  # which must rise
            image = mediapipe.Image(mediapipe.ImageFormat.SRGB, np.ascontiguousarray(frame.rgb))
            faces = task.detect_for_video(image, last).face_blendshapes
            if len(faces) > 1:
                raise UserError(
                    f"{clip}: {frame.at:.1f} s: two faces; a clip shows one person, who has agreed"
                )
            yield frame.at, _weights(faces[0]) if faces else None


def _weights(shapes: Sequence[Any]) -> Weights:
    by_name = {shape.category_name: shape.score for shape in shapes}
    return np.array([by_name[name] for name in SHAPES], dtype=np.float64)
