"""`wayside restore`: a backup's settings in the place of this kiosk's."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from device.backup.restore import restore
from device.commands.command_line import SubParsers, add_config
from device.commands.progress import Progress
from device.errors import UserError


def add_parser(verbs: SubParsers) -> None:
    """Add `restore` to the command line."""
    parser = verbs.add_parser(
        "restore",
        help="take the settings of a backup",
        description="Check a backup, then put its settings in the place of this kiosk's, which "
        "stay beside them. The kiosk's own name, brokers and passwords stay as they are.",
        epilog="example: sudo wayside restore --config /etc/wayside/config.yaml market.wayside",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="that `wayside backup` wrote")
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Restore, and say what is still to do.

    Raises:
        UserError: the backup is none, damaged or of no use here, or the disk refuses; nothing has
            changed.
    """
    if not arguments.file.is_file():
        raise UserError(f"{arguments.file}: no such file")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    progress = Progress("restore")
    try:
        done = restore(arguments.file, arguments.config, stamp, progress.show)
    except OSError as error:
        named = error.filename or arguments.config
        raise UserError(f"{named}: cannot be written ({error.strerror})") from None
    finally:
        progress.clear()
    print(f"{arguments.config}: as {done.manifest.kiosk} was on {done.manifest.made}")
    if done.aside is not None:
        print(f"the settings before: {done.aside}")
    for each in done.manifest.left_out:
        print(f"not in the backup: {each}")
    print("to use them: systemctl restart wayside-broker wayside wayside-display; `wayside check`")
    return 0
