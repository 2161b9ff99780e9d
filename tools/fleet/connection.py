"""The operator's connection to a hub: retained messages are written, and read back.

    with operator_connection(hub) as connection:
        connection.write(topic, payload)
        connection.flush()
        found = connection.read([topic])

Guarantee: `flush` returns when the hub has acknowledged everything; `read` tells what is not there
from what is slow: a message of the operator's own follows the questions, and comes back after the
answers.
"""

from __future__ import annotations

import secrets
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from device.errors import UserError
from device.messaging.link import PROTOCOLS
from device.messaging.tls import reason
from device.messaging.topics import ROOT
from tools.fleet.hub import Hub

IN_FLIGHT = 20
"""Messages that are written before the hub must have acknowledged one."""

AT_ONCE = 32
"""Topics that are asked for at once: 1 MB of parts."""

PATIENCE_S = 60.0
"""Longest time without any progress."""

SLICE_S = 0.5
"""Longest time until a lost connection is noticed."""

STRAGGLERS_S = 0.2
"""How long answers may come after the message that follows the questions (Mosquitto keeps their
order; other brokers may not)."""


class Connection:
    """One connection, which ends with the first error. Use `operator_connection`."""

    def __init__(self, client: paho.Client, name: str) -> None:
        """name: of the hub, for errors."""
        self._client, self._name = client, name
        self._changed = threading.Condition()
        self._up, self._lost = False, ""
        self._in_flight: deque[paho.MQTTMessageInfo] = deque()
        self._heard: dict[str, bytes] = {}
        self._echo = f"{ROOT}/fleet/echo/{secrets.token_hex(8)}"
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message

    def open(self) -> None:
        """Wait until the hub has taken the connection.

        Raises:
            UserError: it does not.
        """
        self._wait(lambda: self._up, "does not answer")
        self._client.subscribe(self._echo)

    def write(self, topic: str, payload: bytes) -> None:
        """Publish a retained message, or remove it where the payload is empty.

        Raises:
            UserError: the connection is lost.
        """
        while len(self._in_flight) >= IN_FLIGHT:
            self._acknowledged(self._in_flight.popleft())
        self._in_flight.append(self._client.publish(topic, payload, qos=1, retain=True))

    def flush(self) -> None:
        """Wait until the hub has acknowledged everything.

        Raises:
            UserError: the connection is lost.
        """
        while self._in_flight:
            self._acknowledged(self._in_flight.popleft())

    def read(self, topics: Sequence[str]) -> dict[str, bytes]:
        """The retained messages of topics or filters.

        Raises:
            UserError: the connection is lost.
        """
        found: dict[str, bytes] = {}
        for begin in range(0, len(topics), AT_ONCE):
            some = topics[begin : begin + AT_ONCE]
            with self._changed:
                self._heard.clear()
            self._client.subscribe([(topic, 0) for topic in some])
            self.settle()
            plain = {topic for topic in some if "+" not in topic and "#" not in topic}
            with self._changed:
                self._changed.wait_for(lambda p=plain: p <= self._heard.keys(), STRAGGLERS_S)
                found |= self._heard
            self._client.unsubscribe(list(some))
        found.pop(self._echo, None)
        return found

    def ask(
        self,
        topic: str,
        payload: bytes,
        answers: str,
        fits: Callable[[bytes], bool],
        within_s: float,
    ) -> bytes | None:
        """Publish a message that is not retained, and wait for the one that answers it.

        answers: its topic. Returns None where none came in time.

        Raises:
            UserError: the connection is lost.
        """
        with self._changed:
            self._heard.pop(answers, None)
        self._client.subscribe(answers, 1)
        self.settle()
        self._acknowledged(self._client.publish(topic, payload, qos=1))
        with self._changed:
            self._changed.wait_for(
                lambda: self._lost or fits(self._heard.get(answers, b"")), within_s
            )
            found = self._heard.get(answers, b"")
        self._client.unsubscribe(answers)
        if self._lost:
            raise UserError(f"{self._name}: {self._lost}")
        return found if fits(found) else None

    def settle(self) -> None:
        """Wait until the hub has done what it was told before.

        Raises:
            UserError: the connection is lost.
        """
        mark = secrets.token_bytes(8)
        self._client.publish(self._echo, mark)
        self._wait(lambda: self._heard.get(self._echo) == mark, "does not answer")

    def _acknowledged(self, info: paho.MQTTMessageInfo) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not (self._lost or info.is_published()) and time.monotonic() < deadline:
            info.wait_for_publish(SLICE_S)
        if self._lost:
            raise UserError(f"{self._name}: {self._lost}")
        if not info.is_published():
            raise UserError(f"{self._name}: acknowledges nothing for {PATIENCE_S:.0f} s")

    def _wait(self, true: Callable[[], bool], complaint: str) -> None:
        """Wait until it is true, as long as something goes on."""
        with self._changed:
            while not true():
                if self._lost:
                    raise UserError(f"{self._name}: {self._lost}")
                if not self._changed.wait(PATIENCE_S):
                    raise UserError(f"{self._name}: {complaint} for {PATIENCE_S:.0f} s")

    def _on_connect(self, _c: Any, _u: Any, _flags: Any, answer: Any, _p: Any) -> None:
        with self._changed:
            if answer.is_failure:
                self._lost = f"the hub refuses the operator: {answer.getName()}"
            self._up = not answer.is_failure
            self._changed.notify_all()

    def _on_disconnect(self, _c: Any, _u: Any, _flags: Any, answer: Any, _p: Any) -> None:
        with self._changed:
            self._lost = self._lost or f"the connection to the hub is lost ({answer.getName()})"
            self._changed.notify_all()

    def _on_publish(self, _c: Any, _u: Any, _mid: int, answer: Any, _p: Any) -> None:
        with self._changed:
            if answer.is_failure:
                self._lost = f"the hub refuses what is published: {answer.getName()}"

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        with self._changed:
            self._heard[message.topic] = bytes(message.payload)
            self._changed.notify_all()


@contextmanager
def operator_connection(hub: Hub) -> Iterator[Connection]:
    """A connection to a hub as its operator.

    Raises:
        UserError: the hub cannot be reached, or a certificate cannot be used.
    """
    host, port = hub.settings.host, hub.settings.port
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        protocol=PROTOCOLS[hub.settings.protocol],
        reconnect_on_failure=False,
    )
    client.max_inflight_messages_set(IN_FLIGHT)
    client.tls_set_context(hub.tls())
    connection = Connection(client, f"{host}:{port}")
    try:
        client.connect(host, port)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise UserError(f"{host}:{port}: the hub cannot be reached ({reason(error)})") from None
    client.loop_start()
    try:
        connection.open()
        yield connection
    finally:
        with suppress(ValueError):
            client.disconnect()
        client.loop_stop()
