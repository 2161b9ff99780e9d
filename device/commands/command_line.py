"""What both command lines, `wayside` and `wayside-tools`, share: the program, options, exit codes.

A verb is a module with `add_parser(verbs)`. It imports what is heavy when it runs.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeAlias

from device.addresses import shown
from device.errors import UserError
from device.release import running

SubParsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

INTERRUPTED = 130
"""Exit code of a command that SIGINT ended, as shells have it."""


MOST_SUGGESTIONS = 50
"""The most that `--top` takes."""


def suggestion_count(text: str) -> int:
    """The value of `--top`."""
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SUGGESTIONS:
        raise argparse.ArgumentTypeError(
            f"got {text}, takes a whole number from 1 to {MOST_SUGGESTIONS}"
        )
    return int(text)


def stop_event() -> threading.Event:
    """Set by SIGINT and SIGTERM from now on, for a loop that looks at it.

    An exception could be raised anywhere instead: in a native library's callback, which swallows
    it, or while a lock is being taken.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the configuration."""
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("config.yaml"),
        metavar="FILE",
        help="the configuration; default: config.yaml",
    )


class Parser(argparse.ArgumentParser):
    """A parser whose errors repeat no password of an address among the arguments."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and what is wrong, and exit with code 2."""
        super().error(shown(message))


def make_parser(program: str, about: str, verbs: Iterable[str]) -> argparse.ArgumentParser:
    """The parser of a command line. verbs: modules with `add_parser(verbs)`."""
    parser = Parser(prog=program, description=about)
    parser.add_argument("--version", action="version", version=f"{program} {running().name}")
    subparsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for module in verbs:
        importlib.import_module(module).add_parser(subparsers)
    return parser


def run_verb(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> int:
    """Run the command that the arguments name, and return its exit code.

    The command's parser has set `run`, which takes the arguments. A `UserError` is one line on
    standard error and exit code 1.
    """
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UserError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return 141
