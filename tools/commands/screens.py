"""`wayside-tools screens`: the pictures of the page in `docs/images`."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from tools.places import ROOT


def add_parser(verbs: SubParsers) -> None:
    """Add `screens` to the command line."""
    parser = verbs.add_parser(
        "screens",
        help="pictures of the page, in every language, size and mode",
        description="Photograph the page in a headless Chromium: two pictures in full, and a "
        "contact sheet for each state of the screen. Only the shipped example and painted "
        "photographs are shown. Takes some minutes; needs chromium and chromedriver.",
        epilog="example: wayside-tools screens --sheet cards",
    )
    parser.add_argument(
        "--sheet", action="append", default=[], metavar="NAME", help="this sheet alone; repeatable"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "docs" / "images",
        metavar="DIR",
        help="default: docs/images",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tools.screens import write_pictures, write_sheets

    if not arguments.sheet:
        write_pictures(arguments.out, print)
    write_sheets(arguments.out, tuple(arguments.sheet), print)
    return 0
