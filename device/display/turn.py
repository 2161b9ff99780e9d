"""Prepares the screen before it starts: the picture's rotation, the touch panel's, and how bright.

`turn.py --config F --out FILE --rules FILE` is run by root, before wayside-display.service opens
the screen. FILE tells `open-screen` and `turn-screen` what to do, since the screen's user cannot
read the configuration with its passwords. A rule of udev turns touches with the picture, by
libinput's calibration matrix: a touch panel follows the transform of its output only where the
compositor has been told which output it lies on, and newer ones take no hint (cage issue 243).

Guarantees: it imports nothing of this project, so that no release is run by root; a configuration
that cannot be read leaves the picture upright, and the screen starts all the same.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

TURNS: dict[int, tuple[int, int, int, int, int, int]] = {
    90: (0, 1, 0, -1, 0, 1),
    180: (-1, 0, 1, 0, -1, 1),
    270: (0, -1, 1, 1, 0, 0),
}
"""By degrees that the picture is turned clockwise: the first two rows of the matrix that takes a
touch, in shares of the panel, to the picture. https://wayland.freedesktop.org/libinput/doc/latest/
absolute-axes.html"""

RULE = (
    'SUBSYSTEM=="input", KERNEL=="event*", ENV{{ID_INPUT_TOUCHSCREEN}}=="1", '
    'ENV{{LIBINPUT_CALIBRATION_MATRIX}}="{}"\n'
)


def wanted(config: Path) -> tuple[int, int | None]:
    """`display.rotate` in degrees, and `display.brightness` in percent or None; of what cannot be
    read, the defaults."""
    try:
        display: Any = yaml.safe_load(config.read_text(encoding="utf-8"))["display"]
        rotate, brightness = display.get("rotate", 0), display.get("brightness")
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        print(
            f"wayside: {config}: the screen is not turned ({type(error).__name__})", file=sys.stderr
        )
        return 0, None
    dim = type(brightness) is int and 5 <= brightness <= 100
    return (rotate if rotate in TURNS else 0), (brightness if dim else None)


def rule(rotate: int) -> str:
    """The rule for every touch panel; empty for an upright picture."""
    return RULE.format(" ".join(map(str, TURNS[rotate]))) if rotate else ""


def prepare(config: Path, out: Path, rules: Path) -> None:
    """Write both files, and let udev look at the touch panels again where the rule has changed.

    Raises:
        OSError: a file cannot be written, or udev is not there.
    """
    rotate, brightness = wanted(config)
    out.write_text(f"rotate={rotate}\nbrightness={'' if brightness is None else brightness}\n")
    out.chmod(0o644)
    before = rules.read_text() if rules.exists() else ""
    if (now := rule(rotate)) == before:
        return
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text(now)
    for command in (
        ("control", "--reload"),
        ("trigger", "--action=change", "--subsystem-match=input"),
        ("settle", "--timeout=5"),
    ):
        subprocess.run(["udevadm", *command], check=False)


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; exit code 1, with one line of error, where nothing can be prepared."""
    parser = argparse.ArgumentParser(prog="turn.py", description="Prepare the screen.")
    for name in ("config", "out", "rules"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args(argv)
    try:
        prepare(arguments.config, arguments.out, arguments.rules)
    except OSError as error:
        print(f"wayside: the screen is not turned ({error})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
