"""Alerts: told once when something begins, once when it ends, and to a command as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.brokers import wait_until
from tests.device.fleet.repository import NOW
from tools.fleet.alerts import OFFLINE, Alert, Alerts, Notify, troubles
from tools.fleet.table import Row

WELL = Row("town/k1", "online", NOW, told=True, release=7, phase="COMMITTED", temperature_c=50.0)

WRONG = {
    "hot": {"temperature_c": 81.0},
    "undervoltage": {"undervoltage": True},
    "camera": {"camera": "lost"},
    "hangs": {"hangs": ("corridor",)},
    "reboot": {"reboot_waits": True},
    "release": {"refused": {8: "golden outputs"}},
    "metadata": {"distrust": "expired: timestamp"},
    "expiring": {"certificate_days": 6},
}


@pytest.mark.parametrize("kind", WRONG)
def test_it_is_told_when_it_begins_and_when_it_ends_and_not_in_between(kind: str) -> None:
    alerts, told = Alerts(), list[tuple[str, bool]]()
    for row in (WELL, replace(WELL, **WRONG[kind]), replace(WELL, **WRONG[kind]), WELL, WELL):
        told += [(alert.kind, alert.began) for alert in alerts.update([row], {}, NOW)]
    assert told == [(kind, True), (kind, False)]


@pytest.mark.parametrize("state", ["offline", "stopped"])
def test_a_kiosk_that_starts_anew_is_not_told_of_and_one_that_stays_away_is(state: str) -> None:
    alerts, away = Alerts(), replace(WELL, state=state)
    assert alerts.update([away], {}, NOW) == []
    assert alerts.update([WELL], {}, NOW + OFFLINE) == []
    assert alerts.update([away], {}, NOW + OFFLINE) == []
    (began,) = alerts.update([away], {}, NOW + 2 * OFFLINE)
    assert (began.kind, began.began) == ("offline", True)
    (ended,) = alerts.update([WELL], {}, NOW + 3 * OFFLINE)
    assert (ended.kind, ended.began) == ("offline", False)


def test_a_temperature_between_two_limits_is_told_of_once() -> None:
    alerts = Alerts()
    course = [79, 81, 78, 81, 76, 74, 79]
    told = [
        [alert.began for alert in alerts.update([replace(WELL, temperature_c=t)], {}, NOW)]
        for t in map(float, course)
    ]
    assert told == [[], [True], [], [], [], [False], []]


def test_what_was_told_before_a_restart_is_not_told_again() -> None:
    hot = replace(WELL, temperature_c=85.0)
    first = Alerts()
    first.update([hot], {}, NOW)
    again = Alerts(first.open)
    assert again.update([hot], {}, NOW) == []
    assert [alert.began for alert in again.update([WELL], {}, NOW)] == [False]


@pytest.mark.parametrize(
    ("role", "days", "says"),
    [
        ("timestamp", 6, "timestamp ends in 6 days: wayside-tools fleet refresh"),
        ("targets", 1, "targets ends in 1 day: wayside-tools fleet keys renew targets"),
        ("snapshot", -2, "snapshot has ended: wayside-tools fleet refresh"),
    ],
)
def test_signatures_that_end_within_a_week_are_told_of_with_what_to_do(
    role: str, days: int, says: str
) -> None:
    ends = {"root": NOW + timedelta(days=900), role: NOW + timedelta(days=days, hours=1)}
    (alert,) = Alerts().update([], ends, NOW)
    assert (alert.kiosk, alert.kind) == ("fleet", "expiring")
    assert alert.text.startswith(says)
    assert Alerts().update([], {role: NOW + timedelta(days=8)}, NOW) == []


def test_a_kiosk_without_sensors_or_rollout_is_well() -> None:
    assert troubles(Row("town/k1", "online", distrust="no rollout: nothing yet")) == {}
    assert troubles(Row("town/k1", "never")) == {}


def test_a_command_gets_each_alert_as_json(tmp_path: Path) -> None:
    complaints = list[str]()
    notify = Notify(f"cat >> {tmp_path}/told", complaints.append)
    notify.tell(Alerts().update([replace(WELL, undervoltage=True, camera="dark")], {}, NOW))
    notify.close()
    lines = (tmp_path / "told").read_text().splitlines()
    assert [(a["kiosk"], a["kind"], a["state"]) for a in map(json.loads, lines)] == [
        ("town/k1", "undervoltage", "began"),
        ("town/k1", "camera", "began"),
    ]
    assert complaints == []


@pytest.mark.parametrize(
    ("command", "patience_s", "says"), [("exit 3", 60.0, "exit code 3"), ("sleep 60", 0.1, "sleep")]
)
def test_a_command_that_fails_or_hangs_is_one_line(
    command: str, patience_s: float, says: str
) -> None:
    complaints = list[str]()
    complain: Callable[[str], None] = complaints.append
    notify = Notify(command, complain, patience_s)
    notify.tell([Alert(NOW, "town/k1", "hot", "81 °C", began=True)])
    notify.close()
    (line,) = complaints
    assert says in line


def test_what_a_command_has_started_ends_with_it(tmp_path: Path) -> None:
    pids, complaints = tmp_path / "pids", list[str]()
    notify = Notify(f"sleep 600 & echo $! >> {pids}; wait", complaints.append, 0.5)
    notify.tell([Alert(NOW, "town/k1", "hot", "81 °C", began=True)])
    notify.close()
    assert complaints
    wait_until(lambda: not alive(int(pids.read_text())), "its end")


def alive(pid: int) -> bool:
    """Whether it runs: one that has ended may wait for its parent."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
