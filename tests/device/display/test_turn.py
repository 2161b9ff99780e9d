"""Before the screen starts, root writes what it needs to know, and the rule for its touch panel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from device.config import DisplayConfig
from device.display import turn

CORNERS = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]


@pytest.fixture
def udevadm(tmp_path: Path) -> Path:
    """A program in the place of udev's, and the file where it writes what it was asked."""
    asked, program = tmp_path / "asked", tmp_path / "bin/udevadm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    program.chmod(0o755)
    return asked


def prepare(folder: Path, text: str) -> tuple[int, str, str]:
    """Exit code, what the screen's scripts read, and the rule, after a run as a program."""
    (folder / "config.yaml").write_text(text)
    rules = folder / "udev/rules.d/99-wayside.rules"
    done = subprocess.run(
        [sys.executable, "-I", turn.__file__, "--config", folder / "config.yaml",
         "--out", folder / "screen", "--rules", rules],
        env={"PATH": f"{folder}/bin:{os.environ['PATH']}"}, capture_output=True, check=False,
    )  # fmt: skip
    return (
        done.returncode,
        (folder / "screen").read_text(),
        rules.read_text() if rules.exists() else "",
    )


def test_the_screens_user_reads_how_it_is_turned_and_dimmed(tmp_path: Path, udevadm: Path) -> None:
    code, screen, rule = prepare(tmp_path, "display: {rotate: 90, brightness: 60, password: x}")
    assert (code, screen) == (0, "rotate=90\nbrightness=60\n")
    assert (tmp_path / "screen").stat().st_mode & 0o777 == 0o644
    assert 'ENV{LIBINPUT_CALIBRATION_MATRIX}="0 1 0 -1 0 1"' in rule
    assert [line.split()[0] for line in udevadm.read_text().splitlines()] == [
        "control", "trigger", "settle",
    ]  # fmt: skip


def test_udev_is_asked_only_when_the_rotation_has_changed(tmp_path: Path, udevadm: Path) -> None:
    assert prepare(tmp_path, "display: {}") == (0, "rotate=0\nbrightness=\n", "")
    assert not udevadm.exists()
    assert prepare(tmp_path, "display: {rotate: 180}")[2] != ""
    prepare(tmp_path, "display: {rotate: 180}")
    assert len(udevadm.read_text().splitlines()) == 3
    assert prepare(tmp_path, "display: {rotate: 0}")[2] == ""
    assert len(udevadm.read_text().splitlines()) == 6


@pytest.mark.parametrize(
    "text",
    ["", "[", "display: 3", "display: {rotate: 45, brightness: 0}", "display: {brightness: true}",
     'display: {rotate: "90; reboot", brightness: "$(reboot)"}', "site: x", "\x00"],
)  # fmt: skip
@pytest.mark.usefixtures("udevadm")
def test_what_cannot_be_read_leaves_the_picture_as_it_is(tmp_path: Path, text: str) -> None:
    assert prepare(tmp_path, text) == (0, "rotate=0\nbrightness=\n", "")


@pytest.mark.parametrize("rotate", sorted(turn.TURNS))
def test_a_touch_on_a_corner_of_the_panel_is_one_on_the_pictures_corner_there(rotate: int) -> None:
    def clockwise(x: float, y: float) -> tuple[float, float]:
        """Where a point of the picture is on the panel after a quarter."""
        return 1 - y, x

    a, b, c, d, e, f = turn.TURNS[rotate]
    for picture in CORNERS:
        panel = picture
        for _ in range(rotate // 90):
            panel = clockwise(*panel)
        x, y = panel
        assert (a * x + b * y + c, d * x + e * y + f) == picture


def test_it_knows_every_rotation_and_brightness_that_the_configuration_takes(
    tmp_path: Path,
) -> None:
    for rotate in (0, *turn.TURNS):
        for brightness in (None, 5, 100):
            display = DisplayConfig.model_validate({"rotate": rotate, "brightness": brightness})
            text = yaml.safe_dump({"display": display.model_dump(mode="json")})
            (tmp_path / "config.yaml").write_text(text)
            assert turn.wanted(tmp_path / "config.yaml") == (rotate, brightness)
