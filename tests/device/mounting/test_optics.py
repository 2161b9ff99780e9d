"""Distances and heights, by a pinhole camera of known width."""

from __future__ import annotations

import math

import pytest

from device.faces.crop import framing_of
from device.mounting.optics import CROP_M, LEAST_PX, Optics
from device.values import Face
from tests.device.faces.fakes import face_at

OPTICS = Optics.of(62, 640, 480)


def at(distance: float, beside: float = 0.0, eyes: float = 0.5) -> Face:
    """A face at this distance, beside the axis to the right, with its eyes at a share of the
    height."""
    trial = face_at(320, 240, 100)
    box = 100 * OPTICS.focal_px * CROP_M / distance / framing_of(trial).side
    x = 320 + beside * OPTICS.focal_px / distance
    return face_at(x, eyes * 480 + 0.2 * box, box)


def test_a_camera_of_62_degrees_sees_so_far_and_so_wide() -> None:
    assert OPTICS.focal_px == pytest.approx(320 / math.tan(math.radians(31)))
    assert OPTICS.across == pytest.approx(62)
    assert OPTICS.down == pytest.approx(48.5, abs=0.1)
    assert 0.3 < OPTICS.near_m < 0.5
    assert 2.5 < OPTICS.far_m < 3.2


def test_a_camera_on_its_side_is_as_high_as_it_was_wide() -> None:
    turned = Optics.of(62, 480, 640, rotate=90)
    assert turned.focal_px == OPTICS.focal_px
    assert (turned.down, turned.across) == pytest.approx((OPTICS.across, OPTICS.down))


@pytest.mark.parametrize("distance", [0.5, 1.0, 2.5])
def test_a_face_is_as_far_away_as_its_size_says(distance: float) -> None:
    face = at(distance, beside=0.3)
    assert OPTICS.distance_m(face) == pytest.approx(distance)
    assert OPTICS.beside_m(face) == pytest.approx(0.3)


def test_a_face_at_the_far_end_has_just_enough_pixels() -> None:
    assert framing_of(at(OPTICS.far_m)).side == pytest.approx(LEAST_PX)


def test_whoever_is_smaller_is_lower_in_the_picture_by_what_the_distance_makes_of_it() -> None:
    low = OPTICS.below(at(2.0), 0.4)
    assert low == pytest.approx(0.5 + 0.4 * OPTICS.focal_px / 2.0 / 480)
    assert OPTICS.below(at(1.0), 0.4) > low


def test_the_mark_is_where_faces_can_be_read() -> None:
    wide = Optics.of(140, 640, 480)
    assert OPTICS.stand_m == 1.2
    assert wide.stand_m == wide.far_m < 1.2
