"""Tracks faces from frame to frame by position and velocity.

A track is confirmed after a few detections, moves on at its velocity between detections, and ends
when it has not been detected for `vision.absence_s`. Its id is random and means nothing. Durations
come from the frames' monotonic times, never from a number of frames.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass

import numpy as np

from device.config import VisionConfig
from device.faces.stillness import Life
from device.values import Box, Face, Floats, KeypointLayout, Track

CONFIRMATIONS = 3
"""Detections until a track is confirmed."""

VELOCITY_S = 0.5
"""Time constant of a track's velocity, seconds; the first few detections have equal weights."""

SPEED_MEMORY_S = 0.5
"""Seconds in which the velocity of an undetected face decays to 1/e."""

STEADYING = 0.5
"""Weight of a new size and shape against the current ones: keypoints are noisy, and a half hidden
face looks small."""

NEAR = 1.0
"""Largest distance of a detection from the expected position, in sizes of the face."""

OTHER_SIZE = math.log(2)
"""Largest change of size of the same face, as a logarithm."""

RESTLESS = 0.2
"""The detector runs on the next frame if a face has moved by this share of its size since it was
detected, or if its position or size was off by as much."""

HIDDEN_S = 3.0
"""Seconds for which a face behind another moves on at its velocity."""

HIDDEN_IOU = 0.05
"""Overlap from which on an undetected face counts as hidden behind a detected one."""

SAME_PLACE_IOU = 0.3
"""Overlap with the expected face from which on a detection needs no new inspection."""

