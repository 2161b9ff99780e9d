"""One call of the mesh model verifies a detection and measures the eyes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.faces.blazeface import BlazeFace
from device.faces.inspect import EYES_S, VERIFIED_S, Inspector
from device.faces.tracks import Candidate, Inspection
from device.values import Face, Frame
from tests.device.faces.counting import CountingMesh
from tests.device.faces.fakes import face_at


@pytest.fixture(scope="module")
def face(face_models: Path, hopper: Frame) -> Face:
    (found,) = BlazeFace(face_models).detect(hopper)
    return found


@pytest.fixture
def mesh(face_models: Path) -> CountingMesh:
    return CountingMesh(face_models)


def blank(frame: Frame, at: float) -> Frame:
    """A frame of the same size in which there is nothing."""
    return Frame(np.full_like(frame.grey, 140), np.full_like(frame.rgb, 140), at)


def inspected(inspector: Inspector, frame: Frame, candidate: Candidate) -> Inspection | None:
    """The inspection that a candidate leaves with; None where it is rejected."""
    found = inspector.inspect(frame, (candidate,))
    return found[0].inspection if found else None


def test_a_phantom_is_rejected(mesh: CountingMesh, hopper: Frame, face: Face) -> None:
    real, phantom = Candidate("a", face), Candidate("b", face_at(80, 520, 90))
    found = Inspector(mesh).inspect(hopper, (real, phantom))
    assert [candidate.track_id for candidate in found] == ["a"]


def test_open_eyes_are_measured_open_by_the_same_call(
    mesh: CountingMesh, hopper: Frame, face: Face
) -> None:
    inspection = inspected(Inspector(mesh), hopper, Candidate("a", face))
    assert inspection is not None
    assert inspection.eyes_open is not None
    assert inspection.eyes_open > 0.6
    assert mesh.calls == 1


@pytest.mark.parametrize(("eyes", "calls"), [(True, 10 / EYES_S), (False, 10 / VERIFIED_S)])
def test_a_face_that_stays_is_inspected_no_more_often_than_needed(
    mesh: CountingMesh, hopper: Frame, face: Face, *, eyes: bool, calls: float
) -> None:
    inspector, inspection = Inspector(mesh, eyes=eyes), None
    for index in range(300):
        frame = Frame(hopper.grey, hopper.rgb, 100 + index / 30)
        inspection = inspected(inspector, frame, Candidate("a", face, inspection))
        assert inspection is not None
        assert (inspection.eyes_open is not None) is eyes
    assert calls - 1 <= mesh.calls <= calls + 1


def test_a_verified_face_is_not_rejected_within_a_second(
    mesh: CountingMesh, hopper: Frame, face: Face
) -> None:
    inspector = Inspector(mesh)
    first = inspected(inspector, hopper, Candidate("a", face))
    turned_away = inspected(inspector, blank(hopper, 0.6), Candidate("a", face, first))
    assert turned_away is not None
    assert turned_away.eyes_open is None
    gone = Candidate("a", face, turned_away)
    assert inspected(inspector, blank(hopper, VERIFIED_S), gone) is None


def test_the_eyes_of_a_small_face_are_not_measured(
    mesh: CountingMesh, hopper: Frame, face: Face
) -> None:
    small = replace(face, keypoints=face.keypoints * np.float32(0.1), score=1.0)
    inspection = inspected(Inspector(mesh), hopper, Candidate("a", small))
    assert inspection is not None
    assert inspection.eyes_open is None


def test_a_clip_that_starts_again_is_inspected_again(
    mesh: CountingMesh, hopper: Frame, face: Face
) -> None:
    later = Inspection(at=50.0, verified_at=50.0, eyes_open=1.0)
    assert inspected(Inspector(mesh), hopper, Candidate("a", face, later)) is not None
    assert mesh.calls == 1
