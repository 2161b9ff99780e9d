"""Whole numbers that people type: what makes no sense is refused before anything begins."""

from __future__ import annotations

import argparse
from collections.abc import Callable

FEWEST = 8
"""Faces of each part with which a trial still has some in every half and batch."""


def at_least(least: int) -> Callable[[str], int]:
    """For argparse: a whole number from `least` on, or one clear line."""

    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"got {text!r}, takes a number from {least} on")
        return int(text)

    return number
