"""The kiosk's health as one message: what each part says of itself when asked.

Built from small sources, callables that the parts hand over, so that it knows neither MQTT nor any
part. It always comes about: a source that fails is None in the message and one line in the log,
and what has no source, or no sensor, is None too, never "all is well".

    health = Health(boot, watchdog.heartbeats, {"camera": capture.state, "fps": capture.fps, ...})
    bus.publish_health(health.payload())
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from device.upkeep import board
from device.upkeep.watchdog import Heartbeats

log = logging.getLogger(__name__)

Source: TypeAlias = Callable[[], Any]
"""Gives what JSON can hold, as it is now: asked at every message, never remembered."""

BOARD: Mapping[str, Source] = {
    "temperature_c": board.temperature_c,
    "undervoltage": board.undervoltage,
    "throttled": board.throttled,
    "rss_mb": board.resident_mb,
}

PARTS = ("camera", "fps", "detector", "accelerator", "runtime", "drops", "broker", "clock")
"""What the rest of the kiosk is asked for. `accelerator` and `runtime` name what is really in use,
not what was configured."""


class Health:
    """Asks every source and puts the message together."""

    def __init__(
        self,
        boot: str,
        heartbeats: Heartbeats,
        sources: Mapping[str, Source],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """boot: id of this start. sources: by key of the message, `PARTS` or to replace `BOARD`.

        Raises:
            ValueError: a source for a key that the message does not have.
        """
        unknown = set(sources) - set(PARTS) - set(BOARD)
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: no such part of the health message")
        self._boot = boot
        self._heartbeats = heartbeats
        self._sources = {**BOARD, **sources}
        self._clock, self._wall = clock, wall
        self._began = clock()
        self._failed: set[str] = set()

    def payload(self) -> dict[str, Any]:
        """The message, ready for JSON."""
        message: dict[str, Any] = {
            "at": datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="seconds"),
            "boot": self._boot,
            "uptime_s": round(self._clock() - self._began, 1),
            "steps": {
                name: {"ok": step.ok, "age_s": step.age_s}
                for name, step in self._heartbeats.steps().items()
            },
        }
        return message | {key: self._ask(key) for key in (*PARTS, *BOARD)}

    def _ask(self, key: str) -> Any:
        source = self._sources.get(key)
        if source is None:
            return None
        try:
            answer = source()
        except Exception:  # whatever is wrong with a part, the others' health must come through
            if key not in self._failed:
                log.exception("health: %s does not answer", key)
            self._failed.add(key)
            return None
        self._failed.discard(key)
        return answer
