"""What the world says besides the picture, gathered into one `Context` a turn.

Messages, the button, the clock and the board's heat enter here and run nowhere else. Promises:
opting out ends by itself, and each new wish begins it anew; a page that has not reported for
`display.heartbeat_timeout_s` does not show the notice; a jump of the wall clock changes nothing
but the time of day.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from device.config import Config
from device.errors import UserError
from device.messaging.payloads import Display, Feedback, Inbound, Weather
from device.session.opt_out import OptOut
from device.upkeep import board
from device.upkeep.clock import WallClock
from device.values import UNKNOWN, Context, Touch

LOOK_AT_BOARD_S = 5.0
"""Seconds between two readings of the board's sensors: heat moves slowly."""


class World:
    """Hears messages and answers with a `Context`."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: WallClock | None = None,
        temperature: Callable[[], float | None] = board.temperature_c,
        throttled: Callable[[], tuple[str, ...] | None] = board.throttled,
    ) -> None:
        """Nothing is known yet: no page, no weather, nobody has opted out."""
        self.wall = wall or WallClock(config.upkeep.clock_wait_s)
        self._clock = clock
        self._zone = ZoneInfo(config.place.timezone)
        self._page_timeout = config.display.heartbeat_timeout_s
        self._temperature, self._throttled = temperature, throttled
        self._heat = board.Heat(config.upkeep.hot_celsius)
        self._next_look = clock()
        self._page_until = clock()
        self._opt_out = OptOut(config.session)
        self._weather = Weather(UNKNOWN, None, 0.0)
        self._touches: list[Touch] = []
        self._pressed = threading.Event()

    def press(self) -> None:
        """The opt-out button was pressed; called from whichever thread watches it."""
        self._pressed.set()

    def hear(self, messages: Iterable[Inbound]) -> None:
        """Take what arrived since the last turn."""
        for message in messages:
            match message:
                case Display(shows_notice=shows, received=at):
                    self._page_until = at + (self._page_timeout if shows else 0)
                case Feedback(item_id=item_id, verdict=verdict, received=at):
                    self._opt_out.touch(verdict, at)
                    if item_id is not None and verdict != "opt_out" and verdict != "opt_in":
                        self._touches.append(Touch(item_id, verdict))
                case Weather():
                    self._weather = message

    def context(self) -> Context:
        """What holds now. Touches are told once."""
        at = self._clock()
        if self._pressed.is_set():
            self._pressed.clear()
            self._opt_out.touch("opt_out", at)
        if at >= self._next_look:
            self._next_look = at + LOOK_AT_BOARD_S
            self._heat.update(self._temperature(), self._throttled())
        touches, self._touches = tuple(self._touches), []
        now = self.wall.now(self._zone)
        weather = self._weather
        if now and weather.expires_at and weather.expires_at < now:
            weather = Weather(UNKNOWN, None, weather.received)
        return Context(
            at=at,
            now=now,
            weather=weather.condition,
            page_alive=at < self._page_until,
            opted_out=self._opt_out.active(at),
            hot=self._heat.hot,
            touches=touches,
        )


def watch_button(pin: int, press: Callable[[], None]) -> Any:
    """Call `press` at each push of a button between this BCM pin and ground. Keep what it returns.

    Raises:
        UserError: gpiozero is not there, or the pin cannot be used.
    """
    try:
        from gpiozero import Button  # comes with Raspberry Pi OS, and is of no use elsewhere

        button = Button(pin, bounce_time=0.05)
    except ImportError:
        raise UserError(
            "privacy.opt_out_gpio: gpiozero is not installed; run `sudo apt install "
            "python3-gpiozero`, or leave the key out"
        ) from None
    except Exception as error:  # gpiozero raises what its pin factories raise
        raise UserError(f"privacy.opt_out_gpio: pin {pin} cannot be used ({error})") from None
    button.when_pressed = press
    return button
