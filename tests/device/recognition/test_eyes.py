"""Open and closed eyes are told apart, seldom enough, and forgotten with their owner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.faces.blazeface import BlazeFace
from device.recognition.eyes import EVERY_S, LEFT, RIGHT, EyeWatch, openness_of
from device.values import Frame, Track
from tests.device.faces.counting import CountingMesh


def mesh_with(ratio: float) -> np.ndarray:
    """A mesh whose eyes, 20 pixels wide, are so far open."""
    landmarks = np.zeros((468, 3), np.float32)
    up = ratio * 20 / 2
    eye = np.array([[0, 0], [6, up], [14, up], [20, 0], [14, -up], [6, -up]], np.float32)
    for index in (RIGHT, LEFT):
        landmarks[list(index), :2] = eye
    return landmarks


def test_openness_goes_from_closed_to_open_and_no_further() -> None:
    values = [openness_of(mesh_with(ratio)) for ratio in (0.05, 0.16, 0.21, 0.26, 0.5)]
    assert values[0] == 0
    assert values[2] == pytest.approx(0.5, abs=0.02)
    assert values[-1] == 1
    assert values == sorted(values)


def test_an_eye_turned_away_does_not_close_the_other() -> None:
    landmarks = mesh_with(0.3)
    landmarks[list(LEFT), 1] = 0
    assert openness_of(landmarks) == 1


@pytest.fixture
def watch(face_models: Path) -> EyeWatch:
    return EyeWatch(CountingMesh(face_models))


@pytest.fixture
def track(face_models: Path, hopper: Frame) -> Track:
    (face,) = BlazeFace(face_models).detect(hopper)
    return Track("a", face, 9)


def at(frame: Frame, seconds: float) -> Frame:
    return Frame(frame.grey, frame.rgb, seconds)


def test_open_eyes_are_seen_open(watch: EyeWatch, track: Track, hopper: Frame) -> None:
    openness = watch.openness(hopper, track)
    assert openness is not None
    assert openness > 0.6


def test_eyes_are_looked_at_no_more_than_twice_a_second(
    watch: EyeWatch, track: Track, hopper: Frame
) -> None:
    for index in range(300):
        watch.openness(at(hopper, 100 + index / 30), track)
    assert isinstance(watch.mesh, CountingMesh)
    assert watch.mesh.looks <= 10 / EVERY_S + 1


def test_between_looks_the_last_answer_stands(watch: EyeWatch, track: Track, hopper: Frame) -> None:
    first = watch.openness(at(hopper, 0.0), track)
    blank = Frame(np.zeros_like(hopper.grey), np.zeros_like(hopper.rgb), EVERY_S / 2)
    assert watch.openness(blank, track) == first


def test_eyes_that_cannot_be_seen_are_unknown(watch: EyeWatch, track: Track, hopper: Frame) -> None:
    blank = Frame(np.zeros_like(hopper.grey), np.zeros_like(hopper.rgb), 0.0)
    assert watch.openness(blank, track) is None
    tiny = replace(track.face, keypoints=track.face.keypoints * np.float32(0.05))
    assert watch.openness(hopper, Track("b", tiny, 9)) is None


def test_a_track_that_has_died_is_forgotten(watch: EyeWatch, track: Track, hopper: Frame) -> None:
    watch.openness(hopper, track)
    watch.keep({"somebody else"})
    blank = Frame(np.zeros_like(hopper.grey), np.zeros_like(hopper.rgb), 0.01)
    assert watch.openness(blank, track) is None
