"""Options and argument types that several commands share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from device.errors import UserError
from tools.places import RUNS

MIN_FACES = 8
"""Faces of each split in a trial: the fewest with which every batch and half has some."""


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add `--data` and `--runs`."""
    folder = os.environ.get("WAYSIDE_DATA")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(folder) if folder else None,
        metavar="DIR",
        help="folder with fer2013.zip and other datasets; default: WAYSIDE_DATA",
    )
    parser.add_argument(
        "--runs", type=Path, default=RUNS, metavar="DIR", help="cache, checkpoints and plots"
    )


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Add `--limit`."""
    parser.add_argument(
        "--limit", type=at_least(MIN_FACES), metavar="N", help="use N faces of each split: a trial"
    )


def data_folder(arguments: argparse.Namespace) -> Path:
    """The folder of `--data` or WAYSIDE_DATA; UserError if neither is set."""
    if arguments.data is None:
        raise UserError("no data: give --data DIR, or set WAYSIDE_DATA to the folder")
    return Path(arguments.data)


def some_of(names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """An argument type: some of these names, separated by commas; in their order."""

    def chosen(text: str) -> tuple[str, ...]:
        wanted = text.split(",")
        for name in wanted:
            if name not in names:
                raise argparse.ArgumentTypeError(f"got {name!r}, takes some of {','.join(names)}")
        return tuple(name for name in names if name in wanted)

    return chosen


def at_least(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """An argument type: a whole number from `minimum` to `maximum`, None for no maximum."""
    bounds = f"from {minimum} on" if maximum is None else f"from {minimum} to {maximum}"

    def number(text: str) -> int:
        value = int(text) if text.isdecimal() else minimum - 1
        if value < minimum or (maximum is not None and value > maximum):
            raise argparse.ArgumentTypeError(f"got {text!r}, takes a whole number {bounds}")
        return value

    return number


def share(text: str) -> float:
    """An argument type: a share, from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"got {text!r}, takes a share from 0 to 1, as in 0.9")
    return value
