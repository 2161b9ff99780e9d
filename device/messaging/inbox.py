"""What has come in and waits for the corridor: parsed, bounded, each touch once.

The network thread puts bytes in and nothing else runs there; the corridor takes values out. What is
malformed, or may not be what it says, is counted and thrown away.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from device.messaging import payloads
from device.messaging.topics import Topics

LIMIT = 64
"""Messages kept for a corridor that is busy; the oldest are lost first."""

REMEMBERED = 64
"""Touches that are known again when a bridge or a broker delivers them twice."""


class Inbox:
    """Filled by the bus's thread, emptied by the corridor."""

    def __init__(self, topics: Topics, clock: Callable[[], float]) -> None:
        """clock: monotonic seconds, at which messages are marked as received."""
        self._topics, self._clock = topics, clock
        self._lock = threading.Lock()
        self._messages: deque[payloads.Inbound] = deque()
        self._touches: deque[bytes] = deque(maxlen=REMEMBERED)
        self.malformed = 0
        self.drops = 0

    def put(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Read a message; never raises. retained: the broker had kept it.

        A retained heartbeat or touch is no news from the page, whoever made it retained, and would
        have its effect again at every connect.
        """
        row = self._topics.row(topic)
        if row is None or row.sender == "kiosk":
            return  # a broker may send more than was asked for (amqtt does)
        if not payload:
            return  # a retained message is cleared
        message = None
        if row.retained or not retained:
            message = payloads.decode(row.name, payload, self._clock())
        with self._lock:
            if message is None:
                self.malformed += 1
            elif not (isinstance(message, payloads.Feedback) and payload in self._touches):
                if isinstance(message, payloads.Feedback):
                    self._touches.append(payload)
                self._messages.append(message)
                if len(self._messages) > LIMIT:
                    self._messages.popleft()
                    self.drops += 1

    def take(self) -> list[payloads.Inbound]:
        """Everything that has come in since the last call, oldest first."""
        with self._lock:
            messages = list(self._messages)
            self._messages.clear()
        return messages
