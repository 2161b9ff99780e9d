"""The page opens where a file asks for it or a button is held, and for no other reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from device.setup.wanted import wanted


@pytest.mark.parametrize(
    ("waits", "held", "opens"),
    [(False, False, False), (True, False, True), (False, True, True), (True, True, True)],
)
def test_a_file_or_a_held_button_opens_it(
    tmp_path: Path, waits: bool, held: bool, opens: bool
) -> None:
    file = tmp_path / "setup-waits"
    if waits:
        file.touch()
    assert wanted([tmp_path / "other", file], lambda: held) is opens


@pytest.mark.parametrize("config", ["site: here\n", "site: [\n", "setup: {button_gpio: 4}\n"])
def test_neither_a_mistake_nor_a_button_that_cannot_be_read_opens_it(
    root: Path, tmp_path: Path, config: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(config)
    command = [sys.executable, "-m", "device.setup.wanted", "--config", file]
    asked = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert asked.returncode == 1
    assert asked.stderr.count("\n") == (0 if "here" in config else 1)


@pytest.mark.parametrize(("held", "opens"), [("4", True), ("5", False)])
def test_the_button_that_the_configuration_names_opens_it(
    root: Path, tmp_path: Path, held: str, opens: bool
) -> None:
    (tmp_path / "config.yaml").write_text("setup: {button_gpio: 4}\n")
    asked = subprocess.run(
        [sys.executable, "-m", "device.setup.wanted", "--config", tmp_path / "config.yaml"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent / "standin"), "HELD": held},
        check=False,
    )
    assert (asked.returncode == 0) is opens


def test_a_waiting_file_is_enough_whatever_the_configuration_says(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "waits").touch()
    command = [sys.executable, "-m", "device.setup.wanted", "--config", tmp_path / "none",
               "--waits", tmp_path / "waits"]  # fmt: skip
    assert subprocess.run(command, cwd=root, check=False).returncode == 0
