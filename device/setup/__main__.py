"""The set-up program, as a service: `python -m device.setup --config F --folder DIR`.

Exit code 1, with one line of error, where the page cannot be opened.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from device.errors import UserError
from device.setup.door import Door
from device.setup.program import Setup, serve
from device.upkeep.notify import Notifier


def main(argv: Sequence[str] | None = None) -> int:
    """Open the page; until it is used, its time is over, or SIGTERM comes."""
    parser = argparse.ArgumentParser(prog="device.setup", description="Set up this kiosk.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="in memory, its own")
    arguments = parser.parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    notifier = Notifier.from_environment()
    try:
        setup = Setup(arguments.config, arguments.folder, Door())
        serve(setup, stop, arguments.folder, notifier=notifier)
    except UserError as error:
        notifier.status(f"not open: {error}")
        print(f"wayside: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
