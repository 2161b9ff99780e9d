"""Everything that the corridor must know besides the picture, as one `Context` per turn.

Messages, the button, the clock, the board's temperature and a new table enter here alone.
Guarantees: opting out ends by itself, and a touch starts it again; a page without a heartbeat for
`display.heartbeat_timeout_s` does not show the notice; a jump of the wall clock changes only the
time of day.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable
from zoneinfo import ZoneInfo

from device.config import Config
from device.messaging.messages import Display, Feedback, Weather
from device.messaging.queues import Inbox
from device.session.awake import Awake
from device.session.opt_out import OptOut
from device.session.recent import Recent
from device.session.replaced import Replaced
from device.upkeep import board
from device.upkeep.clock import WallClock
from device.values import UNKNOWN, Context, Screen, Sky, Touch

READ_BOARD_S = 5.0
"""Seconds between two readings of the board's sensors: its temperature changes slowly."""


class World:
    """Takes messages and returns a `Context`."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: WallClock | None = None,
        temperature: Callable[[], float | None] = board.temperature_c,
        throttled: Callable[[], tuple[str, ...] | None] = board.throttled,
    ) -> None:
        """At the start there is no page and no weather, and nobody has opted out.

        clock: monotonic seconds. temperature: of the board, degrees Celsius. throttled: what
        throttles it; None: not known.

        Raises:
            UserError: `display.hours` are not understood.
        """
        self.wall = wall or WallClock(config.upkeep.clock_wait_s)
        self._clock = clock
        self._zone = ZoneInfo(config.place.timezone)
        self._awake = Awake(config.display.hours, config.place)
        self._page_timeout = config.display.heartbeat_timeout_s
        self._temperature, self._throttled = temperature, throttled
        self._heat = board.Heat(config.upkeep.hot_celsius)
        self._read_board_at = clock()
        self._page_until = clock()
        self._opt_out = OptOut(config.session)
        self._weather: Weather | None = None
        self._touches: list[Touch] = []
        self._used_at: str | None = None
        self._used = False
        self._on_screen: frozenset[str] = frozenset()
        self._serial: int | None = None
        self._pressed = threading.Event()
        self._table = Replaced(config.matching.catalogue, clock())
        self._recent = Recent(zlib.crc32(config.kiosk.encode()))

    def press(self) -> None:
        """The opt-out button was pressed; may be called from any thread."""
        self._pressed.set()

    def listen(self, inbox: Inbox) -> None:
        """Register for the messages that the context is made from."""
        inbox.route(Display, self.page)
        inbox.route(Feedback, self.touch)
        inbox.route(Weather, self.weather)

    def page(self, display: Display, at: float) -> None:
        """Take a heartbeat of the page, received at monotonic seconds."""
        self._page_until = at + (self._page_timeout if display.shows_notice else 0)
        if display.used_at not in (None, self._used_at):
            self._used_at, self._used = display.used_at, True
        if display.seen is not None and display.serial == self._serial:
            self._recent.saw(frozenset(display.seen))

    def touch(self, feedback: Feedback, at: float) -> None:
        """Take a touch, received at monotonic seconds.

        One of an item that is not on the screen is late, or not the page's: it is dropped.
        """
        verdict = feedback.verdict
        if verdict == "opt_out" or verdict == "opt_in":
            self._opt_out.touch(verdict, at)
        elif feedback.item_id is not None and feedback.item_id in self._on_screen:
            self._opt_out.touch(verdict, at)
            self._touches.append(Touch(feedback.item_id, verdict))

    def weather(self, weather: Weather, at: float) -> None:
        """Take the weather of the site."""
        self._weather = weather

    def shown(self, screen: Screen, at: float) -> tuple[str, ...]:
        """Take what the screen shows in this turn, at monotonic seconds; of a screen that counts
        now, the ids of the items that the page has had in view."""
        self._serial = screen.serial
        self._on_screen = frozenset(suggestion.item.id for suggestion in screen.suggestions)
        return self._recent.update(screen, at)

    def context(self) -> Context:
        """The state now; each touch, and each use of the page, is in one context only, and one of
        a screen that is off in none."""
        at = self._clock()
        if self._pressed.is_set():
            self._pressed.clear()
            self._opt_out.touch("opt_out", at)
        if at >= self._read_board_at:
            self._read_board_at = at + READ_BOARD_S
            self._heat.update(self._temperature(), self._throttled())
        now = self.wall.now(self._zone)
        # By a clock that nobody has set it would be dark at noon, which is worse than lit at night.
        asleep = self.wall.state == "synchronised" and not self._awake.at(now)
        touches, self._touches = () if asleep else tuple(self._touches), []
        used, self._used = self._used and not asleep, False
        weather = self._weather
        if weather and weather.expires_at and now and weather.expires_at < now:
            weather = None
        # Of weather that never ends, and without the time, nobody knows how old it is.
        holds = weather is not None and weather.expires_at is not None and now is not None
        sky = Sky(weather.condition, weather.celsius) if weather and holds else None
        return Context(
            at=at,
            now=now,
            weather=weather.condition if weather else UNKNOWN,
            sky=sky,
            page_alive=at < self._page_until,
            opted_out=self._opt_out.active(at),
            asleep=asleep,
            hot=self._heat.hot,
            touches=touches,
            used=used,
            recent=self._recent.discounts,
            draw=self._recent.draw,
            table=self._table.look(at),
        )
