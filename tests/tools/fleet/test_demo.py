"""`make fleet-demo`: real hub, agents, guards and kiosks; a release commits, another returns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.states import Journal
from device.fleet.store import Store
from tests.needs import needs
from tools.__main__ import main
from tools.fleet.repository import Repository
from tools.fleet.rollout import DIARY

pytestmark = [pytest.mark.mosquitto, pytest.mark.slow, needs("mosquitto")]

KIOSKS = 2


@pytest.mark.timeout(300)
def test_a_good_release_is_committed_and_a_broken_model_returns_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "demo"
    assert main(["fleet", "demo", "--kiosks", str(KIOSKS), "--keep", str(place)]) == 0
    told = capsys.readouterr().out
    assert "demo/kiosk-1: online, release 1" in told
    folders = [place / "kiosks" / f"kiosk-{n}" for n in range(1, KIOSKS + 1)]
    states = [Journal(folder / "fleet", Disk()).state for folder in folders]
    assert [state.good for state in states] == [1, 1]
    assert [state.name for state in states] == ["ROLLED_BACK", "COMMITTED"]
    assert "its answers are" in states[0].failure(2)
    logs = [(folder / "kiosk.log").read_text() for folder in folders]
    assert "release: 2, on trial" in logs[0]
    starts = [line for line in logs[0].splitlines() if line.startswith("wayside guard: release: ")]
    assert starts[-1] == "wayside guard: release: 1", "it runs 1 again"
    assert "release: 2" not in logs[1]
    first = Store(folders[0] / "fleet", Disk())
    assert guard.fault(first.release(1)) == ""
    rollout = Repository(place / "fleet").rollout()
    assert rollout
    assert (rollout.counter, rollout.percent, rollout.paused) == (2, 0, True)
    lines = (place / "fleet" / DIARY).read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    steps = [(e["what"], e["release"], e["percent"]) for e in entries]
    assert steps == [
        ("step", 1, 0), ("step", 1, 10), ("step", 1, 100), ("done", 1, 100),
        ("step", 2, 0), ("failure", 2, 0),
    ]  # fmt: skip


def test_a_folder_that_is_not_empty_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").touch()
    assert main(["fleet", "demo", "--keep", str(tmp_path)]) == 1
    assert "--keep" in capsys.readouterr().err
