"""A progress bar on a terminal, for work of more than two seconds; elsewhere nothing is written."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

DELAY_S = 2.0
"""Work that is done sooner shows no bar."""

INTERVAL_S = 0.1
"""Shortest time between two drawings."""

BAR = 24
"""Width of the bar in characters."""

CLEAR_LINE = "\r\x1b[K"


class Progress:
    """The progress of one piece of work, in one line that `clear` removes."""

    def __init__(
        self,
        name: str,
        stream: TextIO | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start to count. stream: standard error by default."""
        self._name = name
        self._stream = stream or sys.stderr
        self._clock = clock
        self._due = clock() + DELAY_S
        self._drawn = False

    def show(self, done: int, total: int | None) -> None:
        """Draw the bar, or the count alone where the total is not known."""
        if not self._stream.isatty() or self._clock() < self._due:
            return
        text = f"{self._name}: {done}"
        if total:
            share = min(done / total, 1.0)
            text = f"{share:4.0%} [{'#' * round(BAR * share):-<{BAR}}] {self._name}"
        width = shutil.get_terminal_size().columns
        self._stream.write(CLEAR_LINE + text[: width - 1])
        self._stream.flush()
        self._drawn = True
        self._due = self._clock() + INTERVAL_S

    def clear(self) -> None:
        """Remove the bar, so that something else can be printed."""
        if self._drawn:
            self._stream.write(CLEAR_LINE)
            self._stream.flush()
            self._drawn = False
