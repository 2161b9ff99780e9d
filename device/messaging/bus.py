"""The bus: the kiosk's one MQTT client, on a thread of its own.

Guarantees: `start` returns at once, whether or not a broker is there; `publish` never waits for
the network, and its queue is bounded; `online` and every retained message are published at each
connect; `offline` is the last message of a clean stop, and the last will after any other end; a
publish counts when the broker has acknowledged it; a kiosk whose client id is used twice, or whose
login is refused, reports it and waits long. Messages to the kiosk are handled on the thread that
calls `deliver`. If the bus's thread dies, `publish` and `deliver` raise.

    bus = Bus(config.mqtt, Topics("helsinki", "kiosk-1"), release="0.1.0", boot=boot)
    bus.inbox.route(Feedback, handle_touch)
    bus.start(watchdog.heartbeats.expect("bus", within_s=10))
    bus.publish("suggestions", payload)
    bus.deliver()
    bus.stop()
"""

from __future__ import annotations

import dataclasses
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

from device.addresses import shown
from device.config import MqttConfig
from device.messaging import payloads
from device.messaging.link import UNANSWERED, Link, Login, explained
from device.messaging.queues import Inbox, Outbox, Outgoing
from device.messaging.reconnect import Reconnect
from device.messaging.tls import INSECURE
from device.messaging.topics import BusState, Topics

log = logging.getLogger(__name__)

SLICE_S = 0.5
"""Longest wait before the thread's loop turns again and beats."""

ANSWER_S = 5.0
"""Longest wait for the broker's answer to CONNECT."""

FLUSH_S = 2.0
"""Longest wait at a clean stop for what is still queued, and again for `offline`."""


class BusDeadError(RuntimeError):
    """The bus's thread has ended by a bug: nothing would be sent any more."""


class Bus:
    """Publishes the kiosk's messages; `inbox` collects those sent to it."""

    def __init__(
        self,
        config: MqttConfig,
        topics: Topics,
        *,
        release: str,
        boot: str,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        """config: with the address of a broker, an embedded one's by `EmbeddedBroker.address`.

        boot: id of this start. clock: monotonic seconds. wall: seconds since 1970, for `status`.
        rng: of the backoff.

        Raises:
            UserError: a password or certificate file that cannot be used.
        """
        self._config, self._topics = config, topics
        self._release, self._boot = release, boot
        self._clock, self._wall = clock, wall
        self._login = Login.read(config)
        self._reconnect = Reconnect(config, topics, rng)
        self._outbox = Outbox(config.queue, clock)
        self.inbox = Inbox(topics, clock)
        self._thread = threading.Thread(target=self._run, name="bus", daemon=True)
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._stopping = False
        self._beat: Callable[[], None] = lambda: None
        self._up = threading.Event()
        self._since = clock()
        self._connects = self._acknowledged = self._refused = 0
        self._acknowledged_at: float | None = None
        self._error: BaseException | None = None
        self._outbox.put(self._status("online"))  # the first message of every connection

    def start(self, beat: Callable[[], None] = lambda: None) -> None:
        """Begin to connect. beat: called at each turn of the loop, several times a second."""
        self._beat = beat
        self._thread.start()

    def stop(self) -> None:
        """Publish what is queued, then `offline`, and disconnect; takes at most about 5 s."""
        self._stopping = True
        self._wake_thread()
        if self._thread.ident is not None:
            self._thread.join(2 * FLUSH_S + 1)
        self._wake.close()
        self._waker.close()

    def publish(self, name: str, payload: Mapping[str, Any]) -> None:
        """Queue a message of the table; returns at once.

        Raises:
            KeyError: no such message.
            ValueError: one that the kiosk receives, or a payload that is not JSON.
            BusDeadError: the thread has died.
        """
        self._check()
        row = self._topics.row(name)
        if row.received:
            raise ValueError(f"{name}: the kiosk receives it")
        if not self._stopping:
            topic = self._topics.topic(name)
            self._outbox.put(Outgoing(topic, payloads.encode(payload), row.retained))
            self._wake_thread()

    def deliver(self) -> None:
        """Call the handlers of `inbox`, on this thread, with what has arrived since the last call.

        Raises:
            BusDeadError: the bus's thread has died.
        """
        self._check()
        self.inbox.deliver()

    def wait_connected(self, within_s: float) -> bool:
        """Whether there is a connection, or one is established in this time."""
        return self._up.wait(within_s)

    @property
    def state(self) -> BusState:
        """How the connection is now."""
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
            drops=self._outbox.drops + self.inbox.drops,
            malformed=self.inbox.malformed,
            reconnects=max(0, self._connects - 1),
            takeovers=self._reconnect.takeovers,
            trouble=self._reconnect.trouble(since_s if connected else None),
            warning=INSECURE if self._config.tls and self._config.tls.insecure else None,
        )

    def health(self) -> dict[str, Any]:
        """`state`, as in the health message."""
        return dataclasses.asdict(self.state)

    def _check(self) -> None:
        if self._error is not None:
            raise BusDeadError("the bus's thread has died") from self._error

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wait(self._connection())
        except BaseException as error:  # the thread's end must be visible to `_check`
            self._error = error
            log.critical("the bus's thread has died", exc_info=True)
        finally:
            self._up.clear()

    def _connection(self) -> float:
        """One connection, from CONNECT to its end; seconds to wait before the next."""
        will = self._status("offline")
        link = Link(
            self._config, self._topics.client_id, self._reconnect.protocol, self._login, will
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
            link.drop("lost", "the bus's thread has died")
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
        calling = threading.Thread(target=call, name="bus-open", daemon=True)
        calling.start()
        while calling.is_alive() and not self._stopping:
            self._beat()
            calling.join(SLICE_S)

    def _turn(self, link: Link) -> None:
        self._beat()
        link.turn(self._wake, SLICE_S)
        self._drain()
        if link.connected and not self._up.is_set():
            self._connected(link)
        for packet_id, refusal in link.acknowledged:
            self._answered(packet_id, refusal)
        for topic, payload, retained in link.arrived:
            self.inbox.put(topic, payload, retained=retained)
        link.acknowledged.clear()
        link.arrived.clear()
        while link.connected and link.end is None and self._outbox.send_next(link.publish):
            pass
        if self._outbox.oldest_s() > self._config.keepalive_s:
            link.drop("lost", "the broker does not acknowledge what is published")

    def _connected(self, link: Link) -> None:
        self._connects += 1
        self._since = self._clock()
        wanted = (row for row in self._topics.table if row.received)
        link.subscribe({self._topics.topic(row.name): row.qos for row in wanted})
        self._outbox.put(self._status("online"))
        self._outbox.reconnected()
        self._up.set()
        log.info("connected to %s by MQTT %s", shown(self._config.broker), self._reconnect.protocol)

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
        """Publish `offline` last; where that fails, the broker publishes the last will."""
        self._flush(link)
        self._outbox.put(self._status("offline"))
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

    def _wake_thread(self) -> None:
        with suppress(OSError):  # full: it will wake anyway
            self._waker.send(b"\0")

    def _drain(self) -> None:
        with suppress(OSError):  # nothing to read
            self._wake.recv(4096)

    def _status(self, state: Literal["online", "offline"]) -> Outgoing:
        now = datetime.fromtimestamp(self._wall(), UTC)
        status = payloads.status(state, boot=self._boot, release=self._release, now=now)
        return Outgoing(self._topics.topic("status"), payloads.encode(status), retain=True)
