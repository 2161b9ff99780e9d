"""`wayside-tools fleet demo`: a hub and kiosks on this machine, and two releases."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import at_least


def add_parser(verbs: SubParsers) -> None:
    """Add the verb to `wayside-tools fleet`."""
    parser = verbs.add_parser(
        "demo",
        help="a whole fleet on this machine, and two releases",
        description="Start a hub and some kiosks on demo cameras, roll a release out, then one "
        "with a broken model, which returns by itself. Needs Mosquitto, and no root; ends by "
        "itself, with exit code 0 if all went as it should.",
        epilog="example: wayside-tools fleet demo --keep /tmp/demo",
    )
    parser.add_argument("--kiosks", type=at_least(1, 20), default=3, metavar="N", help="default: 3")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="leave hub, keys, releases and logs there"
    )
    parser.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    from tools.fleet.demo import run_demo
    from tools.fleet.screen import Board

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fleet-demo-") as scratch:
        folder = arguments.keep or Path(scratch)
        if arguments.keep and folder.exists() and any(folder.iterdir()):
            raise UserError(f"--keep: {folder}: is not empty; give another folder")
        with Board(lambda: f"{time.monotonic() - began:5.1f} s ") as board:
            return 0 if run_demo(folder, arguments.kiosks, board) else 1
