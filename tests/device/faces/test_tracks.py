"""Tracking: one id for one person, from the third detection until they have left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.config import VisionConfig
from device.faces.blazeface import KEYPOINTS, BlazeFace
from device.faces.detect import Choice
from device.faces.mesh import FaceMesh
from device.faces.pipeline import FacePipeline
from device.faces.tracks import CONFIRMATIONS, UNSEEN, Tracker
from device.values import Box, Face, Track
from tests.device.faces.crossings import SHAPE, Crossing, NoisyDetector, Scene, kept_apart

CONFIG = VisionConfig(absence_s=1.0, detect_every_s=0.2)
STEP = 1 / 15


def face(x: float = 300, y: float = 200, side: float = 100, score: float = 0.8) -> Face:
    points = SHAPE * np.float32(side) + np.array([x, y], np.float32)
    return Face(Box(x - side / 2, y - side / 2, side, side), points, score, KEYPOINTS)


def see(tracker: Tracker, faces: tuple[Face, ...] | None, at: float) -> tuple[Track, ...]:
    """Show these faces, all of them real; None where the detector does not run."""
    return tracker.update(None if faces is None else tracker.associate(faces, at), at)


def settled(tracker: Tracker, *faces: Face, start: float = 0.0) -> tuple[float, tuple[Track, ...]]:
    """Show these faces until they are confirmed; the time after and the tracks."""
    tracks: tuple[Track, ...] = ()
    for index in range(CONFIRMATIONS):
        tracks = see(tracker, faces, start + index * STEP)
    return start + CONFIRMATIONS * STEP, tracks


def test_a_track_is_confirmed_after_a_few_detections_and_not_before() -> None:
    tracker = Tracker(CONFIG)
    for index in range(CONFIRMATIONS - 1):
        assert see(tracker, (face(),), index * STEP) == ()
    (track,) = see(tracker, (face(),), CONFIRMATIONS * STEP)
    assert track.fresh
    assert track.age == CONFIRMATIONS


def test_a_flickering_detection_is_never_confirmed() -> None:
    tracker = Tracker(CONFIG)
    for index in range(60):
        seen = (face(),) if index % 20 == 0 else ()
        assert see(tracker, seen, index * STEP) == ()


def test_ids_are_random_and_never_repeat() -> None:
    ids = set()
    for _ in range(50):
        _, (track,) = settled(Tracker(CONFIG), face())
        assert len(track.id) == 16
        ids.add(track.id)
    assert len(ids) == 50


def test_a_person_who_leaves_and_returns_has_a_new_track() -> None:
    tracker = Tracker(CONFIG)
    at, (first,) = settled(tracker, face())
    assert see(tracker, (), at + CONFIG.absence_s + 0.01) == ()
    _, (second,) = settled(tracker, face(), start=at + 2)
    assert first.id != second.id


def test_absence_is_measured_in_seconds_at_any_frame_rate() -> None:
    for step in (0.01, 0.05, 0.3):
        tracker = Tracker(CONFIG)
        at, _ = settled(tracker, face())
        last = at - STEP
        while see(tracker, (), at):
            at += step
        assert CONFIG.absence_s < at - last <= CONFIG.absence_s + step + 1e-6


def test_a_face_that_is_missed_once_keeps_its_track_unseen() -> None:
    tracker = Tracker(CONFIG)
    at, (before,) = settled(tracker, face())
    (missed,) = see(tracker, (), at)
    assert missed.id == before.id
    assert not missed.fresh
    assert missed.face.score == UNSEEN
    (again,) = see(tracker, (face(),), at + STEP)
    assert again.id == before.id
    assert again.fresh


def test_a_walking_face_moves_on_at_its_velocity_between_detections() -> None:
    tracker = Tracker(CONFIG)
    speed = 240.0
    for index in range(8):
        see(tracker, (face(x=100 + speed * index * STEP),), index * STEP)
    at = 7 * STEP + 0.1
    (carried,) = see(tracker, None, at)
    truth = face(x=100 + speed * at)
    assert not carried.fresh
    assert carried.face.score > UNSEEN
    assert carried.face.box.iou(truth.box) > 0.8
    assert np.abs(carried.face.keypoints - truth.keypoints).max() < 10


def test_a_lost_face_does_not_drift_off() -> None:
    tracker = Tracker(VisionConfig(absence_s=10))
    for index in range(8):
        see(tracker, (face(x=100 + 300 * index * STEP),), index * STEP)
    (carried,) = see(tracker, None, 9.0)
    assert carried.face.box.centre[0] < 500


def test_only_the_nearest_are_tracked_and_the_nearest_first() -> None:
    tracker = Tracker(VisionConfig(max_faces=2))
    faces = (face(x=100, side=40), face(x=300, side=120), face(x=500, side=80))
    _, tracks = settled(tracker, *faces)
    assert [round(t.face.box.w) for t in tracks] == [120, 80]


def test_two_faces_side_by_side_keep_their_ids() -> None:
    tracker = Tracker(CONFIG)
    at, (left, right) = settled(tracker, face(x=250), face(x=370, side=99))
    for index in range(20):
        pair = (face(x=370, side=99), face(x=250))
        tracks = see(tracker, pair, at + index * STEP)
        assert [t.id for t in tracks] == [left.id, right.id]


def test_a_face_of_another_size_in_the_same_place_has_another_track() -> None:
    tracker = Tracker(CONFIG)
    at, (near,) = settled(tracker, face(side=150))
    _, tracks = settled(tracker, face(side=50), start=at)
    assert near.id not in {t.id for t in tracks if t.fresh}


def test_clearing_drops_every_track() -> None:
    tracker = Tracker(CONFIG)
    at, _ = settled(tracker, face())
    tracker.clear()
    assert see(tracker, None, at) == ()
    assert tracker.due(at)


def test_detection_is_rare_while_nobody_is_there() -> None:
    tracker = Tracker(CONFIG)
    runs = 0
    for index in range(150):
        if tracker.due(index * STEP):
            runs += 1
            see(tracker, (), index * STEP)
    assert runs <= 150 * STEP / CONFIG.detect_every_s + 1


def test_a_still_face_is_detected_rarely_and_a_fast_one_on_every_frame() -> None:
    for speed, often in ((0.0, False), (400.0, True)):
        tracker = Tracker(CONFIG)
        for index in range(8):
            see(tracker, (face(x=100 + speed * index * STEP),), index * STEP)
        assert tracker.due(8 * STEP) is often


def test_a_face_that_is_new_or_just_lost_is_detected_on_every_frame() -> None:
    tracker = Tracker(CONFIG)
    see(tracker, (face(),), 0.0)
    assert tracker.due(STEP)
    at, _ = settled(tracker, face(), start=STEP)
    assert not tracker.due(at)
    see(tracker, (), at)
    assert tracker.due(at + STEP)


def test_a_cut_to_another_view_is_followed_within_a_few_frames() -> None:
    tracker = Tracker(CONFIG)
    at, _ = settled(tracker, face())
    there = face(x=345, side=130)
    box = face().box
    for index in range(6):
        seen = (there,) if tracker.due(at + index * STEP) else None
        (track,) = see(tracker, seen, at + index * STEP)
        box = track.face.box
    assert box.iou(there.box) > 0.85


def test_frame_times_that_start_again_do_not_stop_detection() -> None:
    tracker = Tracker(CONFIG)
    settled(tracker, face(), start=1000.0)
    assert tracker.due(0.0)


@pytest.mark.parametrize(("missed", "least"), [(0.0, 19), (0.1, 18), (0.2, 16)])
def test_people_who_cross_keep_their_tracks(missed: float, least: int) -> None:
    kept = 0
    for seed in range(20):
        crossing, tracker = Crossing(seed), Tracker(VisionConfig())
        detector = NoisyDetector(crossing, missed)
        kept += kept_apart(
            crossing,
            lambda at, t=tracker, d=detector: see(t, d.detect(at) if t.due(at) else None, at),
        )
    assert kept >= least


@pytest.mark.slow
def test_photographed_people_who_cross_keep_their_tracks(face_models: Path) -> None:
    scene, detector, mesh = Scene(), BlazeFace(face_models), FaceMesh(face_models)
    kept = 0
    for seed in range(10):
        crossing = Crossing(seed)
        faces = FacePipeline(detector, Choice("blazeface", ""), mesh, VisionConfig())
        kept += kept_apart(crossing, lambda at, f=faces, c=crossing: f.track(scene.view(c, at)))
    assert kept >= 8
