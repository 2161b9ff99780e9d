"""`wayside`: the command line of a kiosk. Each command is a module in `device/commands/`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from device.commands.command_line import make_parser, run_verb

VERBS = (
    "run",
    "look",
    "preview",
    "check",
    "catalogue",
    "report",
    "trend",
    "release",
    "setup",
    "sign",
    "backup",
    "restore",
    "diary",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    logging.basicConfig(level=logging.WARNING, format="wayside: %(name)s: %(message)s")
    parser = make_parser(
        "wayside",
        "A kiosk that notices how people feel and suggests what may please them.",
        (f"device.commands.{verb}" for verb in VERBS),
    )
    return run_verb(parser, argv)


if __name__ == "__main__":
    sys.exit(main())
