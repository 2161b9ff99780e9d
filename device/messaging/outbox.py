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

    def next(self) -> Outgoing | None:
        """The next message to send, taken out; None: nothing, or enough is under way.

        A state waits while an older one of its topic is under way, and is overtaken by a newer.
        """
        with self._lock:
            if len(self._under_way) >= WINDOW:
                return None
            busy = {message.topic for message, _ in self._under_way.values() if message.retain}
            for topic in self._untold:
                if topic not in busy:
                    del self._untold[topic]
                    return self._states[topic]
            return self._events.popleft() if self._events else None

    def sent(self, number: int, message: Outgoing) -> None:
        """A message is under way by this number."""
        with self._lock:
            self._under_way[number] = (message, self._clock())

    def acknowledged(self, number: int) -> bool:
        """The broker has answered; whether the number was known."""
        with self._lock:
            return self._under_way.pop(number, None) is not None

    def waiting(self) -> int:
        """Messages that the broker has not acknowledged."""
        with self._lock:
            return len(self._untold) + len(self._events) + len(self._under_way)

    def oldest_s(self) -> float:
        """Seconds for which the oldest message has been under way; 0 where there is none."""
        with self._lock:
            began = min((at for _, at in self._under_way.values()), default=None)
            return 0.0 if began is None else self._clock() - began
