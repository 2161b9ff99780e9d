"""How steady, how late and how often unknown the told emotion is, on real clips.

`wayside-tools measure steadiness` runs detector, tracks, recognition and smoothing with the
shipped settings over every clip, then over hard cuts composed of their clearest expressions, and
prints both tables. Raw is each frame's most probable label, read from that frame alone.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import cv2
import numpy as np

from device.audience.smoothing import Smoother
from device.camera.images import frame_of
from device.config import AudienceConfig, Config, load_config
from device.faces.crop import crop_face
from device.faces.detect import open_detector
from device.faces.tracks import Tracker
from device.recognition.recognise import Recogniser
from device.values import UNKNOWN, Box, Floats, Frame, Image, Reading, Track
from tools.datasets.videos import frames_of

STRETCH_S = 1.5
"""Length of a stretch with one expression."""

CLEAR, ALIKE = 0.5, 0.9
"""A stretch is clear where its label's mean probability and its share of the frames reach these."""

STRETCHES = 2
"""Stretches taken of each label: of different clips."""

CUT_PX, AROUND = 384, 2.5
"""Side of a composed cut's frames, and that side in heights of the face."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one frame gave. single: the emotion of each reading, from this frame alone."""

    at: float
    height: int
    tracks: tuple[Track, ...]
    readings: tuple[Reading, ...]
    single: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Of the frames with a trusted face: how many, their seconds, how many were told as unknown;
    and switches of the label: of single frames, of the readings, of what is told."""

    frames: int = 0
    seconds: float = 0.0
    unknown: int = 0
    single: int = 0
    read: int = 0
    told: int = 0

    def __add__(self, other: Steadiness) -> Steadiness:
        return Steadiness(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def fall(self) -> float:
        """How far switches fell, from single frames to what is told, 0 to 1."""
        return 1 - self.told / self.single if self.single else 0.0

    @property
    def share_unknown(self) -> float:
        """Of the frames with a trusted face, 0 to 1."""
        return self.unknown / max(self.frames, 1)

    def row(self, name: str) -> str:
        """One line of the table."""
        minutes = max(self.seconds, 1e-9) / 60
        rates = (f"{n / minutes:8.1f}" for n in (self.single, self.read, self.told))
        return (
            f"{name:24} {self.seconds:6.1f} {' '.join(rates)} "
            f"{self.fall:7.1%} {self.share_unknown:8.1%}"
        )


HEADER = f"{'clip':24} {'s':>6} {'single':>8} {'read':>8} {'told':>8} {'fall':>7} {'unknown':>8}"


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Frames of one clear expression, squares about the face: (N, CUT_PX, CUT_PX, 3) RGB."""

    label: str
    clarity: float
    clip: str
    pictures: tuple[Image, ...]


class Watcher:
    """The corridor up to the readings, as configured."""

    def __init__(self, config: Config) -> None:
        """Raises: UserError: a model is missing."""
        self._config = config
        self._recogniser = Recogniser(config.models, config.vision, config.recognise)
        # Last, since what fails after it would leave it open, and mediapipe complains of that.
        self._detector, _ = open_detector(config.vision, config.models / "third_party")

    def watch(self, frames: Iterable[Frame]) -> Iterator[Step]:
        """Read every face of the frames, whose times must grow."""
        tracker = Tracker(self._config.vision)
        for frame in frames:
            due = tracker.due(frame.at)
            tracks = tracker.update(self._detector.detect(frame) if due else None, frame.at)
            readings = self._recogniser.read(frame, tracks)
            faces = {track.id: track.face for track in tracks}
            single = tuple(
                emotion
                for reading in readings
                if (
                    emotion := self._recogniser.read_crop(
                        crop_face(frame.grey, faces[reading.track_id])
                    ).emotion
                )
                is not None
            )
            yield Step(frame.at, frame.grey.shape[0], tracks, readings, single)

    def close(self) -> None:
        """Close the detector."""
        self._detector.close()


def tell(steps: Sequence[Step], config: AudienceConfig) -> Iterator[dict[str, str]]:
    """The emotion told of each track at each step."""
    smoother = Smoother(config)
    for step in steps:
        visitors = smoother.update(step.tracks, step.readings, step.at, step.height)
        yield {visitor.track_id: visitor.emotion for visitor in visitors}


def steadiness(steps: Sequence[Step], config: AudienceConfig) -> Steadiness:
    """Over the frames in which a face was trusted; a track's first known label is no switch."""
    frames = unknown = 0
    seconds = 0.0
    told: dict[str, list[str]] = {}
    single: dict[str, list[str]] = {}
    read: dict[str, list[str]] = {}
    last: dict[str, float] = {}
    for step, now in zip(steps, tell(steps, config), strict=True):
        for reading, alone in zip(step.readings, step.single, strict=True):
            track, labels = reading.track_id, reading.labels
            if reading.trust < config.least_trust or reading.emotion is None:
                continue
            frames += 1
            seconds += min(step.at - last.get(track, step.at), 0.5)
            last[track] = step.at
            unknown += now[track] == UNKNOWN
            single.setdefault(track, []).append(labels[int(alone.argmax())])
            read.setdefault(track, []).append(labels[int(reading.emotion.argmax())])
            if told.get(track) or now[track] != UNKNOWN:
                told.setdefault(track, []).append(now[track])
    return Steadiness(frames, seconds, unknown, *(map(_switches, (single, read, told))))


