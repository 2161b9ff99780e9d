"""What the hub hears of a kiosk, made from what the kiosk's own broker carries.

Guarantees: only `RELAYED` are handed on, unchanged, and nothing comes back; what the page shows or
reports, and what people touch, stays on the kiosk. `status` is the agent's own: `online` while the
kiosk's program says so, `stopped` while it does not, `offline` by the last will. A retained message
that has not changed is not sent again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from device.fleet.moment import Scene
from device.messaging.payloads import LONGEST, encode, status
from device.messaging.queues import Outgoing
from device.messaging.topics import Topics

RELAYED = ("health", "counts", "touches")

LONGEST_SCREEN = 65_536
"""Bytes of the longest `suggestions`: cards have ways, and texts in many languages."""

HEARD = ("status", "suggestions", *RELAYED)
"""What the agent subscribes to at the kiosk's own broker. `suggestions` tells whether somebody is
there, and goes no further."""

CAMERA_GIVES = ("open", "dark")
"""States of a camera that gives frames."""


class Relay:
    """Fed with what the kiosk's broker carries. publish: queues a message for the hub."""

    def __init__(
        self, topics: Topics, publish: Callable[[Outgoing], None], wall: Callable[[], float]
    ) -> None:
        """wall: seconds since 1970."""
        self._topics, self._publish, self._wall = topics, publish, wall
        self._names = {topics.topic(name): name for name in HEARD}
        self._last: dict[str, bytes] = {}
        """By name, the retained payloads that the hub has."""
        self._kiosk: dict[str, str] = {}
        """The last `status` of the kiosk's program; empty: none, or its broker is gone."""
        self._screen = ""
        """What the page shows by the last `suggestions`: its state; empty: not known."""
        self._camera = False
        self.ignored = 0
        """Messages that were too long, or nothing that is relayed."""

    @property
    def hears(self) -> dict[str, int]:
        """Topics of the kiosk's own broker, each at its QoS."""
        return {topic: self._topics.row(name).qos for topic, name in self._names.items()}

    def status(self, reachable: bool = True) -> Outgoing:
        """The message `status` for the hub. reachable: False: as the last will."""
        state: Literal["online", "stopped", "offline"] = "offline"
        if reachable:
            state = "online" if self._kiosk.get("state") == "online" else "stopped"
        message = status(
            state,
            boot=self._kiosk.get("boot", ""),
            release=self._kiosk.get("release", ""),
            now=datetime.fromtimestamp(self._wall(), UTC),
        )
        return Outgoing(self._topics.topic("status"), encode(message), retain=True)

    def hear(self, topic: str, payload: bytes, retained: bool) -> None:
        """A message has come from the kiosk's own broker. retained: the broker had stored it."""
        name = self._names.get(topic)
        longest = LONGEST_SCREEN if name == "suggestions" else LONGEST
        if name is None or len(payload) > longest:
            self.ignored += 1
            return
        row = self._topics.row(name)
        if not payload or (retained and not row.retained):
            return  # cleared, or of yesterday
        if name == "status":
            self._is(_fields(payload))
        elif name == "suggestions":
            self._screen = str(_fields(payload).get("state", ""))
        else:
            self._hand_on(name, payload)

    def lost(self) -> None:
        """The connection to the kiosk's own broker has ended."""
        self._screen, self._camera = "", False
        self._is({})

    def scene(self, now: datetime | None) -> Scene:
        """What is seen at the kiosk. now: local; None: not known."""
        return Scene(somebody=self._screen == "showing", camera=self._camera, now=now)

    @property
    def rests(self) -> bool:
        """Whether the page does: the kiosk's program runs, and suggests nothing to anybody."""
        return self._screen == "resting" and self._kiosk.get("state") == "online"

    def _is(self, said: dict[str, Any]) -> None:
        kiosk = {
            key: text[:64]
            for key in ("state", "boot", "release")
            if isinstance(text := said.get(key), str)
        }
        if kiosk != self._kiosk:
            self._kiosk = kiosk
            self._publish(self.status())

    def _hand_on(self, name: str, payload: bytes) -> None:
        row = self._topics.row(name)
        if name == "health":
            camera = _fields(payload).get("camera")
            state = camera.get("state") if isinstance(camera, dict) else None
            self._camera = state in CAMERA_GIVES
        if row.retained:
            if self._last.get(name) == payload:
                return
            self._last[name] = payload
        self._publish(Outgoing(self._topics.topic(name), payload, row.retained))


def _fields(payload: bytes) -> dict[str, Any]:
    """The object in a payload; empty: there is none."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
