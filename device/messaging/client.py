"""One MQTT client on a thread of its own: connects, reconnects, sends and receives.

Guarantees: `start` returns at once, whether or not a broker is there; `publish` never waits for the
network, and its queue is bounded; every retained message is published again at each connect, the
greeting first; the farewell is the last message of a clean stop, and the last will stands for any
other end; a publish counts when the broker has acknowledged it; a client whose id is used twice, or
whose login is refused, reports it and waits long. The kiosk's bus (device/messaging/bus.py) is one
client; the agent of a fleet has two.
"""

from __future__ import annotations

import logging
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from device.addresses import shown
from device.config import MqttConfig
from device.messaging.link import UNANSWERED, Link, Login, explained
from device.messaging.messages import BusState
from device.messaging.queues import Outbox, Outgoing
from device.messaging.reconnect import Reconnect
from device.messaging.tls import INSECURE
from device.messaging.topics import Topics

log = logging.getLogger(__name__)

SLICE_S = 0.5
"""Longest wait before the thread's loop turns again and beats."""

ANSWER_S = 5.0
"""Longest wait for the broker's answer to CONNECT."""

FLUSH_S = 2.0
"""Longest wait at a clean stop for what is still queued, and again for the farewell."""


class ClientDeadError(RuntimeError):
    """The client's thread has ended by a bug: nothing would be sent any more."""


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Manners:
    """What a client says and hears. All are called on the client's thread.

    hears: topics and their QoS, subscribed to at each connect. received: a message has arrived:
    topic, payload, whether the broker had retained it. will, greeting, farewell: None: none.
    connected: the greeting and the subscriptions are on their way. largest: bytes of the largest
    packet that the broker may send, where it speaks MQTT 5; None: any.
    """

    hears: Mapping[str, int]
    received: Callable[[str, bytes, bool], None]
    will: Callable[[], Outgoing | None] = _nothing
    greeting: Callable[[], Outgoing | None] = _nothing
    farewell: Callable[[], Outgoing | None] = _nothing
    connected: Callable[[], None] = _nothing
    largest: int | None = None


