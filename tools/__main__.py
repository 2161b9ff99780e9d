"""`wayside-tools`: the command line of the workstation. Each verb is a module in `commands/`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from device.commands.command_line import make_parser, run_verb

VERBS = (
    "datasets",
    "frames",
    "augment",
    "train",
    "distill",
    "architectures",
    "convert",
    "evaluate",
    "measure",
    "catalogue",
    "fleet",
    "card",
    "bench",
    "screens",
    "face",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    logging.basicConfig(level=logging.INFO, format="wayside-tools: %(message)s")
    parser = make_parser(
        "wayside-tools",
        "What a workstation does for kiosks: datasets, models, measurements.",
        (f"tools.commands.{verb}" for verb in VERBS),
    )
    return run_verb(parser, argv)


if __name__ == "__main__":
    sys.exit(main())
