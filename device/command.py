"""What both command lines, `wayside` and `wayside-tools`, do with a verb's outcome."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from device.errors import UserError


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
        return 130
    except BrokenPipeError:
        return 141
