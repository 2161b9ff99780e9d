"""One person comes in by a code that is used up, for a quarter of an hour at most."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from device.setup.door import IDLE_S, OPEN_S, PAUSE_S, TRIES, Door, RefusedError
from tests.device.setup.opened import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> Door:
    return Door(clock)


def refused(door: Door, code: str) -> HTTPStatus:
    with pytest.raises(RefusedError) as error:
        door.enter(code, "192.168.1.66")
    return error.value.status


def wrong(door: Door) -> str:
    return f"{(int(door.code) + 1) % 10**8:08}"


def test_the_code_on_the_screen_lets_one_person_in_however_it_is_typed(door: Door) -> None:
    code = door.code
    token = door.enter(f" {code[:4]} {code[4:]} ", "192.168.1.20")
    door.check(token)
    assert door.who == "192.168.1.20"
    assert door.code == ""


def test_a_code_that_was_used_is_no_code_any_more(door: Door, clock: Clock) -> None:
    code = door.code
    door.enter(code, "192.168.1.20")
    assert refused(door, code) is HTTPStatus.CONFLICT
    clock.now += IDLE_S + 1
    assert door.code != code
    assert refused(door, code) is HTTPStatus.FORBIDDEN


def test_a_session_that_is_silent_ends_and_one_that_is_used_goes_on(
    door: Door, clock: Clock
) -> None:
    token = door.enter(door.code, "192.168.1.20")
    for _ in range(3):
        clock.now += IDLE_S - 1
        door.check(token)
    clock.now += IDLE_S + 1
    with pytest.raises(RefusedError):
        door.check(token)
    assert door.who == ""
    other = door.enter(door.code, "192.168.1.21")
    with pytest.raises(RefusedError):
        door.check(token)
    door.check(other)


def test_after_some_wrong_codes_nobody_can_try_for_a_while(door: Door, clock: Clock) -> None:
    for _ in range(TRIES):
        assert refused(door, wrong(door)) is HTTPStatus.FORBIDDEN
    assert refused(door, door.code) is HTTPStatus.TOO_MANY_REQUESTS
    clock.now += PAUSE_S
    door.enter(door.code, "192.168.1.20")


def test_no_more_than_150_codes_can_be_tried_while_it_is_open(door: Door, clock: Clock) -> None:
    tried = 0
    while door.left_s:
        if refused(door, wrong(door)) is HTTPStatus.FORBIDDEN:
            tried += 1
        else:
            clock.now += 1
    assert tried == 150


def test_wrong_codes_do_not_disturb_who_is_in(door: Door) -> None:
    token = door.enter(door.code, "192.168.1.20")
    for _ in range(2 * TRIES):
        refused(door, "00000000")
    door.check(token)


def test_it_closes_after_a_quarter_of_an_hour_whoever_is_in(door: Door, clock: Clock) -> None:
    token = door.enter(door.code, "192.168.1.20")
    for _ in range(15):
        door.check(token)
        clock.now += 60
    assert clock.now == 1000 + OPEN_S
    with pytest.raises(RefusedError):
        door.check(token)
    assert refused(door, door.code) is HTTPStatus.GONE


def test_what_is_no_code_is_refused_as_a_wrong_one(door: Door) -> None:
    for junk in ("", "ä" * 8, "१२३४५६७८"):
        assert refused(door, junk) is HTTPStatus.FORBIDDEN
