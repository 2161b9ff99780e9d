"""`wayside-tools`: the command line of the workstation.

A mistake that a person can mend is one line and exit code 1. A verb imports what it needs when it
runs: a kiosk builds its catalogue with this command and has neither Keras nor TensorFlow.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from device.command import run_verb

VERBS = (
    "tools.verbs.datasets",
    "tools.verbs.frames",
    "tools.verbs.augment",
    "tools.verbs.train",
    "tools.verbs.teach",
    "tools.verbs.architectures",
    "tools.verbs.convert",
    "tools.verbs.evaluate",
    "tools.verbs.measure",
    "tools.catalogue.cli",
    "tools.bench",
)
"""Modules whose `register(subparsers)` adds verbs."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    logging.basicConfig(level=logging.INFO, format="wayside-tools: %(message)s")
    parser = argparse.ArgumentParser(
        prog="wayside-tools",
        description="What a workstation does for kiosks: models, catalogues, measurements.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for module in VERBS:
        importlib.import_module(module).register(verbs)
    return run_verb(parser, argv)


if __name__ == "__main__":
    sys.exit(main())
