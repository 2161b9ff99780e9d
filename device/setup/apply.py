"""Root's part of the set-up: `python -m device.setup.apply --folder DIR --config F --waits FILE`.

It runs once the set-up program has ended (systemd/wayside-setup-end.service), puts the answers that
it left into the configuration, and removes the file that had asked for the set-up. Without answers
that file stays, so that a kiosk nobody has set up asks again at the next start.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from device.errors import UserError
from device.setup.answers import apply


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; exit code 1, with one line of error, where nothing could be set."""
    parser = argparse.ArgumentParser(prog="device.setup.apply")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--waits", type=Path, required=True)
    arguments = parser.parse_args(argv)
    try:
        keys = apply(arguments.folder, arguments.config)
        if keys is not None:
            arguments.waits.unlink(missing_ok=True)
    except (UserError, OSError) as error:
        print(f"wayside: {error}", file=sys.stderr)
        return 1
    if keys is None:
        print("wayside: the set-up has ended without answers")
    else:
        print(f"wayside: set up: {', '.join(keys) or 'nothing to change'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
