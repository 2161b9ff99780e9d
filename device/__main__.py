"""`wayside`: the command line of a kiosk. Each verb is a room of its own."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from device.command import run_verb

VERBS = {
    "run": "device.run",
    "look": "device.look",
    "preview": "device.preview",
    "check": "device.check",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    logging.basicConfig(level=logging.WARNING, format="wayside: %(name)s: %(message)s")
    parser = argparse.ArgumentParser(
        prog="wayside",
        description="A kiosk that notices how people feel and suggests what may please them.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for module in VERBS.values():
        importlib.import_module(module).add_parser(verbs)
    return run_verb(parser, argv)


if __name__ == "__main__":
    sys.exit(main())
