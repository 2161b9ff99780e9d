"""How far a track's crop lies from the face, on video: the constants of `tools.datasets.sequences`.

The detector looks at a few frames a second and a track goes on from there at its own speed, so the
crop of most frames is a little off. `wayside-tools measure temporal --jitter` compares it with
where the detector, run on every frame, finds the face in the median of nine neighbours.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.config import Config, load_config
from device.errors import UserError
from device.faces.crop import Framing, framing_of
from device.faces.detect import open_detector
from device.faces.tracks import Tracker
from tools.datasets.videos import frames_of

WINDOW = 9
COLUMNS = ("across", "down", "zoom", "roll")


@dataclass(frozen=True, slots=True)
class Offsets:
    """One clip with a single face. off: (frames, 4) by `COLUMNS`: shares of the crop's side, its
    logarithm, degrees. fps: frames a second."""

    off: NDArray[np.float64]
    fps: float


def offsets_of(clip: Path, config: Config) -> Offsets | None:
    """The crops of a clip against its steadied detections; None where there are too few."""
    detector, _ = open_detector(config.vision, config.models / "third_party")
    tracker = Tracker(config.vision)
    given: list[Framing] = []
    found: list[Framing] = []
    times: list[float] = []
    with contextlib.closing(detector):
        for frame in frames_of(clip):
            faces = detector.detect(frame)
            tracks = tracker.update(faces if tracker.due(frame.at) else None, frame.at)
            if len(tracks) == len(faces) == 1:
                given.append(framing_of(tracks[0].face))
                found.append(framing_of(faces[0]))
                times.append(frame.at)
    if len(found) < 3 * WINDOW:
        return None
    side = float(np.median([framing.side for framing in found]))
    around = np.lib.stride_tricks.sliding_window_view(_columns(found, side), WINDOW, axis=0)
    edge = WINDOW // 2
    off = _columns(given, side)[edge:-edge] - np.median(around, axis=-1)
    return Offsets(off, 1 / float(np.median(np.diff(times))))


def _columns(path: Sequence[Framing], side: float) -> NDArray[np.float64]:
    return np.array([(f.x / side, f.y / side, np.log(f.side), np.degrees(f.roll)) for f in path])


def report(clips: Sequence[Path], config: Path) -> None:
    """Print, for each column, the median over the clips of its standard deviation and of the time
    in which its correlation falls to 1/e.

    Raises:
        UserError: no clip shows one face for long enough.
    """
    shipped = load_config(config)
    measured = [offsets_of(clip, shipped) for clip in tqdm(clips, "clips", disable=None)]
    seen = [offsets for offsets in measured if offsets is not None]
    if not seen:
        raise UserError(f"{len(measured)} clips, and none shows one single face for a while")
    spread = np.median([offsets.off.std(axis=0) for offsets in seen], axis=0)
    memory = np.median([_memory(offsets) for offsets in seen], axis=0)
    print(f"{sum(len(o.off) for o in seen)} frames of {len(seen)} clips\n{'':8} spread  seconds")
    for name, deviation, seconds in zip(COLUMNS, spread, memory, strict=True):
        print(f"{name:8} {deviation:6.4f} {seconds:8.2f}")


def _memory(offsets: Offsets) -> NDArray[np.float64]:
    """Time constants (4,) in seconds of first-order processes with this correlation."""
    now, next_ = offsets.off[:-1], offsets.off[1:]
    correlation = [np.corrcoef(a, b)[0, 1] for a, b in zip(now.T, next_.T, strict=True)]
    return -1 / (offsets.fps * np.log(np.clip(correlation, 1e-3, 0.999)))
