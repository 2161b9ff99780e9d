"""The face pipeline: phantoms are no visitors, and detectors may have other keypoints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera.images import frame_of
from device.config import VisionConfig
from device.faces.blazeface import BlazeFace
from device.faces.crop import crop_face, framing_of, trust_of
from device.faces.detect import Choice, Detector
from device.faces.inspect import VERIFIED_S
from device.faces.pipeline import FacePipeline
from device.faces.stillness import STILL_S
from device.faces.tracks import UNSEEN
from device.values import Box, Face, Frame, KeypointLayout, Track
from tests.device.faces.counting import CountingMesh
from tests.device.faces.fakes import FakeDetector, face_at

STEP = 1 / 15
VISION = VisionConfig()
CHOICE = Choice("fake", "the test's own")
PHANTOM = face_at(80, 520, 90)
"""Where the photograph shows a uniform."""


@pytest.fixture
def mesh(face_models: Path) -> CountingMesh:
    return CountingMesh(face_models)


def pipeline_of(detector: Detector, mesh: CountingMesh) -> FacePipeline:
    return FacePipeline(detector, CHOICE, mesh, VISION)


def watch(pipeline: FacePipeline, view: Frame, seconds: float, start: float = 0) -> list[Track]:
    """The tracks of the last of the frames that show this view for so long."""
    tracks: tuple[Track, ...] = ()
    for index in range(round(seconds / STEP)):
        tracks = pipeline.track(Frame(view.grey, view.rgb, start + index * STEP))
    return list(tracks)


def test_a_phantom_never_becomes_a_visitor_and_a_face_does(
    mesh: CountingMesh, hopper: Frame
) -> None:
    real = face_at(266, 240, 200)
    (track,) = watch(pipeline_of(FakeDetector(real, PHANTOM), mesh), hopper, 3)
    assert track.face.box.iou(real.box) > 0.9
    assert track.eyes_open is not None


def test_a_phantom_does_not_make_the_detector_run_more_often(
    mesh: CountingMesh, hopper: Frame
) -> None:
    assert watch(pipeline_of(FakeDetector(PHANTOM), mesh), hopper, 10) == []
    assert mesh.calls <= 10 / VISION.detect_every_s + 1


def test_a_face_that_is_replaced_by_a_phantom_is_dropped_before_long(
    mesh: CountingMesh, hopper: Frame
) -> None:
    pipeline = pipeline_of(FakeDetector(face_at(266, 240, 200)), mesh)
    assert watch(pipeline, hopper, 1)
    wall = frame_of(np.full_like(hopper.rgb, 140), 0.0)
    (track,) = watch(pipeline, wall, VERIFIED_S + 0.5, start=1)
    assert track.face.score == UNSEEN
    assert watch(pipeline, wall, VISION.absence_s, start=1 + VERIFIED_S + 0.5) == []


def test_a_walking_face_is_not_verified_at_every_step(mesh: CountingMesh, hopper: Frame) -> None:
    detector = FakeDetector()
    pipeline = FacePipeline(detector, CHOICE, mesh, VISION, eyes=False)
    for step in range(10):
        detector.faces = (face_at(266 + 10 * step, 240, 200),)
        pipeline.track(Frame(hopper.grey, hopper.rgb, step * STEP))
    assert mesh.calls == 1


def test_a_face_in_an_ignored_area_is_dropped_and_one_beside_it_stays(
    mesh: CountingMesh, hopper: Frame
) -> None:
    face = face_at(266, 240, 200)  # its centre is at (0.52, 0.4) of the photograph
    for area, found in (((0.5, 0.3, 0.1, 0.2), 0), ((0.6, 0.3, 0.4, 0.2), 1)):
        vision = VISION.model_copy(update={"ignore": (area,)})
        pipeline = FacePipeline(FakeDetector(face), CHOICE, mesh, vision)
        assert len(watch(pipeline, hopper, 1)) == found


def test_a_photograph_stays_tracked_as_a_still_face_and_lives_when_it_nears(
    mesh: CountingMesh, hopper: Frame
) -> None:
    height, width = hopper.grey.shape
    noise = np.random.default_rng(1).integers(-5, 6, hopper.rgb.shape, np.int8)
    detector = FakeDetector()
    pipeline = pipeline_of(detector, mesh)

    def seen(at: float, zoom: float = 1.0) -> tuple[Track, ...]:
        detector.faces = (face_at(width / 2 + 10 * zoom, height / 2 - 60 * zoom, 200 * zoom),)
        placing = np.array([[zoom, 0, (1 - zoom) * width / 2], [0, zoom, (1 - zoom) * height / 2]])
        view = cv2.warpAffine(hopper.rgb, placing, (width, height))
        there = np.roll(noise, round(1000 * at), axis=0)
        return pipeline.track(frame_of(cv2.add(view, there, dtype=cv2.CV_8U), at))

    tracks = [seen(index / 5) for index in range(round(5 * (STILL_S + 2)))]
    (track,) = tracks[-1]
    assert track.still
    assert not any(t.still for ts in tracks[: round(5 * STILL_S)] for t in ts)
    nearing = [seen(STILL_S + 2 + step / 5, zoom=1 - 0.04 * step) for step in range(1, 6)]
    assert [t.id for t in nearing[-1]] == [track.id]
    assert not nearing[-1][0].still


def test_a_single_picture_shows_only_verified_faces(mesh: CountingMesh, hopper: Frame) -> None:
    real = face_at(266, 240, 200)
    assert pipeline_of(FakeDetector(real, PHANTOM), mesh).find(hopper) == (real,)


def test_clearing_drops_every_track(mesh: CountingMesh, hopper: Frame) -> None:
    pipeline = pipeline_of(FakeDetector(face_at(266, 240, 200)), mesh)
    assert watch(pipeline, hopper, 1)
    pipeline.clear()
    assert pipeline.track(Frame(hopper.grey, hopper.rgb, 1.0)) == ()


FIVE_POINTS = KeypointLayout(
    eyes=(0, 1),
    nose=2,
    sides=(0, 1),
    turned=(0.5, 1.5),
    crop_side=4.35,
    crop_rise=0.37,
    mesh_side=1.2,
)


class FivePoints:
    """A detector of another family: eyes, nose and the corners of the mouth, and a larger box."""

    def __init__(self, models: Path) -> None:
        self._blazeface = BlazeFace(models)

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return tuple(self._five(face) for face in self._blazeface.detect(frame))

    def close(self) -> None:
        pass

    @staticmethod
    def _five(face: Face) -> Face:
        right_eye, left_eye, nose, mouth = face.keypoints[:4]
        half = (left_eye - right_eye) * np.float32(0.4)
        points = np.stack([right_eye, left_eye, nose, mouth - half, mouth + half])
        (x, y), side = face.box.centre, 1.25 * face.box.w
        box = Box(x - side / 2, y - side / 2, side, side)
        return Face(box, points, face.score, FIVE_POINTS)


def test_a_detector_with_five_keypoints_gives_the_same_crop_trust_and_eyes(
    face_models: Path, mesh: CountingMesh, hopper: Frame
) -> None:
    (six,) = BlazeFace(face_models).detect(hopper)
    (track,) = watch(pipeline_of(FivePoints(face_models), mesh), hopper, 1)
    five = track.face
    assert five.keypoints.shape == (5, 2)
    there, here = framing_of(six), framing_of(five)
    assert here.side == pytest.approx(there.side, rel=0.02)
    assert (here.x, here.y) == pytest.approx((there.x, there.y), abs=0.02 * there.side)
    assert trust_of(crop_face(hopper.grey, five), five) > 0.9
    assert track.eyes_open is not None
    assert track.eyes_open > 0.6


def test_a_face_without_ears_that_turns_away_is_trusted_less(
    face_models: Path, hopper: Frame
) -> None:
    (face,) = FivePoints(face_models).detect(hopper)
    crop, trusts = crop_face(hopper.grey, face), []
    for turn in (0.0, 0.5, 0.9):
        points = face.keypoints.copy()
        points[2] += np.float32(1.5 * turn) * (points[1] - points[2])
        trusts.append(trust_of(crop, replace(face, keypoints=points)))
    assert trusts[0] > trusts[1] > trusts[2]
