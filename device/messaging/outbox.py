"""What is still to be told to the broker: bounded, however long the broker is away.

Of a retained topic only the newest state is kept; other messages wait in a queue that loses its
oldest when it is full, and counts that. A message is done when the broker has acknowledged it, so a
connection that breaks in between loses nothing, and the next one begins with every state anew.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 20
"""Messages that may be under way at once; fewer than any broker's own limit."""


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """A message to publish, at QoS 1."""

    topic: str
    payload: bytes
    retain: bool


class Outbox:
    """Filled by any thread, emptied by the bus's."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        """limit: messages kept besides the states. clock: monotonic seconds."""
        self._limit, self._clock = limit, clock
        self._lock = threading.Lock()
        self._states: dict[str, Outgoing] = {}
        self._untold: dict[str, None] = {}
        self._events: deque[Outgoing] = deque()
        self._under_way: dict[int, tuple[Outgoing, float]] = {}
        self.drops = 0

    def put(self, message: Outgoing) -> None:
        """Keep a message until the broker has it."""
        with self._lock:
            if message.retain:
                self._states[message.topic] = message
                self._untold[message.topic] = None
                return
            self._events.append(message)
            if len(self._events) > self._limit:
                self._events.popleft()
                self.drops += 1

    def reconnected(self) -> None:
        """A connection begins: what was under way is not known to have arrived, and no state is."""
        with self._lock:
            lost = [message for message, _ in self._under_way.values() if not message.retain]
            self._under_way.clear()
            self._events.extendleft(reversed(lost))
            while len(self._events) > self._limit:
                self._events.popleft()
                self.drops += 1
            self._untold = dict.fromkeys(self._states)

    def send_next(self, publish: Callable[[Outgoing], int]) -> bool:
        """Send the next message; False: there is none, or enough is under way.

        A state waits while an older one of its topic is under way, and is overtaken by a newer.
        publish: sends without waiting and returns the number that will be acknowledged.
        """
        with self._lock:
            if len(self._under_way) >= WINDOW:
                return False
            busy = {message.topic for message, _ in self._under_way.values() if message.retain}
            topic = next((topic for topic in self._untold if topic not in busy), None)
            if topic is not None:
                del self._untold[topic]
                message = self._states[topic]
            elif self._events:
                message = self._events.popleft()
            else:
                return False
            self._under_way[publish(message)] = (message, self._clock())
            return True

    def acknowledged(self, number: int) -> None:
        """The broker has answered."""
        with self._lock:
            self._under_way.pop(number, None)

    def waiting(self) -> int:
        """Messages that the broker has not acknowledged."""
        with self._lock:
            return len(self._untold) + len(self._events) + len(self._under_way)

    def oldest_s(self) -> float:
        """Seconds for which the oldest message has been under way; 0 where there is none."""
        with self._lock:
            began = min((at for _, at in self._under_way.values()), default=None)
            return 0.0 if began is None else self._clock() - began