class Client:
    """A connection that is kept."""

    def __init__(
        self,
        config: MqttConfig,
        topics: Topics,
        manners: Manners,
        *,
        name: str,
        client_id: str,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        """config: with the address of a broker. name: of the thread. clock: monotonic seconds.

        rng: of the backoff.

        Raises:
            UserError: a password or certificate file that cannot be used.
        """
        self._config, self._manners, self._id = config, manners, client_id
        self._clock, self._name = clock, name
        self._login = Login.read(config)
        self._reconnect = Reconnect(config, topics, rng)
        self._outbox = Outbox(config.queue, clock)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._stopping = False
        self._beat: Callable[[], None] = _nothing
        self._up = threading.Event()
        self._since = self.read_at = clock()
        self._asked: deque[tuple[str, int | None]] = deque()
        """Topics to subscribe to, each at its QoS, or to unsubscribe from (None)."""
        self._connects = self._acknowledged = self._refused = 0
        self._acknowledged_at: float | None = None
        self._error: BaseException | None = None
        self._greet()  # the first message of every connection

    def start(self, beat: Callable[[], None] = _nothing) -> None:
        """Begin to connect. beat: called at each turn of the loop, several times a second."""
        self._beat = beat
        self._thread.start()

    def stop(self) -> None:
        """Publish what is queued, then the farewell, and disconnect; takes at most about 5 s."""
        self._stopping = True
        self._wake_thread()
        if self._thread.ident is not None:
            self._thread.join(2 * FLUSH_S + 1)
        self._wake.close()
        self._waker.close()

    def publish(self, message: Outgoing) -> None:
        """Queue a message; returns at once.

        Raises:
            ClientDeadError: the thread has died.
        """
        self.check()
        if not self._stopping:
            self._outbox.put(message)
            self._wake_thread()

    def subscribe(self, topic: str, qos: int) -> None:
        """Subscribe on this connection; nothing happens without one."""
        self._ask(topic, qos)

    def unsubscribe(self, topic: str) -> None:
        """Take back `subscribe`."""
        self._ask(topic, None)

    def wait_connected(self, within_s: float) -> bool:
        """Whether there is a connection, or one is established in this time."""
        return self._up.wait(within_s)

    def check(self) -> None:
        """Do nothing while the thread lives.

        Raises:
            ClientDeadError: it has died.
        """
        if self._error is not None:
            raise ClientDeadError(f"the {self._name}'s thread has died") from self._error

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._up.is_set()

    @property
    def state(self) -> BusState:
        """How the connection is now. Drops are those of the queue of what is sent."""
        connected, acknowledged_at, now = self._up.is_set(), self._acknowledged_at, self._clock()
        since_s = now - self._since
        age_s = None if acknowledged_at is None else round(now - acknowledged_at, 1)
        return BusState(
            alive=self._thread.is_alive(),
            connected=connected,
            protocol=self._reconnect.protocol if connected else None,
            since_s=round(since_s, 1),
            acknowledged=self._acknowledged,
            acknowledged_age_s=age_s,
            waiting=self._outbox.waiting(),
            refused=self._refused,
            drops=self._outbox.drops,
            malformed=0,
            reconnects=max(0, self._connects - 1),
            takeovers=self._reconnect.takeovers,
            trouble=self._reconnect.trouble(since_s if connected else None),
            warning=INSECURE if self._config.tls and self._config.tls.insecure else None,
        )

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wait(self._connection())
        except BaseException as error:  # the thread's end must be visible to `check`
            self._error = error
            log.critical("the %s's thread has died", self._name, exc_info=True)
        finally:
            self._up.clear()

    def _connection(self) -> float:
        """One connection, from CONNECT to its end; seconds to wait before the next."""
        link = Link(
            self._config,
            self._id,
            self._reconnect.protocol,
            self._login,
            self._manners.will(),
            self._manners.largest,
        )
        try:
            self._aside(link.open)
            opened = self._clock()
            while link.end is None and not self._stopping:
                self._turn(link)
                if not link.connected and self._clock() - opened > ANSWER_S:
                    link.drop("unanswered", UNANSWERED)
            if link.end is None:
                self._disconnect(link)
                return 0.0
        except BaseException:
            link.drop("lost", f"the {self._name}'s thread has died")
            raise
        lasted_s = self._clock() - self._since
        was_up = self._up.is_set()
        if was_up:
            self._up.clear()
            self._since = self._clock()
        if was_up:
            return self._reconnect.after(link.end, lasted_s)
        if link.end.how == "unanswered" and self._reconnect.protocol == "5":
            return self._reconnect.after(link.end, None)  # it may speak 3.1.1
        ends = [link.end]
        self._aside(lambda: ends.append(explained(self._config, ends[0])))
        return self._reconnect.after(ends[-1], None)

    def _aside(self, call: Callable[[], None]) -> None:
        """Call on another thread: a name server may take half a minute to fail."""
        calling = threading.Thread(target=call, name=f"{self._name}-open", daemon=True)
        calling.start()
        while calling.is_alive() and not self._stopping:
            self._beat()
            calling.join(SLICE_S)

    def _turn(self, link: Link) -> None:
        self._beat()
        if link.turn(self._wake, SLICE_S):
            self.read_at = self._clock()
        self._drain()
        if link.connected and not self._up.is_set():
            self._connected(link)
        for packet_id, refusal in link.acknowledged:
            self._answered(packet_id, refusal)
        for topic, payload, retained in link.arrived:
            self._manners.received(topic, payload, retained)
        link.acknowledged.clear()
        link.arrived.clear()
        while link.connected and link.end is None and self._asked:
            topic, qos = self._asked.popleft()
            if qos is None:
                link.unsubscribe(topic)
            else:
                link.subscribe({topic: qos})
        while link.connected and link.end is None and self._outbox.send_next(link.publish):
            pass
        if self._outbox.oldest_s() > self._config.keepalive_s:
            link.drop("lost", "the broker does not acknowledge what is published")

    def _connected(self, link: Link) -> None:
        self._connects += 1
        self._since = self._clock()
        self._asked.clear()
        if self._manners.hears:
            link.subscribe(self._manners.hears)
        self._greet()
        self._outbox.reconnected()
        self._up.set()
        self._manners.connected()
        log.info("connected to %s by MQTT %s", shown(self._config.broker), self._reconnect.protocol)

    def _greet(self) -> None:
        greeting = self._manners.greeting()
        if greeting is not None:
            self._outbox.put(greeting)

    def _answered(self, packet_id: int, refusal: str | None) -> None:
        if refusal is None:
            self._acknowledged += 1
            self._acknowledged_at = self._clock()
        else:
            self._refused += 1
            if self._refused == 1:
                log.warning("the broker refused a publish: %s", refusal)
        self._outbox.acknowledged(packet_id)

    def _disconnect(self, link: Link) -> None:
        """Publish the farewell last; where that fails, the broker publishes the last will."""
        self._flush(link)
        farewell = self._manners.farewell()
        if farewell is not None:
            self._outbox.put(farewell)
        self._wake_thread()
        if self._flush(link):
            link.close()
        else:
            link.drop("lost", "stopped")

    def _flush(self, link: Link) -> bool:
        """Turn until everything is acknowledged; whether it is."""
        deadline = self._clock() + FLUSH_S
        while link.connected and link.end is None and self._outbox.waiting():
            if self._clock() > deadline:
                break
            self._turn(link)
        return link.connected and link.end is None and not self._outbox.waiting()

    def _wait(self, seconds: float) -> None:
        deadline = self._clock() + seconds
        while not self._stopping and (left := deadline - self._clock()) > 0:
            self._beat()
            self._wake.settimeout(min(left, SLICE_S))
            self._drain()
        self._wake.setblocking(False)

    def _ask(self, topic: str, qos: int | None) -> None:
        self.check()
        if self._up.is_set():  # else the deque would grow while the broker is away
            self._asked.append((topic, qos))
            self._wake_thread()

    def _wake_thread(self) -> None:
        with suppress(OSError):  # full: it will wake anyway
            self._waker.send(b"\0")

    def _drain(self) -> None:
        with suppress(OSError):  # nothing to read
            self._wake.recv(4096)