def _switches(labels: dict[str, list[str]]) -> int:
    return sum(a != b for track in labels.values() for a, b in itertools.pairwise(track))


def clear_stretches(clip: Path, steps: Sequence[Step]) -> Iterator[Stretch]:
    """The clearest stretch of each expression that the single frames of a clip agree on."""
    best: dict[str, tuple[float, int, int]] = {}
    alone = [step for step in steps if len(step.readings) == 1]
    for first, begin in enumerate(alone):
        last = next((i for i in range(first, len(alone)) if alone[i].at - begin.at >= STRETCH_S), 0)
        stretch = alone[first:last]
        if not stretch or len({step.tracks[0].id for step in stretch}) > 1:
            continue
        labels = stretch[0].readings[0].labels
        told, count = Counter(int(step.single[0].argmax()) for step in stretch).most_common(1)[0]
        clarity = float(np.mean([step.single[0][told] for step in stretch]))
        if clarity >= CLEAR and count >= ALIKE * len(stretch):
            best[labels[told]] = max(best.get(labels[told], (0.0, 0, 0)), (clarity, first, last))
    wanted = {label: alone[first:last] for label, (_, first, last) in best.items()}
    pictures: dict[float, Image] = {}
    boxes = {s.at: stretch[0].tracks[0].face.box for stretch in wanted.values() for s in stretch}
    for frame in frames_of(clip):
        if frame.at in boxes:
            pictures[frame.at] = _about(frame.rgb, boxes[frame.at])
    for label, stretch in wanted.items():
        shown = tuple(pictures[step.at] for step in stretch)
        yield Stretch(label, best[label][0], clip.stem, shown)


def _about(rgb: Image, box: Box) -> Image:
    """A square about a face, so that every face of a composed cut stands at the same place."""
    (x, y), side = box.centre, AROUND * box.h
    scale = CUT_PX / side
    place = np.array([[scale, 0, CUT_PX / 2 - scale * x], [0, scale, CUT_PX / 2 - scale * y]])
    picture = cv2.warpAffine(rgb, place, (CUT_PX, CUT_PX), flags=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)


def lag_of(watcher: Watcher, before: Stretch, after: Stretch, config: AudienceConfig) -> float:
    """Seconds from a hard cut until the second expression is told; infinite where it never is."""
    pictures = before.pictures + after.pictures
    step_s = STRETCH_S / len(before.pictures)
    cut_at = len(before.pictures) * step_s
    steps = list(watcher.watch(frame_of(p, i * step_s) for i, p in enumerate(pictures)))
    for step, told in zip(steps, tell(steps, config), strict=True):
        if step.at >= cut_at and after.label in told.values():
            return step.at - cut_at
    return float("inf")


def measure_cuts(
    watcher: Watcher, stretches: Sequence[Stretch], config: AudienceConfig
) -> Iterator[tuple[Stretch, Stretch, float]]:
    """Every cut between the clearest stretches of two different expressions, with its lag."""
    chosen: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: -s.clarity):
        if sum(s.label == stretch.label for s in chosen) < STRETCHES:
            chosen.append(stretch)
    for before, after in itertools.permutations(chosen, 2):
        if before.label != after.label:
            yield before, after, lag_of(watcher, before, after, config)


def measure(
    clips: Iterable[Path], config: Config, say: Callable[[str], None]
) -> tuple[Steadiness, list[float]]:
    """All clips together, and the lag of every hard cut; `say` takes the lines of the tables."""
    lags, whole, stretches = list[float](), Steadiness(), list[Stretch]()
    with contextlib.closing(Watcher(config)) as watcher:
        say("label switches a minute: of single frames, of readings, of what is told\n" + HEADER)
        for clip in clips:
            steps = list(watcher.watch(frames_of(clip)))
            measured = steadiness(steps, config.audience)
            whole += measured
            say(measured.row(clip.stem))
            stretches += clear_stretches(clip, steps)
        say(whole.row("all"))
        say("\nseconds from a hard cut to the new label")
        for before, after, lag in measure_cuts(watcher, stretches, config.audience):
            say(f"{before.label:9} {before.clip:20} -> {after.label:9} {after.clip:20} {lag:5.2f}")
            lags.append(lag)
    if lags:
        say(f"{len(lags)} cuts: median {np.median(lags):.2f}, longest {max(lags):.2f}")
    return whole, lags


def report(clips: Sequence[Path], config: Path) -> None:
    """Print the tables."""
    measure(clips, load_config(config), print)
