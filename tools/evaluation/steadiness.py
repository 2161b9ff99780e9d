"""Steadiness of the reported emotion: label switches, lag and share of unknown, on real clips.

`wayside-tools measure steadiness` runs detector, tracks, recognition and smoothing with the
shipped settings over every clip, then over hard cuts between their clearest expressions, and
prints both tables. A single frame's label is its most probable one, read from that frame alone.
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
from device.config import AudienceConfig, Config
from device.faces.crop import crop_face
from device.faces.pipeline import FacePipeline
from device.recognition.recognise import Recogniser
from device.values import UNKNOWN, Box, Floats, Frame, Image, Reading, Track
from tools.datasets.videos import read_frames

STRETCH_S = 1.5
"""Seconds of a stretch with one expression."""

CLEAR, ALIKE = 0.5, 0.9
"""Least mean probability of a clear stretch's label, and its least share of the frames."""

STRETCHES = 2
"""Stretches of each label to combine, of different clips."""

CUT_PX, AROUND = 384, 2.5
"""Side of a composed frame in pixels, and in heights of the face."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Results of one frame. at: seconds. height: of the frame, pixels. single: (labels,) emotion
    probabilities of each reading, from this frame alone."""

    at: float
    height: int
    tracks: tuple[Track, ...]
    readings: tuple[Reading, ...]
    single: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Of the frames with a trusted face: number, seconds, number reported as unknown; and switches
    of the label: of single frames, of the readings, of the reported emotion."""

    frames: int = 0
    seconds: float = 0.0
    unknown: int = 0
    single: int = 0
    read: int = 0
    reported: int = 0

    def __add__(self, other: Steadiness) -> Steadiness:
        return Steadiness(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def fall(self) -> float:
        """Reduction of switches from single frames to the reported emotion, 0 to 1."""
        return 1 - self.reported / self.single if self.single else 0.0

    @property
    def share_unknown(self) -> float:
        """Share of the frames with a trusted face, 0 to 1."""
        return self.unknown / max(self.frames, 1)

    def row(self, name: str) -> str:
        """One line of the table."""
        minutes = max(self.seconds, 1e-9) / 60
        rates = (f"{n / minutes:8.1f}" for n in (self.single, self.read, self.reported))
        return (
            f"{name:24} {self.seconds:6.1f} {' '.join(rates)} "
            f"{self.fall:7.1%} {self.share_unknown:8.1%}"
        )


HEADER = (
    f"{'clip':24} {'s':>6} {'single':>8} {'read':>8} {'reported':>8} {'fall':>7} {'unknown':>8}"
)


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Frames of one clear expression, squares around the face: (N, CUT_PX, CUT_PX, 3) RGB."""

    label: str
    clarity: float
    clip: str
    pictures: tuple[Image, ...]


class Reader:
    """The corridor up to the readings, as configured."""

    def __init__(self, config: Config) -> None:
        """Raises: UserError: a model is missing."""
        self._recogniser = Recogniser(config.models, config.vision, config.recognise)
        # Last: an error after it would leave it open, and mediapipe raises at exit then.
        self._faces = FacePipeline.open(config.vision, config.models / "third_party")

    def read(self, frames: Iterable[Frame]) -> Iterator[Step]:
        """Read every face of the frames, whose times must increase."""
        self._faces.clear()
        for frame in frames:
            tracks = self._faces.track(frame)
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
        self._faces.close()


def report_emotions(steps: Sequence[Step], config: AudienceConfig) -> Iterator[dict[str, str]]:
    """The reported emotion of each track at each step."""
    smoother = Smoother(config)
    for step in steps:
        visitors = smoother.update(step.tracks, step.readings, step.at, step.height)
        yield {visitor.track_id: visitor.emotion for visitor in visitors}


def steadiness(steps: Sequence[Step], config: AudienceConfig) -> Steadiness:
    """Figures over the frames with a trusted face; a track's first known label is no switch."""
    frames = unknown = 0
    seconds = 0.0
    reported: dict[str, list[str]] = {}
    single: dict[str, list[str]] = {}
    read: dict[str, list[str]] = {}
    last: dict[str, float] = {}
    for step, now in zip(steps, report_emotions(steps, config), strict=True):
        for reading, alone in zip(step.readings, step.single, strict=True):
            track, labels = reading.track_id, reading.labels
            if reading.trust.emotion < config.least_trust or reading.emotion is None:
                continue
            frames += 1
            seconds += min(step.at - last.get(track, step.at), 0.5)
            last[track] = step.at
            unknown += now[track] == UNKNOWN
            single.setdefault(track, []).append(labels[int(alone.argmax())])
            read.setdefault(track, []).append(labels[int(reading.emotion.argmax())])
            if reported.get(track) or now[track] != UNKNOWN:
                reported.setdefault(track, []).append(now[track])
    return Steadiness(frames, seconds, unknown, *(map(_switches, (single, read, reported))))


