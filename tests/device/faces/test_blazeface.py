"""BlazeFace by LiteRT: a face is found at any position, size and shape of view."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera.demo import PHOTOGRAPHS
from device.camera.images import frame_of
from device.errors import UserError
from device.faces.blazeface import MODEL_FILES, BlazeFace, Range, anchors
from device.values import Box, Frame, Image

REACHES: tuple[Range, ...] = ("far", "near")


def known_box() -> Box:
    photo = PHOTOGRAPHS[0]
    side = photo.height
    return Box(photo.x - side / 2, photo.y - side / 2, side, side)


def moved(picture: Image, scale: float, x: float, y: float, size: tuple[int, int]) -> Frame:
    placing = np.array([[scale, 0, x], [0, scale, y]], np.float64)
    view = cv2.warpAffine(picture, placing, size, flags=cv2.INTER_AREA, borderValue=(128,) * 3)
    return frame_of(np.asarray(view, np.uint8), 0.0)


@pytest.mark.parametrize("reach", REACHES)
def test_there_is_an_anchor_for_each_box_of_the_model(reach: Range) -> None:
    centres = anchors(MODEL_FILES[reach].grids)
    assert len(centres) == {"far": 2304, "near": 896}[reach]
    assert ((centres > 0) & (centres < 1)).all()


@pytest.mark.parametrize("reach", REACHES)
def test_a_portrait_has_one_face_with_its_keypoints_in_place(
    face_models: Path, hopper: Frame, reach: Range
) -> None:
    (face,) = BlazeFace(face_models, reach=reach).detect(hopper)
    assert face.box.iou(known_box()) > 0.6
    assert face.score > 0.8
    right_eye, left_eye, nose, mouth, right_ear, left_ear = face.keypoints
    assert right_ear[0] < right_eye[0] < nose[0] < left_eye[0] < left_ear[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < mouth[1]


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("size", [(640, 480), (480, 640), (700, 400), (500, 500)])
def test_the_box_follows_the_face_in_a_view_of_any_shape(
    face_models: Path, hopper: Frame, reach: Range, size: tuple[int, int]
) -> None:
    detector = BlazeFace(face_models, reach=reach)
    (face,) = detector.detect(hopper)
    scale = 0.9 * 400 / hopper.rgb.shape[0]
    for x, y in ((0.0, 0.0), (61.0, 23.0)):
        (found,) = detector.detect(moved(hopper.rgb, scale, x, y, size))
        box = face.box
        there = Box(box.x * scale + x, box.y * scale + y, box.w * scale, box.h * scale)
        assert found.box.iou(there) > 0.6


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("size", [(1, 1), (1, 900), (640, 480)])
def test_no_face_is_found_in_an_empty_view(
    face_models: Path, reach: Range, size: tuple[int, int]
) -> None:
    empty = np.full((size[1], size[0], 3), 150, np.uint8)
    assert BlazeFace(face_models, reach=reach).detect(frame_of(empty, 0.0)) == ()


def test_the_letterbox_of_one_view_does_not_affect_the_next(
    face_models: Path, hopper: Frame
) -> None:
    used, fresh = BlazeFace(face_models), BlazeFace(face_models)
    used.detect(moved(hopper.rgb, 1.0, 0, 0, (400, 700)))
    wide = moved(hopper.rgb, 0.6, 100, 0, (640, 300))
    (a,), (b,) = used.detect(wide), fresh.detect(wide)
    assert a.box == b.box


def test_a_higher_threshold_drops_faces_below_it(face_models: Path, hopper: Frame) -> None:
    (face,) = BlazeFace(face_models, threshold=0.1).detect(hopper)
    above = min(0.95, face.score + 0.02)
    found = BlazeFace(face_models, threshold=above).detect(hopper)
    assert all(f.score >= above for f in found)


def test_another_model_under_the_same_name_is_refused(face_models: Path, tmp_path: Path) -> None:
    wrong = (face_models / "face_landmark.tflite").read_bytes()
    (tmp_path / MODEL_FILES["near"].name).write_bytes(wrong)
    with pytest.raises(UserError, match="no input `input`") as error:
        BlazeFace(tmp_path, reach="near")
    assert "\n" not in str(error.value)
