"""The health message, built from sources: callables that report the state of each part.

It depends neither on MQTT nor on any part. Guarantee: the message is always built. A source that
fails is None in the message and one line in the log; a part without a source or sensor is None too,
never "healthy".

    health = Health(boot, watchdog.heartbeats, {"camera": capture.state, "fps": capture.fps, ...})
    bus.publish("health", health.payload())
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
"""Returns the current state as JSON types; called for every message."""

BOARD: Mapping[str, Source] = {
    "temperature_c": board.temperature_c,
    "undervoltage": board.undervoltage,
    "throttled": board.throttled,
    "rss_mb": board.resident_mb,
    "wifi_dbm": board.wifi_dbm,
    "reboot_waits": board.reboot_waits,
}

PARTS = (
    "camera", "fps", "detector", "accelerator", "runtime", "drops", "broker", "clock",
    "disk_free_mb", "catalogue_days",
)  # fmt: skip
"""Keys whose sources the rest of the kiosk provides. `accelerator` and `runtime` name what is in
use, not what is configured."""


class Health:
    """Calls every source and builds the message."""

    def __init__(
        self,
        boot: str,
        heartbeats: Heartbeats,
        sources: Mapping[str, Source],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """boot: id of this start. sources: by key of the message: `PARTS`, or those of `BOARD`.

        Raises:
            ValueError: a source for an unknown key.
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
        except Exception:  # one broken part must not hide the health of the others
            if key not in self._failed:
                log.exception("health: the source of %s failed", key)
            self._failed.add(key)
            return None
        self._failed.discard(key)
        return answer
