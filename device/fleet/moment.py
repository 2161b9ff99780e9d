"""When a release that waits may be switched to: nobody stands there, in the quiet hours if set.

Guarantee: the moment comes. At a busy place it comes after ten minutes, and where the time is never
known after a day; durations are the monotonic clock's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time

PATIENCE_S = 600.0
"""Longest wait for a moment without people: at a busy place there may be none all day."""

CLOCKLESS_S = 86_400.0
"""Longest wait for the quiet hours while the time is not known."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which a kiosk may be switched; past midnight where `ends` is earlier."""

    begins: time
    ends: time

    def holds(self, at: time) -> bool:
        """Whether it is one of them."""
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


@dataclass(frozen=True, slots=True)
class Scene:
    """somebody: stands before the kiosk. camera: a live camera gives frames. now: local time; None
    while it is not known. paused: by the operator: nothing is fetched or tried, and what is on
    trial ends."""

    somebody: bool = False
    camera: bool = False
    now: datetime | None = None
    paused: bool = False


class Moment:
    """Waits for it, from the start on and anew with `wait`."""

    def __init__(self, quiet: Quiet | None, clock: Callable[[], float]) -> None:
        """quiet: None: any hour will do. clock: monotonic seconds."""
        self._quiet, self._clock = quiet, clock
        self.wait()

    def wait(self) -> None:
        """Begin to wait."""
        self._since = self._quiet_since = self._clock()

    def has_come(self, scene: Scene) -> bool:
        """Whether this is it."""
        now, quiet = self._clock(), self._quiet
        if quiet is not None:
            known = scene.now is not None and quiet.holds(scene.now.time())
            late = scene.now is None and now - self._since > CLOCKLESS_S
            if not known and not late:
                self._quiet_since = now
                return False
        return not scene.somebody or now - self._quiet_since > PATIENCE_S
