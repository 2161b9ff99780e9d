"""The two queues between the bus's thread and everybody else; both are bounded.

`Outbox` holds what the broker has not acknowledged. Of a retained topic it keeps only the newest
payload; other messages wait in a queue that drops and counts its oldest when it is full. A message
leaves when the broker has acknowledged it, so a connection that breaks in between loses nothing.

`Inbox` holds what has arrived, and delivers each kind of message to the rooms that registered for
it. Messages are decoded, and stale ones and duplicates dropped, in one place: `Inbox.put`.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from device.messaging.messages import R, Received
from device.messaging.payloads import decode
from device.messaging.topics import Topics

WINDOW = 20
"""Publishes that may be in flight at once; fewer than any broker's own limit."""

LIMIT = 64
"""Messages kept for a corridor that is busy; the oldest are dropped first."""

REMEMBERED = 64
"""Messages that are recognised when a bridge or a broker delivers them twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """A message to publish at QoS 1."""

    topic: str
    payload: bytes
    retain: bool


class Outbox:
    """Filled by any thread, emptied by the bus's thread."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        """limit: messages kept besides the retained ones. clock: monotonic seconds."""
        self._limit, self._clock = limit, clock
        self._lock = threading.Lock()
        self._retained: dict[str, Outgoing] = {}
        self._unsent: dict[str, None] = {}
        """Topics of `_retained` whose newest payload has not been sent, in order."""
        self._events: deque[Outgoing] = deque()
        self._in_flight: dict[int, tuple[Outgoing, float]] = {}
        self.drops = 0

    def put(self, message: Outgoing) -> None:
        """Keep a message until the broker has acknowledged it."""
        with self._lock:
            if message.retain:
                self._retained[message.topic] = message
                self._unsent[message.topic] = None
            else:
                self._events.append(message)
                self._drop_oldest()

    def reconnected(self) -> None:
        """A connection has begun: send all retained messages, and again what was in flight."""
        with self._lock:
            lost = [message for message, _ in self._in_flight.values() if not message.retain]
            self._in_flight.clear()
            self._events.extendleft(reversed(lost))
            self._drop_oldest()
            self._unsent = dict.fromkeys(self._retained)

    def send_next(self, publish: Callable[[Outgoing], int]) -> bool:
        """Send the next message; False: there is none, or enough are in flight.

        A retained message waits while an older one of its topic is in flight; a newer one takes
        its place. publish: sends without waiting and returns the packet identifier.
        """
        with self._lock:
            if len(self._in_flight) >= WINDOW:
                return False
            busy = {message.topic for message, _ in self._in_flight.values() if message.retain}
            topic = next((topic for topic in self._unsent if topic not in busy), None)
            if topic is not None:
                del self._unsent[topic]
                message = self._retained[topic]
            elif self._events:
                message = self._events.popleft()
            else:
                return False
            self._in_flight[publish(message)] = (message, self._clock())
            return True

    def acknowledged(self, packet_id: int) -> None:
        """The broker has answered the publish with this packet identifier."""
        with self._lock:
            self._in_flight.pop(packet_id, None)

    def waiting(self) -> int:
        """Messages that the broker has not acknowledged."""
        with self._lock:
            return len(self._unsent) + len(self._events) + len(self._in_flight)

    def oldest_s(self) -> float:
        """Seconds for which the oldest message has been in flight; 0 where there is none."""
        with self._lock:
            began = min((at for _, at in self._in_flight.values()), default=None)
            return 0.0 if began is None else self._clock() - began

    def _drop_oldest(self) -> None:
        while len(self._events) > self._limit:
            self._events.popleft()
            self.drops += 1


class Inbox:
    """Filled by the bus's thread, emptied by the corridor's, which runs the handlers."""

    def __init__(self, topics: Topics, clock: Callable[[], float]) -> None:
        """clock: monotonic seconds, the time at which a message is received."""
        self._topics, self._clock = topics, clock
        self._lock = threading.Lock()
        self._handlers: defaultdict[type, list[Callable[[Any, float], None]]] = defaultdict(list)
        self._messages: deque[tuple[Received, float]] = deque()
        self._events: deque[tuple[str, bytes]] = deque(maxlen=REMEMBERED)
        self.malformed = 0
        self.drops = 0

    def route(self, kind: type[R], handler: Callable[[R, float], None]) -> None:
        """Call the handler with each message of a kind and the monotonic time of its arrival.

        Raises:
            ValueError: the table has no such message to the kiosk.
        """
        if not any(row.message is kind and row.received for row in self._topics.table):
            raise ValueError(f"{kind.__name__}: not a message that the kiosk receives")
        self._handlers[kind].append(handler)

    def put(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Decode a message; never raises. retained: the broker had stored it.

        Where the table says that a message is not retained, a retained one is counted as malformed:
        it is old, whoever retained it, and would take effect again at every connect. A message of
        QoS 1 that is not retained is an event: delivered twice, it takes effect once.
        """
        row = self._topics.row_of(topic)
        if row is None or not row.received:
            return  # a broker may send more than was subscribed to (amqtt does)
        if not payload:
            return  # a retained message was cleared
        stale = retained and not row.retained
        message = None if stale else decode(row.message, payload)
        event = (topic, payload) if row.qos and not row.retained else None
        with self._lock:
            if message is None:
                self.malformed += 1
                return
            if event in self._events:
                return
            if event is not None:
                self._events.append(event)
            self._messages.append((message, self._clock()))
            if len(self._messages) > LIMIT:
                self._messages.popleft()
                self.drops += 1

    def deliver(self) -> None:
        """Call the handlers, on this thread, with what has arrived since the last call."""
        with self._lock:
            messages = list(self._messages)
            self._messages.clear()
        for message, at in messages:
            for handler in self._handlers.get(type(message), ()):
                handler(message, at)
