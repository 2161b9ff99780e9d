"""`wayside-tools card`: a written card becomes a kiosk at its first start, without a keyboard."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from tools.card import prepare

SOURCES = Path(__file__).resolve().parent.parent.parent


def add_parser(verbs: SubParsers) -> None:
    """Add `card` to the command line."""
    parser = verbs.add_parser(
        "card",
        help="put the program onto a card that Raspberry Pi Imager has written",
        description="Put this program onto the boot partition of a card that Raspberry Pi Imager "
        "has written with a user and a network. At its first start the machine installs it, with "
        "packages from the network, and then opens the page that sets it up.",
        epilog="example: wayside-tools card /media/me/bootfs --enrolment "
        "hub/kiosks/helsinki.kiosk-1.yaml",
    )
    parser.add_argument("boot", type=Path, metavar="DIR", help="the mounted boot partition")
    parser.add_argument(
        "--enrolment", type=Path, metavar="FILE", help="of `fleet enrol`, for a kiosk of a fleet"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write it.

    Raises:
        UserError: no such card, or a file with a mistake.
    """
    for name in prepare(arguments.boot, SOURCES, arguments.enrolment):
        print(f"{arguments.boot / name}")
    print("eject the card, put it into the kiosk, and switch that on")
    if arguments.enrolment:
        print("the enrolment holds a private key: the first start removes it from the card")
    return 0
