"""Stands in for gpiozero, which is for boards: the button of the pin in HELD is held."""

from __future__ import annotations

import os
from types import TracebackType


class Button:
    """A button between a pin and ground."""

    def __init__(self, pin: int) -> None:
        self.is_pressed = os.environ.get("HELD") == str(pin)

    def __enter__(self) -> Button:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass
