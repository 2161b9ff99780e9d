"""How the verbs of both command lines, `wayside` and `wayside-tools`, end."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from device.errors import UserError

INTERRUPTED = 130
"""Exit code of a command that SIGINT ended, as shells have it."""


def stop_event() -> threading.Event:
    """Set by SIGINT and SIGTERM from now on, for a loop that looks at it.

    An exception in their place could come anywhere: in a native library's callback, which swallows
    it, or in the middle of taking a lock.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop


def run_verb(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> int:
    """Run the verb that the arguments name, and return the exit code.

    The verb's parser has set `run`, which takes the arguments. A mistake that a person can mend is
    one line on standard error and exit code 1.
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
