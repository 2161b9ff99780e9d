"""The health message: always built; what is unknown is null."""

from __future__ import annotations

import json
import logging

import pytest

from device.upkeep.health import BOARD, PARTS, Health
from device.upkeep.watchdog import Heartbeats


def test_the_message_holds_every_part_and_is_plain_json() -> None:
    message = Health("b1", Heartbeats(), {"fps": lambda: 14.9}).payload()
    assert set(message) == {"at", "boot", "uptime_s", "steps", *PARTS, *BOARD}
    assert json.loads(json.dumps(message))["fps"] == 14.9


def test_a_part_without_a_source_is_unknown_and_never_healthy() -> None:
    message = Health("b1", Heartbeats(), {}).payload()
    assert message["camera"] is None
    assert message["broker"] is None


def test_the_backend_is_read_for_every_message() -> None:
    backend = {"name": "edgetpu"}  # failure 3
    health = Health("b1", Heartbeats(), {"accelerator": lambda: dict(backend)})
    assert health.payload()["accelerator"] == {"name": "edgetpu"}
    backend.update(name="none", reason="no Edge TPU found; running on the CPU")  # failure 2
    assert health.payload()["accelerator"]["name"] == "none"


def test_a_lost_camera_is_a_state_and_not_a_hang() -> None:
    heartbeats = Heartbeats()
    heartbeats.expect("capture", within_s=6)
    message = Health(
        "b1", heartbeats, {"camera": lambda: {"state": "lost", "since_s": 12.0}}
    ).payload()
    assert message["camera"] == {"state": "lost", "since_s": 12.0}
    assert message["steps"]["capture"]["ok"] is True


def test_a_loop_that_hangs_is_named_with_its_age() -> None:
    now = [0.0]
    heartbeats = Heartbeats(lambda: now[0])
    heartbeats.expect("corridor", within_s=8)
    now[0] = 9.0
    message = Health("b1", heartbeats, {}).payload()
    assert message["steps"] == {"corridor": {"ok": False, "age_s": 9.0}}


def test_a_part_that_fails_is_unknown_without_effect_on_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> object:
        raise RuntimeError("the camera's thread is gone")

    health = Health("b1", Heartbeats(), {"camera": broken, "fps": lambda: 15.0})
    with caplog.at_level(logging.ERROR):
        first, second = health.payload(), health.payload()
    assert first["camera"] is None
    assert second["fps"] == 15.0
    assert [record.getMessage() for record in caplog.records] == [
        "health: the source of camera failed"
    ]


def test_a_misspelt_part_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="camra"):
        Health("b1", Heartbeats(), {"camra": lambda: None})


def test_uptime_is_monotonic_though_the_wall_clock_jumps() -> None:
    monotonic, wall = [50.0], [1_800_000_000.0]
    health = Health("b1", Heartbeats(), {}, clock=lambda: monotonic[0], wall=lambda: wall[0])
    monotonic[0] += 10
    wall[0] += 86400  # failure 21
    message = health.payload()
    assert message["uptime_s"] == 10.0
    assert message["at"].startswith("2027-01-16")
