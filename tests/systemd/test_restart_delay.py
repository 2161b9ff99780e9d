"""How long a kiosk waits before a restart, and what it says meanwhile."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


class Board:
    """A board whose uptime a test sets, and whose `sleep` prints its argument."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._script = root / "systemd/restart-delay"
        self._folder = folder
        self.uptime = 5.0
        self.said: list[str] = []
        self.config = folder / "config.yaml"
        self.refused = folder / "run/refused"
        (folder / "bin").mkdir()
        (folder / "run").mkdir()
        for name, script in (("sleep", 'echo "slept $1"'), ("systemd-notify", 'echo "$*"')):
            (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / "bin" / name).chmod(0o755)

    def start(self) -> int:
        """Start the service; seconds it waits first."""
        (self._folder / "uptime").write_text(f"{self.uptime:.2f} 1.00\n")
        answer = subprocess.run(
            [self._script],
            env={
                "PATH": f"{self._folder / 'bin'}:{os.environ['PATH']}",
                "RUNTIME_DIRECTORY": str(self._folder / "run"),
                "PROC_UPTIME": str(self._folder / "uptime"),
                "CONFIG": str(self.config),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        self.said = answer.stdout.splitlines()
        waited = int(answer.stdout.split()[-1])
        self.uptime += waited
        return waited


@pytest.fixture
def board(root: Path, tmp_path: Path) -> Board:
    return Board(root, tmp_path)


def test_the_first_start_after_power_on_has_no_delay(board: Board) -> None:
    assert board.start() == 0


def test_the_delay_of_quick_restarts_doubles_up_to_a_minute(board: Board) -> None:
    waits = []
    for _ in range(10):
        waits.append(board.start())
        board.uptime += 3
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]  # failure 22


def test_a_long_run_resets_the_delay(board: Board) -> None:
    for _ in range(8):
        board.start()
    board.uptime += 3600
    assert board.start() == 0
    board.uptime += 1
    assert board.start() == 1


def test_whoever_has_changed_the_configuration_does_not_wait(board: Board) -> None:
    for _ in range(6):
        board.start()
        board.uptime += 3
    board.config.write_text("camera: {}\n")
    last = (board.refused.parent / "starts").stat().st_mtime
    os.utime(board.config, (last + 1, last + 1))
    assert board.start() == 0
    os.utime(board.config, (last - 60, last - 60))
    board.uptime += 3
    assert board.start() == 1


def test_the_reason_for_which_the_kiosk_did_not_start_is_shown_while_it_waits(
    board: Board,
) -> None:
    # failure 43
    board.start()
    board.refused.write_text("config.yaml: camera.fps: got 'x', takes a number")
    board.uptime += 3
    board.start()
    assert board.said[0] == (
        "--status=not started: config.yaml: camera.fps: got 'x', takes a number; next try in 1 s"
    )
    board.uptime += 3
    board.start()
    assert not any("not started" in line for line in board.said)


def test_the_state_is_in_memory(root: Path) -> None:
    unit = (root / "systemd/wayside.service").read_text().splitlines()
    assert "RuntimeDirectory=wayside" in unit
    assert "RuntimeDirectoryPreserve=restart" in unit
    assert "ExecStartPre=/opt/wayside/current/systemd/restart-delay" in unit
