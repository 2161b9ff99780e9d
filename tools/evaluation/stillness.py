"""Whether pictures of faces stop counting and people do not: `wayside-tools measure stillness`.

Still faces are composed from UTKFace's photos (`still_faces`). People are those of clips, which are
played back and forth to a minute; each is also held still until it stops counting, and then moves
on. All go through the device's `FacePipeline` with the configuration's defaults. The constants of
`device/faces/stillness.py` were chosen on other clips and faces, those of `--development`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device.camera.images import frame_of
from device.config import VisionConfig
from device.faces.pipeline import FacePipeline
from device.faces.stillness import STILL_S
from device.values import Frame, Image, Track
from tools.datasets.face_dataset import TRAIN, VALIDATION
from tools.datasets.videos import read_frames
from tools.evaluation.still_faces import StillFace, photos
from tools.places import THIRD_PARTY

FPS = 5
"""Frames a second: those in which the detector runs. Between them a track keeps its state."""

FACES, BOUND_S, WATCHED_S = 50, 20.0, 25.0
"""Number of still faces, seconds within which they should stop counting, and seconds of each."""

PLAYED_S = 60.0
HELD_S = STILL_S + 4
"""Seconds for which a clip is played back and forth, and for which a frame of it is held."""

MOVES = 0.05
"""A person moves where the key points shift by this share of the box within two frames."""

RETURN_S = 1.0
NOISE = 2.0
"""Standard deviation of the noise of a held frame, grey levels."""


@dataclass(frozen=True, slots=True)
class Played:
    """A clip. tracked_s, lost_s: seconds with a track, and of these with only still ones.
    returned_s: seconds from the first movement of the held person until it counts again; None:
    the clip has no such moment, or the held person did not stop counting."""

    tracked_s: float
    lost_s: float
    returned_s: float | None


def stopped_after(pipeline: FacePipeline, frames: Iterable[Frame]) -> tuple[float, float]:
    """Seconds from the first track until only still ones are left, infinite if there always are
    others, and the share of the time after `BOUND_S` in which there are. NaN: without any track."""
    began = stopped = math.inf
    late = []
    pipeline.clear()
    for frame in frames:
        tracks = pipeline.track(frame)
        counts = any(not track.still for track in tracks)
        if tracks:
            began = min(began, frame.at)
        if tracks and not counts:
            stopped = min(stopped, frame.at - began)
        if frame.at - began >= BOUND_S:
            late.append(counts)
    return (stopped, float(np.mean(late))) if late else (math.nan, math.nan)


def back_and_forth(pictures: Sequence[Image], seconds: float) -> Iterator[Frame]:
    """The pictures of a clip, then the same backwards, and so on."""
    there = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    for step, index in enumerate(itertools.islice(itertools.cycle(there), round(seconds * FPS))):
        yield frame_of(pictures[index], step / FPS)


def play(pipeline: FacePipeline, clip: Path) -> Played:
    """Play a clip, and hold it where the person begins to move."""
    pictures = [frame.rgb for frame in read_frames(clip, seconds=1 / FPS)]
    pipeline.clear()
    states = [pipeline.track(frame) for frame in back_and_forth(pictures, PLAYED_S)]
    tracked = [tracks for tracks in states if tracks]
    lost = sum(all(track.still for track in tracks) for tracks in tracked)
    moves = first_movement(states[: len(pictures)])
    returned = None if moves is None else _return_s(pipeline, pictures, moves)
    return Played(len(tracked) / FPS, lost / FPS, returned)


def first_movement(states: Sequence[tuple[Track, ...]]) -> int | None:
    """Index of the last frame before a person first moves clearly; None: nobody does."""
    for index, (before, after) in enumerate(zip(states, states[2:], strict=False)):
        if before and after and before[0].id == after[0].id:
            shifts = after[0].face.keypoints - before[0].face.keypoints
            if float(np.linalg.norm(shifts, axis=1).mean()) > MOVES * before[0].face.box.w:
                return index
    return None


def _return_s(pipeline: FacePipeline, pictures: Sequence[Image], moves: int) -> float | None:
    """Seconds until a person who has been still since this frame counts again."""
    draw = np.random.default_rng(moves)
    held = [_noisy(pictures[moves], draw) for _ in range(round(HELD_S * FPS))]
    pipeline.clear()
    tracks: tuple[Track, ...] = ()
    for step, picture in enumerate(held):
        tracks = pipeline.track(frame_of(picture, step / FPS))
    if not tracks or not all(track.still for track in tracks):
        return None
    for step, frame in enumerate(back_and_forth(pictures[moves:], PLAYED_S), start=len(held)):
        tracks = pipeline.track(frame_of(frame.rgb, step / FPS))
        if any(not track.still for track in tracks):
            return (step - len(held)) / FPS
    return math.inf


def _noisy(picture: Image, draw: np.random.Generator) -> Image:
    noise = draw.standard_normal(picture.shape, np.float32) * np.float32(NOISE)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def measure_still(
    pipeline: FacePipeline, pictures: Iterable[Image], seed: int, write: Callable[[str], None]
) -> list[float]:
    """Seconds until each of `FACES` still faces stops counting; faces that no detector finds are
    left out."""
    times, late = list[float](), list[float]()
    for number, photo in enumerate(pictures):
        if len(times) == FACES:
            break
        face = StillFace(photo, seed + number, screen=number % 2 == 1)
        stopped, share = stopped_after(pipeline, face.frames(WATCHED_S, FPS))
        if not math.isnan(stopped):
            times.append(stopped)
            late.append(share)
    stopped_in_time = sum(time <= BOUND_S for time in times)
    write(
        f"{len(times)} still faces: {stopped_in_time} stop counting within {BOUND_S:g} s "
        f"({stopped_in_time / max(len(times), 1):.1%}); median {np.median(times):.1f} s, longest "
        f"{max(times):.1f} s; later they count for {np.mean(late):.1%} of the time"
    )
    return times


def measure_people(
    pipeline: FacePipeline, clips: Sequence[Path], write: Callable[[str], None]
) -> list[Played]:
    """Every clip, a line each, and all together."""
    played = []
    write(f"{'clip':36} {'seconds':>8} {'lost':>6}  {'returns after':>13}")
    for clip in clips:
        result = play(pipeline, clip)
        after = "-" if result.returned_s is None else f"{result.returned_s:.1f}"
        write(f"{clip.stem:36} {result.tracked_s:8.1f} {result.lost_s:6.1f}  {after:>13}")
        played.append(result)
    seconds, lost = sum(p.tracked_s for p in played), sum(p.lost_s for p in played)
    returns = [p.returned_s for p in played if p.returned_s is not None]
    in_time = sum(after <= RETURN_S for after in returns)
    write(
        f"{len(clips)} clips: {lost / max(seconds, 1e-9):.2%} of {seconds:.0f} s lost; {in_time} "
        f"of {len(returns)} return within {RETURN_S:g} s of moving, the slowest after "
        f"{max(returns, default=0.0):.1f} s"
    )
    return played


def report(data: Path, *, development: bool, write: Callable[[str], None] = print) -> None:
    """Print the figures. development: those on which the constants were chosen.

    Raises:
        UserError: a model or dataset is missing.
    """
    clips = sorted((data / "video" / "unlabelled").glob("*.mp4"))
    groups = [clips[: len(clips) // 2]]
    if not development:
        groups = [clips[len(clips) // 2 :], sorted((data / "video" / "mead").glob("*.mp4"))]
    split, seed = (TRAIN, 1) if development else (VALIDATION, 2)
    found = photos(data, split, 2 * FACES, seed)
    pipeline = FacePipeline.open(VisionConfig(), THIRD_PARTY)
    for group in groups:
        measure_people(pipeline, group, write)
    measure_still(pipeline, found, 1000 * seed, write)
    pipeline.close()
