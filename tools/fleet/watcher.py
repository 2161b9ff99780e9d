"""A connection that only listens: everything that the hub tells of its kiosks, as it comes.

    with Watcher(hub, WATCHER) as watcher:
        watcher.settle()                       # what was retained is there
        for message in watcher.messages(within_s=1): ...

Guarantees: a connection that is lost is made again, and what was retained comes again with it; a
second watcher of the same name is an error in one line, not a quarrel that never ends.
"""

from __future__ import annotations

import queue
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from device.errors import UserError
from device.messaging.link import PROTOCOLS
from device.messaging.tls import reason
from tools.fleet.hub import Hub
from tools.fleet.table import FILTERS, Message

PATIENCE_S = 20.0

LONGEST_WAIT_S = 30
"""Between two tries to connect again."""

STRAGGLERS_S = 0.15
"""How long retained messages may come after the answer to the last subscription."""

SHORT_S, MOST_SHORT = 10.0, 3
"""So many connections in a row that lasted no longer: somebody else connects under this name, and
each ends the other's connection. Mosquitto 2.0 does not say so."""


class Watcher:
    """An open connection. name: of the operator's certificate that it uses."""

    def __init__(self, hub: Hub, name: str, filters: Sequence[str] = FILTERS) -> None:
        """Connect, and subscribe.

        Raises:
            UserError: the hub cannot be reached, or a certificate cannot be used.
        """
        host, port = hub.settings.host, hub.settings.port
        self._where, self._filters = f"{host}:{port}", filters
        self._messages: queue.Queue[Message] = queue.Queue()
        self._answered, self._ended = threading.Event(), ""
        self._last = self._short = 0
        self._since = time.monotonic()
        self.connected = False
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2, protocol=PROTOCOLS[hub.settings.protocol]
        )
        client.reconnect_delay_set(1, LONGEST_WAIT_S)
        client.tls_set_context(hub.tls(name))
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        try:
            client.connect(host, port)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise UserError(f"{self._where}: the hub cannot be reached ({reason(error)})") from None
        client.loop_start()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect."""
        with suppress(ValueError):
            self._client.disconnect()
        self._client.loop_stop()

    def settle(self) -> list[Message]:
        """Wait for what was retained.

        Raises:
            UserError: the hub does not answer, or refuses.
        """
        found, deadline = list[Message](), time.monotonic() + PATIENCE_S
        while not self._answered.is_set():
            found += self.messages(0.1)
            if time.monotonic() > deadline:
                raise UserError(f"{self._where}: does not answer for {PATIENCE_S:.0f} s")
        while more := self.messages(STRAGGLERS_S):
            found += more
        return found

    def messages(self, within_s: float) -> list[Message]:
        """What has come; waits this long for a first message.

        Raises:
            UserError: the connection has ended for good.
        """
        if self._ended:
            raise UserError(f"{self._where}: {self._ended}")
        found = list[Message]()
        with suppress(queue.Empty):
            found.append(self._messages.get(timeout=within_s))
            while True:
                found.append(self._messages.get_nowait())
        return found

    def _on_connect(self, client: paho.Client, _u: Any, _flags: Any, answer: Any, _p: Any) -> None:
        if answer.is_failure:
            self._ended = f"the hub refuses the operator: {answer.getName()}"
            return
        self.connected, self._since = True, time.monotonic()
        # At QoS 0, and the last one by itself: its answer comes after what the others bring.
        *others, last = self._filters
        if others:
            client.subscribe([(topic, 0) for topic in others])
        _, number = client.subscribe(last, 0)
        self._last = number or 0

    def _on_disconnect(self, client: paho.Client, *_: Any) -> None:
        self.connected = False
        self._short = self._short + 1 if time.monotonic() - self._since < SHORT_S else 0
        if self._short == MOST_SHORT:
            self._ended = (
                "the hub ends each connection at once: does another program use it under the same "
                "name? One `watch`, and one `rollout` or `publish`, may run at a time"
            )
            client.disconnect()

    def _on_subscribe(self, _c: Any, _u: Any, number: int, _answers: Any, _p: Any) -> None:
        if number == self._last:
            self._answered.set()

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        self._messages.put(Message(message.topic, bytes(message.payload), message.retain))
