"""Where the workstation keeps things, and the options that name the data; no heavy imports."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from device.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
THIRD_PARTY = MODELS / "third_party"
LESSONS = MODELS / "lessons"
RUNS = ROOT / "runs"
"""Checkpoints, plots and, in `cache/`, what was read from the archives. Can be deleted."""

MADE = "@"
"""`wayside-tools frames` and `augment` name what they make after its source, then this, then what
part of it: `clip.mp4@0012.400.jpg`. Pictures of one source are one group in `faces/folders.py`."""

SHEET = "contact-sheet.png"
"""What `wayside-tools augment` draws of them, beside the class folders."""


def add_data(parser: argparse.ArgumentParser) -> None:
    """The options `--data` and `--runs`."""
    where = os.environ.get("WAYSIDE_DATA")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(where) if where else None,
        help="folder of the real data, with fer2013.zip and more; default: WAYSIDE_DATA",
    )
    parser.add_argument("--runs", type=Path, default=RUNS, help="cache, checkpoints and plots")


def data_folder(arguments: argparse.Namespace) -> Path:
    """What `--data` or WAYSIDE_DATA names; UserError where neither does."""
    if arguments.data is None:
        raise UserError("no data: give --data DIR, or set WAYSIDE_DATA to the folder")
    return Path(arguments.data)


def quiet_tensorflow() -> None:
    """Its start-up notes say nothing to a user; call before the first import."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
