"""A rollout goes on while kiosks commit, and stops on failure or silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from device.fleet.manifest import Rollout
from tools.fleet.steps import Bounds, count, group, judge
from tools.fleet.table import Row

HOUR_S = 3600.0


def row(number: int, **more: object) -> Row:
    return replace(Row(f"town/k{number}", "online", told=True, release=6), **more)


def rows(committed: int, others: list[Row]) -> list[Row]:
    return [*(row(n, release=7, phase="COMMITTED") for n in range(committed)), *others]


def verdict(some: list[Row], elapsed_s: float = 0.0, bounds: Bounds | None = None) -> str:
    return judge(count(some, 7), bounds or Bounds(), elapsed_s)


def test_it_goes_on_as_soon_as_every_kiosk_of_the_step_has_committed() -> None:
    assert verdict(rows(3, [])) == "go on"
    assert verdict([]) == "go on", "a step that includes nobody holds nothing up"


@pytest.mark.parametrize("phase", ["CHECK", "DOWNLOAD", "STAGED", "TRIAL"])
def test_it_waits_for_a_kiosk_that_is_busy_until_the_time_is_over(phase: str) -> None:
    busy = rows(8, [row(9, phase=phase, candidate=7)])
    assert verdict(busy, HOUR_S - 1) == "wait"
    assert verdict(busy, HOUR_S + 1) == "silence", "8 of 9 are less than enough"
    assert verdict(busy, HOUR_S + 1, Bounds(enough=0.8)) == "go on"


def test_a_release_on_trial_runs_and_has_not_committed() -> None:
    trial = row(1, release=7, phase="TRIAL", candidate=7)
    assert count([trial], 7).waiting == {"town/k1": "trial"}


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"refused": {7: "golden outputs"}, "phase": "ROLLED_BACK"}, "golden outputs"),
        ({"phase": "REJECTED", "candidate": 7, "reason": "wheels: ..."}, "wheels: ..."),
        ({"phase": "FAILED", "candidate": 7, "reason": "disk: full"}, "disk: full"),
    ],
)
def test_one_failure_stops_it_at_once_and_says_where_and_why(
    state: dict[str, object], why: str
) -> None:
    failed = rows(30, [row(31, **state)])
    assert count(failed, 7).failed == {"town/k31": why}
    assert verdict(failed) == "failure"
    assert verdict(failed, bounds=Bounds(failing=0.05)) == "go on"


def test_the_failure_of_another_release_is_none_of_this_one() -> None:
    assert verdict([row(1, refused={6: "x"}, phase="ROLLED_BACK", candidate=6)]) == "wait"


@pytest.mark.parametrize(
    ("state", "does"),
    [
        ({"state": "offline"}, "offline"),
        ({"state": "stopped"}, "its program does not run"),
        ({"distrust": "expired: timestamp"}, "does not believe the metadata: expired: timestamp"),
        ({"told": False, "trouble": ("no root",)}, "takes no releases: no root"),
        ({}, "has not begun"),
    ],
)
def test_of_a_silent_kiosk_is_said_what_it_does(state: dict[str, object], does: str) -> None:
    silent = [row(1, **state)]
    assert count(silent, 7).waiting == {"town/k1": does}
    assert verdict(silent, HOUR_S) == "silence"


def test_each_step_includes_the_kiosks_of_the_step_before() -> None:
    names = {f"town/k{number}" for number in range(200)}
    canaries = ("town/k7",)
    steps = [
        group(Rollout(release="content/7.json", canaries=canaries, percent=percent), names)
        for percent in (0, 10, 100)
    ]
    assert steps[0] == ["town/k7"]
    assert set(steps[0]) < set(steps[1]) < set(steps[2]) == names
    assert 5 < len(steps[1]) < 40
    paused = Rollout(release="content/7.json", canaries=canaries, percent=10, paused=True)
    assert group(paused, names) == steps[1]
