"""What an operator who is far away wants to know of a kiosk: versions, `check`, the latest journal.

    python -m device.fleet.diagnostics --out /var/lib/wayside/fleet/diagnostics.txt

A service of its own runs it (systemd/wayside-diagnostics.service), since the agent has no room for
`check` and may not read the journal; the agent asks by `request` and reads `answer`. Guarantees: no
picture, no count, no line of the journal that says what was on the screen; at most `MOST` bytes.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from device import RELEASE
from device.fleet.disk import Disk

REQUEST, ANSWER = "diagnose", "diagnostics.txt"
"""Files below the agent's folder: a path unit watches the first, its service writes the second."""

PROGRAM = ("/usr/local/bin/wayside", "check", "--config", "/etc/wayside/config.yaml")
UNITS = ("wayside", "wayside-broker", "wayside-display", "wayside-agent")

CHECK_S = 90
JOURNAL_S = 20
LINES = 40
"""Of the journal of each unit."""

LONGEST_LINE = 300
MOST = 48_000

ON_SCREEN = re.compile(r": \d\d:\d\d:\d\d ")
"""In a line of the journal: the kiosk's program says what it shows, which stays on the kiosk."""


def request(folder: Path) -> None:
    """Have systemd start the service.

    Raises:
        OSError: the disk refuses.
    """
    with suppress(FileNotFoundError):
        (folder / ANSWER).unlink()
    (folder / REQUEST).write_bytes(b"")


def answer(folder: Path) -> list[str] | None:
    """The lines, or None while they are not there."""
    with suppress(OSError):
        return (folder / ANSWER).read_bytes()[:MOST].decode(errors="replace").splitlines()
    return None


def collect(
    program: Sequence[str] = PROGRAM,
    journalctl: str = "journalctl",
    uptime: Path = Path("/proc/uptime"),
) -> Iterator[str]:
    """All lines, the most useful first. program: what prints the check."""
    yield f"agent {RELEASE}, Python {platform.python_version()}, {_system()}, {platform.machine()}"
    with suppress(OSError, ValueError, IndexError):
        hours = float(uptime.read_text(encoding="ascii").split()[0]) / 3600
        yield f"the machine is up for {hours:.1f} h"
    yield from _lines(program, CHECK_S)
    for unit in UNITS:
        yield f"-- journal of {unit}"
        asked = [journalctl, f"--unit={unit}", f"--lines={LINES}", "--output=short-iso"]
        yield from (
            line
            for line in _lines([*asked, "--no-pager", "--quiet"], JOURNAL_S)
            if not ON_SCREEN.search(line)
        )


def _lines(command: Sequence[str], within_s: float) -> Iterator[str]:
    """What a command prints, or in a line why there is nothing."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=within_s, check=False
        )
    except subprocess.TimeoutExpired:
        yield f"{Path(command[0]).name}: no answer within {within_s:g} s"
        return
    except OSError as error:
        yield f"{Path(command[0]).name}: {error.strerror}"
        return
    for line in done.stdout.decode(errors="replace").splitlines():
        yield line[:LONGEST_LINE]


def _system() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return "Linux"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the answer; it appears in one step."""
    parser = argparse.ArgumentParser(prog="device.fleet.diagnostics", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    arguments = parser.parse_args(argv)
    text = "\n".join(collect()).encode()[:MOST]
    try:
        Disk().write(arguments.out, text + b"\n")
    except OSError as error:
        print(f"wayside: {arguments.out}: {error.strerror}", file=sys.stderr)
        return os.EX_IOERR
    return 0


if __name__ == "__main__":
    sys.exit(main())