UNSEEN = 0.0
"""Score of a face that the detector did not find."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Result of the mesh model. at, verified_at: monotonic seconds of the last inspection, and of
    the last that found a face. eyes_open: 0 closed to 1 open; None where not measured. life: what
    all inspections that found a face have shown; None before the first."""

    at: float
    verified_at: float
    eyes_open: float | None
    life: Life | None = None

    @property
    def still(self) -> bool:
        """Whether this is a picture of a face."""
        return self.life is not None and self.life.still


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A detected face and the id of the track that it continues or would begin.

    inspection: the track's last one; None for a new track, and for a face in an unexpected place.
    """

    track_id: str
    face: Face
    inspection: Inspection | None = None


@dataclass(slots=True)
class _Path:
    """State of a track. x, y: centre, pixels. vx, vy: velocity, pixels a second. size: pixels.

    shape: keypoints about the centre, in sizes. placed_at: time of the centre, when the face was
    detected or hidden. seen_at: when it was detected. surprise: distance or change of size of the
    last detection from what was expected. inspection: the last one.

    All but the keypoints are Python's own numbers: for two of them numpy takes several times as
    long.
    """

    id: str
    x: float
    y: float
    size: float
    shape: Floats
    layout: KeypointLayout
    score: float
    placed_at: float
    seen_at: float
    inspection: Inspection | None
    vx: float = 0.0
    vy: float = 0.0
    surprise: float = 0.0
    hits: int = 1
    frames: int = 1

    def box(self, at: float) -> Box:
        """Expected box at this time.

        The velocity decays while the face is not detected, so that a lost one does not drift off.
        """
        gone = max(0.0, at - self.placed_at)
        moving_s = SPEED_MEMORY_S * (1 - math.exp(-gone / SPEED_MEMORY_S))
        x, y, half = self.x + self.vx * moving_s, self.y + self.vy * moving_s, self.size / 2
        return Box(x - half, y - half, self.size, self.size)

    def cost(self, face: Face, at: float) -> float:
        """Cost of an association, 0 for a perfect fit; infinite if it cannot be the same face."""
        expected = self.box(at)
        off, grown = self.differences(face, expected)
        if off > NEAR or grown > OTHER_SIZE:
            return math.inf
        return off + grown + (1 - expected.iou(face.box)) / 2

    def differences(self, face: Face, expected: Box) -> tuple[float, float]:
        """Distance from the expected centre, in sizes, and change of size as a logarithm."""
        size = _size(face)
        off = math.dist(face.box.centre, expected.centre) / ((size + self.size) / 2)
        return off, abs(math.log(size / self.size))

    def is_behind(self, other: _Path, at: float) -> bool:
        """Whether this face is expected where another is detected."""
        return self.box(at).iou(other.box(at)) > HIDDEN_IOU

    def see(self, candidate: Candidate, at: float) -> None:
        """Continue the track with this detection."""
        face, self.inspection = candidate.face, candidate.inspection
        self.surprise = max(self.differences(face, self.box(at)))
        x, y = face.box.centre
        elapsed = at - self.placed_at
        if elapsed > 0:
            weight = max(1 / self.hits, 1 - math.exp(-elapsed / VELOCITY_S))
            if self.hits >= CONFIRMATIONS and self.surprise > RESTLESS:
                weight *= (RESTLESS / self.surprise) ** 2  # a jump is no velocity
            self.vx += weight * ((x - self.x) / elapsed - self.vx)
            self.vy += weight * ((y - self.y) / elapsed - self.vy)
        self.x, self.y = x, y
        self.size *= (_size(face) / self.size) ** STEADYING
        self.shape = self.shape + np.float32(STEADYING) * (_shape(face) - self.shape)
        self.score, self.seen_at, self.placed_at = face.score, at, at
        self.hits += 1

    def pass_behind(self, at: float) -> None:
        """Move on at the same velocity, without becoming absent."""
        self.x += self.vx * (at - self.placed_at)
        self.y += self.vy * (at - self.placed_at)
        self.placed_at = at

    def candidate(self, face: Face, at: float) -> Candidate:
        """A detection that this track may continue with."""
        same_place = self.box(at).iou(face.box) >= SAME_PLACE_IOU
        return Candidate(self.id, face, self.inspection if same_place else None)

    def track(self, at: float, *, fresh: bool) -> Track:
        """The track as the other steps see it."""
        eyes_open = self.inspection.eyes_open if self.inspection else None
        return Track(self.id, self.face(at), self.frames, fresh, eyes_open, self.still)

    @property
    def still(self) -> bool:
        """Whether this is a picture of a face."""
        return self.inspection is not None and self.inspection.still

    def face(self, at: float) -> Face:
        """The expected face at this time."""
        box = self.box(at)
        keypoints = self.shape * np.float32(self.size) + np.array(box.centre, np.float32)
        return Face(box, keypoints, self.score, self.layout)


class Tracker:
    """Turns detections into tracks."""

    def __init__(self, vision: VisionConfig) -> None:
        """Start without tracks."""
        self._absence_s = vision.absence_s
        self._max_faces = vision.max_faces
        self._every_s = vision.detect_every_s
        self._paths: list[_Path] = []
        self._detected_at = -math.inf

    def due(self, at: float) -> bool:
        """Whether the detector should run on the frame of this time.

        Every `vision.detect_every_s`, and on every frame while a face is new, fast, away from its
        expected position, or just lost: a new face is confirmed within a few frames, and an empty
        scene costs little.
        """
        since = at - self._detected_at
        return (
            since < 0 or since >= self._every_s or any(self._restless(p, at) for p in self._paths)
        )

    def clear(self) -> None:
        """Drop every track."""
        self._paths = []
        self._detected_at = -math.inf

    def associate(self, faces: tuple[Face, ...], at: float) -> tuple[Candidate, ...]:
        """Each face with the track that it fits best, the best fits first; the rest with new ones.

        Changes nothing: tracks go on with the candidates that are given to `update`.
        """
        fits = sorted(
            (cost, p, f)
            for p, path in enumerate(self._paths)
            for f, face in enumerate(faces)
            if (cost := path.cost(face, at)) < math.inf
        )
        free_paths, free_faces = set(range(len(self._paths))), set(range(len(faces)))
        candidates = []
        for _, p, f in fits:
            if p in free_paths and f in free_faces:
                candidates.append(self._paths[p].candidate(faces[f], at))
                free_paths.remove(p)
                free_faces.remove(f)
        new = [Candidate(secrets.token_hex(8), faces[f]) for f in sorted(free_faces)]
        return (*candidates, *new)

    def update(self, candidates: tuple[Candidate, ...] | None, at: float) -> tuple[Track, ...]:
        """The confirmed tracks at this time, at most `vision.max_faces`: the nearest first, and
        still faces last.

        candidates: those of `associate` that are faces; None where the detector did not run on this
        frame. A face that it should have found and did not is carried on with the score `UNSEEN`.
        """
        for path in self._paths:
            path.frames += 1
        if candidates is not None:
            self._take(candidates, at)
            self._detected_at = at
        self._paths = [p for p in self._paths if at - p.placed_at <= self._absence_s]
        confirmed = [p for p in self._paths if p.hits >= CONFIRMATIONS]
        confirmed.sort(key=lambda p: (p.still, -p.size))
        return tuple(
            p.track(at, fresh=candidates is not None and p.seen_at == at)
            for p in confirmed[: self._max_faces]
        )

    def _take(self, candidates: tuple[Candidate, ...], at: float) -> None:
        """Continue and begin tracks; the others are missed, or hidden behind one that is seen."""
        found = {candidate.track_id: candidate for candidate in candidates}
        missed = []
        for path in self._paths:
            if candidate := found.pop(path.id, None):
                path.see(candidate, at)
            else:
                missed.append(path)
        seen = [path for path in self._paths if path not in missed]
        for path in missed:
            path.score = UNSEEN
            if at - path.seen_at <= HIDDEN_S and any(path.is_behind(other, at) for other in seen):
                path.pass_behind(at)
        self._paths += [_begin(candidate, at) for candidate in found.values()]

    def _restless(self, path: _Path, at: float) -> bool:
        if path.hits < CONFIRMATIONS or path.score == UNSEEN or path.surprise > RESTLESS:
            return True
        moved = math.hypot(path.vx, path.vy) * (at - path.seen_at)
        return moved > RESTLESS * path.size


def _begin(candidate: Candidate, at: float) -> _Path:
    face = candidate.face
    return _Path(
        candidate.track_id,
        *face.box.centre,
        _size(face),
        _shape(face),
        face.layout,
        face.score,
        placed_at=at,
        seen_at=at,
        inspection=candidate.inspection,
    )


def _shape(face: Face) -> Floats:
    """Keypoints about the centre of the box, in sizes: shape (K, 2)."""
    return (face.keypoints - np.array(face.box.centre, np.float32)) / np.float32(_size(face))


def _size(face: Face) -> float:
    """Side of the square with the box's area, pixels."""
    return max(1.0, math.sqrt(max(0.0, face.box.w * face.box.h)))
