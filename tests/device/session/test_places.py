"""Whether a new face goes on where another was lost; places are in heights of the frame."""

from __future__ import annotations

from dataclasses import replace

import pytest

from device.audience.group import audience_of
from device.config import SessionConfig
from device.session.places import AWAY_S, JUDGED_S, Places
from device.values import Audience, Box
from tests.device.audience.people import holds, visitor

STEP = 1 / 15
FACE = Box(0.5, 0.3, 0.2, 0.2)


class Spot:
    """Places that are asked fifteen times a second."""

    def __init__(self) -> None:
        self.places = Places(SessionConfig())
        self.at = 100.0

    def shows(self, track_id: str, *boxes: Box, seconds: float = 2.0, faces_a_second: float = 0.0):
        """A face stands at each box, or goes to the right from there."""
        for turn in range(round(seconds / STEP)):
            self.at += STEP
            off = faces_a_second * turn * STEP
            placed = (replace(box, x=box.x + off * box.w) for box in boxes)
            people = [visitor(f"{track_id}{n}", place=p) for n, p in enumerate(placed)]
            self.places.update(audience_of(tuple(people)), self.at)
        return self.places.there

    def is_empty(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self.at += STEP
            self.places.update(Audience(), self.at)


def moved(box: Box, *, across: float = 0.0, down: float = 0.0, larger: float = 1.0) -> Box:
    """Shifts are in sizes of the face."""
    (x, y), side = box.centre, box.w * larger
    return Box(x + across * box.w - side / 2, y + down * box.w - side / 2, side, side)


@pytest.mark.parametrize("gone_s", [0.2, 3, 10, 25])
@pytest.mark.parametrize(
    "again", [FACE, moved(FACE, across=0.4), moved(FACE, down=-0.4), moved(FACE, larger=1.4)]
)
def test_a_face_that_is_lost_in_place_goes_on_there(again: Box, gone_s: float) -> None:
    spot = Spot()
    number = spot.shows("a", FACE)
    spot.is_empty(gone_s)
    assert spot.places.covered == number
    assert spot.shows("b", again) == number
    assert spot.places.covered == frozenset()


@pytest.mark.parametrize(
    "other", [moved(FACE, across=1), moved(FACE, down=0.8), moved(FACE, larger=1.8)]
)
def test_a_face_at_another_place_or_of_another_size_is_somebody_new_at_once(other: Box) -> None:
    spot = Spot()
    number = spot.shows("a", FACE)
    spot.is_empty(1)
    assert not spot.shows("b", other, seconds=STEP) & number
    assert spot.places.judged


def test_a_face_that_moves_on_where_another_was_lost_is_somebody_new() -> None:
    spot = Spot()
    number = spot.shows("a", FACE)
    spot.is_empty(1)
    coming = moved(FACE, across=-0.3)
    assert not spot.shows("b", coming, seconds=JUDGED_S / 2, faces_a_second=2)
    assert not spot.places.judged
    there = spot.shows("c", coming, seconds=JUDGED_S + 2 * STEP, faces_a_second=2)
    assert spot.places.judged
    assert not there & number


@pytest.mark.parametrize(("gone_s", "goes_on"), [(AWAY_S - 0.5, True), (AWAY_S + 0.5, False)])
def test_who_steps_aside_goes_on_by_the_same_way_and_in_time(gone_s: float, goes_on: bool) -> None:
    spot = Spot()
    number = spot.shows("a", FACE)
    spot.shows("a", FACE, seconds=1, faces_a_second=3)
    spot.is_empty(gone_s)
    there = spot.shows("b", moved(FACE, across=2.8), seconds=1, faces_a_second=-3)
    assert (there == number) is goes_on


@pytest.mark.parametrize("other", [moved(FACE, down=-0.5), moved(FACE, larger=1.8)])
def test_who_comes_by_the_same_way_taller_or_nearer_is_somebody_new(other: Box) -> None:
    spot = Spot()
    number = spot.shows("a", FACE)
    spot.shows("a", FACE, seconds=1, faces_a_second=3)
    spot.is_empty(1)
    there = spot.shows("b", moved(other, across=2.8), seconds=1, faces_a_second=-3)
    assert not there & number


def test_of_two_who_come_back_each_goes_on_at_their_own_place() -> None:
    spot = Spot()
    beside = moved(FACE, across=1.5)
    numbers = spot.shows("a", FACE, beside)
    alone = spot.shows("a", FACE)
    spot.is_empty(2)
    assert spot.shows("b", beside, FACE) == numbers
    assert spot.shows("b", beside) == numbers - alone


def test_the_same_track_is_the_same_person_wherever_it_is_seen_again() -> None:
    spot = Spot()
    number = spot.shows("a", FACE)
    spot.is_empty(1)
    assert spot.shows("a", moved(FACE, across=5), seconds=STEP) == number


def test_the_id_of_a_lost_track_is_forgotten_first_and_then_its_place() -> None:
    spot, config = Spot(), SessionConfig()
    spot.shows("left-visitor", FACE)
    spot.is_empty(config.leave_s + STEP)
    assert not holds(spot.places, "left-visitor")
    assert spot.places.covered
    spot.is_empty(config.linger_s - config.leave_s + JUDGED_S)
    assert not spot.places.covered


def test_a_picture_of_a_face_is_not_behind_a_phone() -> None:
    spot = Spot()
    number = spot.shows("poster", FACE)
    spot.places.update(replace(Audience(), still=("poster0",)), spot.at + STEP)
    assert spot.places.pictures == number
    assert not spot.places.covered


def test_whoever_is_only_heard_has_no_number() -> None:
    spot = Spot()
    heard = replace(visitor("microphone"), place=None)
    spot.places.update(audience_of((heard,)), spot.at + STEP)
    assert spot.places.there == frozenset()
    assert spot.places.judged
