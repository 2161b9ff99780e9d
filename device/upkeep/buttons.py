"""Buttons on GPIO pins, for screens that are not touched.

Each stands between its BCM pin and ground. Guarantee: a button that cannot be used is one line that
names its key of the configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from device.errors import UserError
from device.names import Action

BOUNCE_S = 0.05
"""Contacts that close again within this time are one press, in seconds."""

MISSING = "gpiozero is not installed; run `sudo apt install python3-gpiozero`"


class Pin(Protocol):
    """A pin with a button."""

    when_pressed: Callable[[], None] | None
    """Called at each press, on a thread of its own."""


class FakePin:
    """A button that a test presses."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.when_pressed: Callable[[], None] | None = None

    def press(self) -> None:
        """Press it."""
        if self.when_pressed is not None:
            self.when_pressed()


def gpio_pin(number: int) -> Pin:
    """The real button at a BCM pin.

    Raises:
        ImportError: gpiozero is not there.
        Exception: whatever gpiozero's pin factories raise.
    """
    from gpiozero import Button  # comes with Raspberry Pi OS, the only place where it works

    button: Pin = Button(number, bounce_time=BOUNCE_S)
    return button


def watch(
    pins: Mapping[Action, int],
    pressed: Callable[[Action], None],
    open_pin: Callable[[int], Pin] = gpio_pin,
) -> tuple[Pin, ...]:
    """Call `pressed` with the action of a button each time it is pressed.

    Keep what is returned: gpiozero closes a button that is collected. pins: BCM numbers.

    Raises:
        UserError: gpiozero is not there, or a pin cannot be used.
    """
    return tuple(_watched(action, pins[action], pressed, open_pin) for action in pins)


def _watched(
    action: Action, number: int, pressed: Callable[[Action], None], open_pin: Callable[[int], Pin]
) -> Pin:
    key = "privacy.opt_out_gpio" if action == "opt_out" else f"display.buttons.{action}"
    try:
        pin = open_pin(number)
    except ImportError:
        raise UserError(f"{key}: {MISSING}, or leave the key out") from None
    except Exception as error:  # gpiozero raises what its pin factories raise
        raise UserError(f"{key}: pin {number} cannot be used ({error})") from None
    pin.when_pressed = lambda: pressed(action)
    return pin
