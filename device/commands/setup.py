"""`wayside setup`: open the set-up page of an installed kiosk, for a quarter of an hour.

The page itself is a service of its own (device/setup/); this stops the kiosk, whose screen it
needs, and starts that. When the page closes, the kiosk starts again.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError

ASKED = Path("/run/wayside-setup-asked")
"""As the units name it (systemd/wayside-setup.service)."""

STEPS = (
    ("stop", "wayside.service"),
    ("start", "wayside-setup.service"),
    ("restart", "wayside-display.service"),
)


def add_parser(verbs: SubParsers) -> None:
    """Add `setup` to the command line."""
    parser = verbs.add_parser(
        "setup",
        help="open the page on the local network that sets this kiosk up",
        description="Open the set-up page for 15 minutes: the kiosk's screen shows its address and "
        "a code. It is for an installed kiosk, and for root.",
        epilog="example: sudo wayside setup",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Open it.

    Raises:
        UserError: this is no installed kiosk, or not root.
    """
    try:
        ASKED.touch()
        for step in STEPS:
            subprocess.run(["systemctl", *step], check=True)
    except PermissionError:
        raise UserError("only root may open the set-up: sudo wayside setup") from None
    except (OSError, subprocess.CalledProcessError):
        raise UserError(
            "the set-up cannot be opened; is this an installed kiosk? "
            "`systemctl status wayside-setup` tells more"
        ) from None
    print("the set-up is open for 15 minutes; the kiosk's screen shows how to get there")
    return 0
