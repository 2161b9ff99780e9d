"""A training that its user interrupts."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import pytest


class _InterruptedOutput(io.StringIO):
    """An output at which the user presses Ctrl-C when the second epoch prints its row."""

    def write(self, text: str) -> int:
        if text.startswith('{"epoch": 2,'):
            raise KeyboardInterrupt
        return super().write(text)


@contextlib.contextmanager
def interrupted_in_the_second_epoch() -> Iterator[None]:
    """Inside, a run trains two epochs and is interrupted before the second one is saved."""
    with pytest.raises(KeyboardInterrupt), contextlib.redirect_stdout(_InterruptedOutput()):
        yield
