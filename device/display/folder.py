"""Writes the page's folder for a broker that serves files, as Mosquitto's `http_dir` does.

`python -m device.display.folder --config F FOLDER` runs before the broker starts and writes to a
folder in memory, so that the SD card is not written to and `settings.js` always agrees with the
configuration. What the folder had before is removed.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from device.catalogue.pictures import picture_files
from device.config import Config
from device.display.made import made_files
from device.display.photographs import FOLDER as PHOTOGRAPHS
from device.display.photographs import doubts, photographs
from device.display.server import PAGE, PICTURES, SETTINGS, settings_script
from device.errors import UserError
from device.overlay import load_running

log = logging.getLogger(__name__)


def write_folder(config: Config, folder: Path) -> None:
    """Copy the page's files, the catalogue's pictures and the photographs, and write what is made
    beside them.

    Pictures or photographs that cannot be copied are a warning: there are none of them then.

    Raises:
        UserError: the page's broker is not on this kiosk, or the folder cannot be written.
    """
    made = {SETTINGS: settings_script(config), **made_files(config)}
    try:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PAGE, folder)
        for name, text in made.items():
            file = folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except (OSError, shutil.Error) as error:
        raise UserError(f"{folder}: the page cannot be written there ({error})") from None
    pictures = picture_files(config.display.pictures)
    _copy("display.pictures", pictures, folder / PICTURES)
    shown = {one.path: one.file for one in photographs(config.display.photographs)}
    _copy("display.photographs", shown, folder / PHOTOGRAPHS)
    for doubt in doubts(config.display.photographs):
        log.warning(doubt)


def _copy(key: str, files: Mapping[str, Path], folder: Path) -> None:
    """Copy all files, by their paths, or none."""
    try:
        for name, file in files.items():
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        log.warning("%s: not copied (%s); the page shows none", key, error)


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; exit code 1, with one line of error, where the folder is not written."""
    parser = argparse.ArgumentParser(
        prog="device.display.folder", description="Write the page's folder."
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args(argv)
    try:
        write_folder(load_running(arguments.config), arguments.folder)
    except UserError as error:
        print(f"wayside: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
