"""Feeds the service manager's watchdog while every loop turns within its own deadline.

A loop says how long one turn may take and beats once a turn, also when it had nothing to do. One
that has not beaten for longer than that hangs: its name is logged and the manager is asked to
restart the process at once. A lost camera or broker is no hang: the loop that waits for it goes on
turning, and `health` tells the state.

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
"""The hardware watchdog of a Raspberry Pi waits 15 s at most (Linux's bcm2835_wdt: 20 bits of
1/65536 s); a loop's deadline, and the second in which a hang is noticed, end well before it.
"""

LOOK_EVERY_S = 1.0
"""Seconds between two looks at the loops."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a loop is: seconds since its last beat, and whether that is within its deadline."""

    ok: bool
    age_s: float


class Heartbeats:
    """When each loop last turned, and when it must turn again. A beat takes no lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._within: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def expect(self, name: str, within_s: float) -> Callable[[], None]:
        """Count on a loop from now on; call what this returns once a turn.

        within_s: seconds, more than 0 and at most `LONGEST_DEADLINE_S`.

        Raises:
            ValueError: a deadline that the hardware watchdog would not wait for.
        """
        if not 0 < within_s <= LONGEST_DEADLINE_S:
            raise ValueError(f"{name}: got {within_s} s, takes up to {LONGEST_DEADLINE_S} s")

        def beat() -> None:
            self._last[name] = self._clock()

        beat()
        self._within[name] = within_s
        return beat

    def forget(self, name: str) -> None:
        """Count on a loop no more: it has ended as it should."""
        self._within.pop(name, None)

    def steps(self) -> Mapping[str, Step]:
        """Every loop that is counted on, for `health`."""
        now = self._clock()
        ages = {name: now - self._last[name] for name in tuple(self._within)}
        return {
            name: Step(age <= self._within.get(name, age), round(age, 1))
            for name, age in ages.items()
        }

    def late(self) -> Mapping[str, float]:
        """Loops beyond their deadline, and seconds since their last beat."""
        return {name: step.age_s for name, step in self.steps().items() if not step.ok}


class Watchdog:
    """Stands between the loops and the service manager."""

    def __init__(self, notifier: Notifier, *, every_s: float = LOOK_EVERY_S) -> None:
        """every_s: seconds between two looks."""
        self.heartbeats = Heartbeats()
        self._notifier = notifier
        self._every_s = every_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def loading(self, what: str, within_s: float = 120) -> None:
        """A slow part of the start begins: it may take `within_s`, and is killed if it hangs."""
        log.info("loading %s", what)
        self._notifier.loading(f"loading {what}", within_s)

    def ready(self, status: str = "running") -> None:
        """The start is complete: from now on every loop must keep its deadline."""
        self._notifier.ready(status)
        self._thread.start()

    def stop(self) -> None:
        """A clean end begins: loops may stop. The manager's stop timeout takes over."""
        self._notifier.stopping()
        self._stopped.set()

    def _watch(self) -> None:
        told: tuple[str, ...] = ()
        while not self._stopped.is_set():
            late = self.heartbeats.late()
            if not late:
                self._notifier.feed()
            else:
                names = ", ".join(late)
                if tuple(late) != told:
                    log.critical("hangs: %s, silent for %.1f s", names, max(late.values()))
                self._notifier.bite(f"hangs: {names}")
            told = tuple(late)
            self._stopped.wait(self._every_s)
