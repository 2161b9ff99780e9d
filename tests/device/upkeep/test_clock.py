"""The wall clock of a board whose clock does not run without power."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from device.upkeep.clock import EARLIEST, WallClock, synchronised

NOON = datetime(2027, 5, 1, 12, tzinfo=UTC)


class World:
    """Both clocks and the answer about them, as a test wants them."""

    def __init__(self, synchronised: bool | None) -> None:
        self.monotonic = 10.0
        self.wall = NOON.timestamp()
        self.synchronised = synchronised
        self.asked = 0

    def ask(self) -> bool | None:
        self.asked += 1
        return self.synchronised

    def clock(self, wait_s: float = 60) -> WallClock:
        return WallClock(wait_s, ask=self.ask, clock=lambda: self.monotonic, wall=lambda: self.wall)


def test_there_is_no_time_until_the_clock_is_synchronised() -> None:
    world = World(synchronised=False)
    clock = world.clock()
    assert clock.now(UTC) is None  # failure 20
    assert clock.state == "waiting"
    assert "60 s" in clock.reason


def test_there_is_a_time_as_soon_as_the_clock_is_synchronised() -> None:
    world = World(synchronised=False)
    clock = world.clock()
    assert clock.now(UTC) is None
    world.synchronised, world.monotonic = True, world.monotonic + 2
    assert clock.now(timezone(timedelta(hours=8))) == NOON
    assert clock.state == "synchronised"


def test_the_wait_is_bounded_and_its_end_is_explained() -> None:
    world = World(synchronised=False)
    clock = world.clock(wait_s=60)
    world.monotonic += 59
    assert clock.now(UTC) is None
    world.monotonic += 2
    assert clock.now(UTC) == NOON  # failure 20
    assert clock.state == "unknown"
    assert "time server" in clock.reason


def test_a_late_synchronisation_is_noticed() -> None:
    world = World(synchronised=False)
    clock = world.clock(wait_s=5)
    world.monotonic += 6
    clock.now(UTC)
    world.synchronised, world.monotonic = True, world.monotonic + 3600
    clock.now(UTC)
    assert clock.state == "synchronised"


def test_a_system_that_does_not_report_synchronisation_is_not_waited_for() -> None:
    clock = World(synchronised=None).clock()
    assert clock.now(UTC) == NOON
    assert clock.state == "unknown"


def test_a_clock_older_than_the_program_is_never_used() -> None:
    world = World(synchronised=None)
    world.wall = EARLIEST - 1
    assert world.clock().now(UTC) is None


def test_a_jump_of_hours_has_no_effect_on_durations() -> None:
    world = World(synchronised=False)  # failure 21
    clock = world.clock(wait_s=60)
    clock.now(UTC)
    world.wall += 7200
    world.monotonic += 1
    assert clock.now(UTC) is None
    world.wall -= 90000
    world.monotonic += 60
    assert clock.now(UTC) is not None


def test_the_system_is_asked_once_a_second_at_most() -> None:
    world = World(synchronised=False)
    clock = world.clock()
    for _ in range(100):
        clock.now(UTC)
        world.monotonic += 0.05
    assert world.asked == pytest.approx(5, abs=1)


def test_the_file_of_timesyncd_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "synchronized"
    file.touch()
    assert synchronised(file) is True


def test_without_that_file_the_kernel_is_asked(tmp_path: Path) -> None:
    assert synchronised(tmp_path / "absent") in (True, False, None)
