"""Feeds the service manager's watchdog while every loop keeps its own deadline.

A loop declares how long one turn may take and sends a heartbeat once a turn, even if it had nothing
to do. A loop without a heartbeat for longer hangs: its name is logged, and the manager is asked to
restart the process at once. A lost camera or broker is no hang: the loop that waits for it goes on,
and `health` reports the state.

    watchdog = Watchdog(Notifier.from_environment())
    watchdog.loading("models", within_s=120)        # before each slow part of the start
    beat = watchdog.heartbeats.expect("corridor", within_s=8)
    watchdog.ready()                                # models, bus and page server are up
    while running:                                  # each loop, in its own thread
        beat()
        ...                                         # wait in slices much shorter than within_s
    watchdog.stop()
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from device.upkeep.notify import Notifier

log = logging.getLogger(__name__)

LONGEST_DEADLINE_S = 10.0
"""Longest deadline of a loop. The hardware watchdog of a Raspberry Pi waits at most 15 s (Linux's
bcm2835_wdt: 20 bits of 1/65536 s); a deadline, and the second to notice a hang, must end before it.
"""

CHECK_EVERY_S = 1.0
"""Seconds between two checks of the loops."""


@dataclass(frozen=True, slots=True)
class Step:
    """State of a loop: seconds since its last heartbeat, and whether it keeps its deadline."""

    ok: bool
    age_s: float


class Heartbeats:
    """The last heartbeat and the deadline of each loop. A heartbeat takes no lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._within: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def expect(self, name: str, within_s: float) -> Callable[[], None]:
        """Supervise a loop from now on; it calls the returned function once a turn.

        within_s: seconds, more than 0 and at most `LONGEST_DEADLINE_S`.

        Raises:
            ValueError: a deadline beyond `LONGEST_DEADLINE_S`.
        """
        if not 0 < within_s <= LONGEST_DEADLINE_S:
            raise ValueError(f"{name}: got {within_s} s, takes up to {LONGEST_DEADLINE_S} s")

        def beat() -> None:
            self._last[name] = self._clock()

        beat()
        self._within[name] = within_s
        return beat

    def forget(self, name: str) -> None:
        """Supervise a loop no longer: it has ended as it should."""
        self._within.pop(name, None)

    def steps(self) -> Mapping[str, Step]:
        """Every supervised loop, for `health`."""
        now = self._clock()
        ages = {name: now - self._last[name] for name in tuple(self._within)}
        return {
            name: Step(age <= self._within.get(name, age), round(age, 1))
            for name, age in ages.items()
        }

    def late(self) -> Mapping[str, float]:
        """Loops beyond their deadline, and seconds since their last heartbeat."""
        return {name: step.age_s for name, step in self.steps().items() if not step.ok}


class Watchdog:
    """Checks the heartbeats and notifies the service manager."""

    def __init__(self, notifier: Notifier, *, every_s: float = CHECK_EVERY_S) -> None:
        """every_s: seconds between two checks."""
        self.heartbeats = Heartbeats()
        self._notifier = notifier
        self._every_s = every_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def loading(self, what: str, within_s: float = 120) -> None:
        """A slow part of the start begins; the manager kills it after `within_s` seconds."""
        log.info("loading %s", what)
        self._notifier.loading(f"loading {what}", within_s)

    def ready(self, status: str = "running") -> None:
        """The start is complete: every loop must keep its deadline from now on."""
        self._notifier.ready(status)
        self._thread.start()

    def stop(self) -> None:
        """A clean shutdown begins: loops may end. The manager's stop timeout applies."""
        self._notifier.stopping()
        self._stopped.set()

    def _watch(self) -> None:
        reported: tuple[str, ...] = ()
        while not self._stopped.is_set():
            late = self.heartbeats.late()
            if not late:
                self._notifier.feed()
            else:
                names = ", ".join(late)
                if tuple(late) != reported:
                    log.critical("hangs: %s, silent for %.1f s", names, max(late.values()))
                self._notifier.trigger(f"hangs: {names}")
            reported = tuple(late)
            self._stopped.wait(self._every_s)
