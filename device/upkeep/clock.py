"""Whether the wall clock can be trusted: on most boards it does not run without power.

After a power cut such a board starts in the past until the network sets its clock. Only what needs
the time waits for that: opening hours and TLS. `WallClock.now` is None until the clock is
synchronised, for a bounded time, after which the clock is used as it is and `state` is "unknown". A
clock older than this program is never used. Durations use the monotonic clock instead, so that a
jump of hours has no effect.
"""

from __future__ import annotations

import ctypes
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal, TypeAlias

log = logging.getLogger(__name__)

ClockState: TypeAlias = Literal["synchronised", "waiting", "unknown"]

TIMESYNC = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd creates it when it has set the clock."""

EARLIEST = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
"""Seconds since 1970 at which this program was written: an earlier clock is wrong."""

ASK_EVERY_S = 1.0

_TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised."""


def synchronised(timesync: Path = TIMESYNC) -> bool | None:
    """Whether the system clock is synchronised; None if the system does not report it.

    By the file of systemd-timesyncd, or by the kernel, to which chrony and ntpd report.
    """
    try:
        if timesync.exists():
            return True
    except OSError:
        pass
    return _kernel_synchronised()


class WallClock:
    """The time of day, once the clock can be trusted."""

    def __init__(
        self,
        wait_s: float,
        *,
        ask: Callable[[], bool | None] = synchronised,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """wait_s: longest wait for a synchronised clock, in seconds from now."""
        self._ask, self._clock, self._wall = ask, clock, wall
        self._began = clock()
        self._until = self._began + wait_s
        self._next = self._began
        self._wait_s = wait_s
        self.state: ClockState = "waiting"
        self.reason = f"waits up to {wait_s:.0f} s for the network to set the clock"

    def now(self, zone: tzinfo) -> datetime | None:
        """Local time, or None until it can be trusted. Cheap enough for every turn."""
        self._update()
        seconds = self._wall()
        if self.state == "waiting" or seconds < EARLIEST:
            return None
        return datetime.fromtimestamp(seconds, zone)

    def _update(self) -> None:
        at = self._clock()
        if self.state == "synchronised" or at < self._next:
            return
        self._next = at + ASK_EVERY_S
        answer = self._ask()
        if answer:
            self._become("synchronised", f"synchronised {at - self._began:.0f} s after the start")
        elif answer is None:
            self._become("unknown", "this system does not report whether its clock is synchronised")
        elif at >= self._until:
            why = f"not synchronised after {self._wait_s:.0f} s: is a time server reachable?"
            self._become("unknown", why)

    def _become(self, state: ClockState, reason: str) -> None:
        if state != self.state:
            self.state, self.reason = state, reason
            log.log(logging.INFO if state == "synchronised" else logging.WARNING, "%s", reason)


def _kernel_synchronised() -> bool | None:
    # struct timex is 208 bytes on 64-bit Linux; zeroed, it only asks (modes = 0).
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR
