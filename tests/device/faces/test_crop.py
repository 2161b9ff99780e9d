"""The cropper: an upright face with the same framing from any picture, and its trust."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.camera.images import frame_of
from device.faces.blazeface import KEYPOINTS, BlazeFace
from device.faces.crop import CROP_SIZE, crop_face, framing_of, trust_of
from device.values import Box, Face, Frame, Image


def turned(picture: Image, degrees: float, scale: float = 1.0) -> Frame:
    height, width = picture.shape[:2]
    placing = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    view = cv2.warpAffine(picture, placing, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return frame_of(np.asarray(view, np.uint8), 0.0)


def likeness(one: Image, other: Image) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.fixture(scope="module")
def detector(face_models: Path) -> BlazeFace:
    return BlazeFace(face_models)


@pytest.fixture(scope="module")
def face(detector: BlazeFace, hopper: Frame) -> Face:
    (found,) = detector.detect(hopper)
    return found


@pytest.mark.parametrize("degrees", [-25, -10, 10, 25])
def test_a_tilted_head_is_rotated_upright(
    detector: BlazeFace, hopper: Frame, face: Face, degrees: float
) -> None:
    tilted = turned(hopper.rgb, degrees)
    (found,) = detector.detect(tilted)
    roll = math.degrees(framing_of(face).roll)
    assert math.degrees(framing_of(found).roll) == pytest.approx(roll - degrees, abs=6)
    upright = crop_face(hopper.grey, face)
    straightened = likeness(crop_face(tilted.grey, found), upright)
    assert straightened > likeness(crop_face(tilted.grey, face), upright)
    assert straightened > 0.6


@pytest.mark.parametrize("scale", [0.3, 0.5, 0.8])
def test_a_face_has_the_same_framing_near_and_far(
    detector: BlazeFace, hopper: Frame, face: Face, scale: float
) -> None:
    (found,) = detector.detect(turned(hopper.rgb, 0, scale))
    assert framing_of(found).side == pytest.approx(framing_of(face).side * scale, rel=0.15)


def test_both_models_give_a_face_the_same_framing(
    face_models: Path, hopper: Frame, face: Face
) -> None:
    (near,) = BlazeFace(face_models, reach="near").detect(hopper)
    one, other = framing_of(near), framing_of(face)
    assert one.side == pytest.approx(other.side, rel=0.15)
    assert math.hypot(one.x - other.x, one.y - other.y) < 0.1 * other.side


def test_a_crop_shows_the_square_that_its_framing_names(hopper: Frame, face: Face) -> None:
    framing = framing_of(face)
    marked = np.zeros_like(hopper.grey)
    cv2.circle(marked, (round(framing.x), round(framing.y)), round(framing.side / 4), (255,), -1)
    crop = crop_face(marked, face)
    rows, columns = np.nonzero(crop > 127)
    assert rows.mean() == pytest.approx((CROP_SIZE - 1) / 2, abs=0.6)
    assert columns.mean() == pytest.approx((CROP_SIZE - 1) / 2, abs=0.6)
    assert len(rows) == pytest.approx(math.pi * (CROP_SIZE / 4) ** 2, rel=0.05)


def test_a_large_face_is_averaged_down_and_stays_in_place(hopper: Frame, face: Face) -> None:
    plain = crop_face(hopper.grey, face)
    height, width = hopper.grey.shape
    large = cv2.resize(hopper.grey, (width * 3, height * 3), interpolation=cv2.INTER_LINEAR)
    box = face.box
    # A pixel's middle lies half a pixel in, so that 0 becomes 1.
    points = face.keypoints * np.float32(3) + 1
    larger = Face(Box(box.x * 3, box.y * 3, box.w * 3, box.h * 3), points, 1.0, KEYPOINTS)
    again = crop_face(np.asarray(large, np.uint8), larger)
    assert np.abs(again.astype(int) - plain.astype(int)).mean() < 2.5


def test_fine_stripes_do_not_alias_into_a_crop(face: Face, hopper: Frame) -> None:
    stripes = np.zeros_like(hopper.grey)
    stripes[:, ::2] = 255
    crop = crop_face(stripes, face)
    assert framing_of(face).side > 2 * CROP_SIZE
    assert crop.std() < 30


@settings(max_examples=60, deadline=None)
@given(st.floats(-900, 900), st.floats(-900, 900), st.floats(0.01, 8), st.floats(-3.1, 3.1))
def test_a_face_anywhere_even_outside_the_picture_gives_a_whole_crop(
    x: float, y: float, scale: float, roll: float
) -> None:
    grey = np.random.default_rng(0).integers(0, 255, (120, 160), np.uint8)
    shape = np.array([[-20, -20], [20, -20], [0, 0], [0, 25], [-45, -8], [45, -8]], np.float32)
    cos, sin = math.cos(roll) * scale, math.sin(roll) * scale
    points = shape @ np.array([[cos, sin], [-sin, cos]], np.float32) + np.array([x, y], np.float32)
    crop = crop_face(grey, Face(Box(x - 45, y - 45, 90, 90), points, 0.9, KEYPOINTS))
    assert crop.shape == (CROP_SIZE, CROP_SIZE)
    assert crop.dtype == np.uint8


def test_identical_keypoints_still_give_a_crop() -> None:
    face = Face(Box(10, 10, 0, 0), np.full((6, 2), 10, np.float32), 0.9, KEYPOINTS)
    crop = crop_face(np.zeros((20, 20), np.uint8), face)
    assert crop.shape == (CROP_SIZE, CROP_SIZE)
    assert trust_of(crop, face) == 0


def test_a_near_sharp_frontal_face_is_trusted(hopper: Frame, face: Face) -> None:
    assert trust_of(crop_face(hopper.grey, face), face) > 0.9


def test_a_small_face_is_trusted_less(hopper: Frame, face: Face) -> None:
    crop = crop_face(hopper.grey, face)
    trusts = []
    for side in (40, 26, 16):
        scale = np.float32(side / framing_of(face).side)
        trusts.append(trust_of(crop, replace(face, keypoints=face.keypoints * scale)))
    assert trusts[0] > trusts[1] > trusts[2]
    assert trusts[2] < 0.3


def test_a_blurred_face_is_trusted_less(hopper: Frame, face: Face) -> None:
    side = framing_of(face).side
    trusts = []
    for blur in (0.0, 0.04, 0.1):
        grey = cv2.GaussianBlur(hopper.grey, (0, 0), max(0.01, blur * side))
        trusts.append(trust_of(crop_face(np.asarray(grey, np.uint8), face), face))
    assert trusts[0] > trusts[1] > trusts[2]
    assert trusts[2] < 0.2


def test_a_face_that_turns_away_is_trusted_less(hopper: Frame, face: Face) -> None:
    crop = crop_face(hopper.grey, face)
    trusts = []
    for turn in (0.0, 0.5, 0.9):
        points = face.keypoints.copy()
        points[2] += np.float32(turn) * (points[4] - points[2])
        trusts.append(trust_of(crop, replace(face, keypoints=points)))
    assert trusts[0] > trusts[1] > trusts[2]
    assert trusts[2] < 0.3


def test_a_dark_crop_has_no_trust(face: Face) -> None:
    assert trust_of(np.full((CROP_SIZE, CROP_SIZE), 3, np.uint8), face) == 0
