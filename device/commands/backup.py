"""`wayside backup`: a kiosk's settings in one file, for another kiosk or a new card."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from device.backup.archive import FORMAT, Manifest, write_archive
from device.backup.settings import collect
from device.commands.command_line import SubParsers, add_config
from device.commands.progress import Progress
from device.errors import UserError
from device.release import running


def add_parser(verbs: SubParsers) -> None:
    """Add `backup` to the command line."""
    parser = verbs.add_parser(
        "backup",
        help="write this kiosk's settings to one file",
        description="Write this kiosk's settings, and the files and pictures that they name, to "
        "one file. Its name, keys, certificates and passwords are not in it, nor what touches "
        "taught.",
        epilog="example: wayside backup --config /etc/wayside/config.yaml market-square.wayside",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="to write; replaced if it is there")
    add_config(parser)
    parser.add_argument("--no-pictures", action="store_true", help="leave the pictures out")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the file, and say what is not in it.

    Raises:
        UserError: the configuration or a file that it names cannot be read, there is too much of
            it, or the backup cannot be written.
    """
    collected = collect(arguments.config, pictures=not arguments.no_pictures)
    config, files = collected.config, collected.files
    made = datetime.now(UTC)

    def manifest(hashes: dict[str, str]) -> Manifest:
        return Manifest(
            format=FORMAT,
            release=running().name,
            kiosk=f"{config.site}/{config.kiosk}",
            made=made.isoformat(timespec="seconds"),
            sha256=hashes,
            places=collected.places,
            left_out=tuple(collected.left_out),
        )

    progress = Progress("backup")
    try:
        write_archive(arguments.file, files, manifest, progress.show)
    except OSError as error:
        named = error.filename or arguments.file
        raise UserError(f"{named}: the backup cannot be written ({error.strerror})") from None
    finally:
        progress.clear()
    print(f"{arguments.file}: {len(files)} files")
    for each in collected.left_out:
        print(f"not in it: {each}")
    return 0