def _switches(labels: dict[str, list[str]]) -> int:
    return sum(a != b for track in labels.values() for a, b in itertools.pairwise(track))


def clear_stretches(clip: Path, steps: Sequence[Step]) -> Iterator[Stretch]:
    """The clearest stretch of each expression on which the single frames of a clip agree."""
    best: dict[str, tuple[float, int, int]] = {}
    alone = [step for step in steps if len(step.readings) == 1]
    for first, begin in enumerate(alone):
        last = next((i for i in range(first, len(alone)) if alone[i].at - begin.at >= STRETCH_S), 0)
        stretch = alone[first:last]
        if not stretch or len({step.tracks[0].id for step in stretch}) > 1:
            continue
        labels = stretch[0].readings[0].labels
        top, count = Counter(int(step.single[0].argmax()) for step in stretch).most_common(1)[0]
        clarity = float(np.mean([step.single[0][top] for step in stretch]))
        if clarity >= CLEAR and count >= ALIKE * len(stretch):
            best[labels[top]] = max(best.get(labels[top], (0.0, 0, 0)), (clarity, first, last))
    wanted = {label: alone[first:last] for label, (_, first, last) in best.items()}
    pictures: dict[float, Image] = {}
    boxes = {s.at: stretch[0].tracks[0].face.box for stretch in wanted.values() for s in stretch}
    for frame in read_frames(clip):
        if frame.at in boxes:
            pictures[frame.at] = _around(frame.rgb, boxes[frame.at])
    for label, stretch in wanted.items():
        shown = tuple(pictures[step.at] for step in stretch)
        yield Stretch(label, best[label][0], clip.stem, shown)


def _around(rgb: Image, box: Box) -> Image:
    """A square around a face, so that all faces of a composed cut are at the same place."""
    (x, y), side = box.centre, AROUND * box.h
    scale = CUT_PX / side
    place = np.array([[scale, 0, CUT_PX / 2 - scale * x], [0, scale, CUT_PX / 2 - scale * y]])
    picture = cv2.warpAffine(rgb, place, (CUT_PX, CUT_PX), flags=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)


def lag_of(reader: Reader, before: Stretch, after: Stretch, config: AudienceConfig) -> float:
    """Seconds from a hard cut until the second expression is reported; infinite if it never is."""
    pictures = before.pictures + after.pictures
    step_s = STRETCH_S / len(before.pictures)
    cut_at = len(before.pictures) * step_s
    steps = list(reader.read(frame_of(p, i * step_s) for i, p in enumerate(pictures)))
    for step, emotions in zip(steps, report_emotions(steps, config), strict=True):
        if step.at >= cut_at and after.label in emotions.values():
            return step.at - cut_at
    return float("inf")


def measure_cuts(
    reader: Reader, stretches: Sequence[Stretch], config: AudienceConfig
) -> Iterator[tuple[Stretch, Stretch, float]]:
    """Every cut between the clearest stretches of two expressions, with its lag in seconds."""
    chosen: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: -s.clarity):
        if sum(s.label == stretch.label for s in chosen) < STRETCHES:
            chosen.append(stretch)
    for before, after in itertools.permutations(chosen, 2):
        if before.label != after.label:
            yield before, after, lag_of(reader, before, after, config)


def measure(
    clips: Iterable[Path], config: Config, write: Callable[[str], None]
) -> tuple[Steadiness, list[float]]:
    """Figures of all clips together, and the lag of every hard cut. write: takes the lines of both
    tables."""
    lags, whole, stretches = list[float](), Steadiness(), list[Stretch]()
    with contextlib.closing(Reader(config)) as reader:
        write("label switches a minute: of single frames, of readings, as reported\n" + HEADER)
        for clip in clips:
            steps = list(reader.read(read_frames(clip)))
            measured = steadiness(steps, config.audience)
            whole += measured
            write(measured.row(clip.stem))
            stretches += clear_stretches(clip, steps)
        write(whole.row("all"))
        write("\nseconds from a hard cut to the new label")
        for before, after, lag in measure_cuts(reader, stretches, config.audience):
            labels = f"{before.label:9} {before.clip:20} -> {after.label:9} {after.clip:20}"
            write(f"{labels} {lag:5.2f}")
            lags.append(lag)
    if lags:
        write(f"{len(lags)} cuts: median {np.median(lags):.2f}, longest {max(lags):.2f}")
    return whole, lags
