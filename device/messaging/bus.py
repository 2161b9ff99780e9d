"""The bus: the kiosk's messages of the table, over its own MQTT client.

Guarantees, besides those of `Client`: `online` and every retained message are published at each
connect; `offline` is the last message of a clean stop, and the last will after any other end.
Messages to the kiosk are handled on the thread that calls `deliver`. If the bus's thread dies,
`publish` and `deliver` raise.

    bus = Bus(config.mqtt, Topics("helsinki", "kiosk-1"), release="0.1.0", boot=boot)
    bus.inbox.route(Feedback, handle_touch)
    bus.start(watchdog.heartbeats.expect("bus", within_s=10))
    bus.publish("suggestions", payload)
    bus.deliver()
    bus.stop()
"""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from device.config import MqttConfig
from device.messaging import payloads
from device.messaging.client import Client, Manners
from device.messaging.messages import BusState
from device.messaging.queues import Inbox, Outgoing
from device.messaging.topics import Topics


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
        self._topics, self._wall = topics, wall
        self._release, self._boot = release, boot
        self.inbox = Inbox(topics, clock)
        wanted = (row for row in topics.table if row.received)
        manners = Manners(
            hears={topics.topic(row.name): row.qos for row in wanted},
            received=self._received,
            will=lambda: self._status("offline"),
            greeting=lambda: self._status("online"),
            farewell=lambda: self._status("offline"),
        )
        self._client = Client(
            config,
            topics,
            manners,
            name="bus",
            client_id=topics.client_id,
            clock=clock,
            rng=rng,
        )

    def start(self, beat: Callable[[], None] = lambda: None) -> None:
        """Begin to connect. beat: called at each turn of the loop, several times a second."""
        self._client.start(beat)

    def stop(self) -> None:
        """Publish what is queued, then `offline`, and disconnect; takes at most about 5 s."""
        self._client.stop()

    def publish(self, name: str, payload: Mapping[str, Any]) -> None:
        """Queue a message of the table; returns at once.

        Raises:
            KeyError: no such message.
            ValueError: one that the kiosk receives, or a payload that is not JSON.
            ClientDeadError: the thread has died.
        """
        self._client.check()
        row = self._topics.row(name)
        if row.received:
            raise ValueError(f"{name}: the kiosk receives it")
        topic = self._topics.topic(name)
        self._client.publish(Outgoing(topic, payloads.encode(payload), row.retained))

    def deliver(self) -> None:
        """Call the handlers of `inbox`, on this thread, with what has arrived since the last call.

        Raises:
            ClientDeadError: the bus's thread has died.
        """
        self._client.check()
        self.inbox.deliver()

    def wait_connected(self, within_s: float) -> bool:
        """Whether there is a connection, or one is established in this time."""
        return self._client.wait_connected(within_s)

    @property
    def state(self) -> BusState:
        """How the connection is now."""
        state = self._client.state
        drops = state.drops + self.inbox.drops
        return dataclasses.replace(state, drops=drops, malformed=self.inbox.malformed)

    def health(self) -> dict[str, Any]:
        """`state`, as in the health message."""
        return dataclasses.asdict(self.state)

    def _received(self, topic: str, payload: bytes, retained: bool) -> None:
        self.inbox.put(topic, payload, retained=retained)

    def _status(self, state: Literal["online", "offline"]) -> Outgoing:
        now = datetime.fromtimestamp(self._wall(), UTC)
        status = payloads.status(state, boot=self._boot, release=self._release, now=now)
        return Outgoing(self._topics.topic("status"), payloads.encode(status), retain=True)
