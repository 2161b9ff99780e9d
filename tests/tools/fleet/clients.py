"""Clients of a hub for tests: each with a certificate, or with none."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.brokers import PATIENCE_S, Heard, wait_until
from tools.fleet.certificates import Identity
from tools.fleet.local_hub import LOOPBACK


def context(ca: Path, identity: Identity | None, folder: Path) -> ssl.SSLContext:
    """TLS with an identity's certificate."""
    tls = ssl.create_default_context(cafile=ca)
    if identity is not None:
        file = folder / "client.pem"
        file.write_text(identity.certificate + identity.key, encoding="utf-8")
        tls.load_cert_chain(file)
    return tls


class Client:
    """A client by MQTT 5: it says why it was refused."""

    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        self.heard: list[Heard] = []
        self.ended: list[str] = []
        self._connected = threading.Event()
        self._answers: dict[int, list[ReasonCode]] = {}
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        self._client.tls_set_context(tls)
        self._client.on_connect = lambda *_: self._connected.set()
        self._client.on_disconnect = lambda *given: self.ended.append(str(given[3]))
        self._client.on_message = lambda _c, _u, message: self.heard.append(
            Heard(message.topic, bytes(message.payload), message.retain, message.qos)
        )
        self._client.on_subscribe = self._answer
        self._client.on_publish = lambda _c, _u, mid, reason, _p: self._answer(
            None, None, mid, [reason], None
        )
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()
        wait_until(lambda: self._connected.is_set() or self.ended, "an answer of the hub")

    def subscribe(self, topic: str) -> list[str]:
        """Subscribe, and what the hub answers."""
        _, mid = self._client.subscribe(topic, options=SubscribeOptions(qos=1))
        return self._answered(mid)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> list[str]:
        """Publish, and what the hub answers."""
        return self._answered(self._client.publish(topic, payload, qos=1, retain=retain).mid)

    def wait(self, topic: str) -> Heard:
        """The first message of a topic."""
        found: Any = wait_until(lambda: [m for m in self.heard if m.topic == topic], topic)
        return found[0]

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _answered(self, mid: int | None) -> list[str]:
        assert mid is not None
        answer = wait_until(lambda: self._answers.get(mid), "an answer", PATIENCE_S)
        return [reason.getName() for reason in answer]

    def _answer(
        self, _c: Any, _u: Any, mid: int, reasons: list[ReasonCode], _p: Properties | None
    ) -> None:
        self._answers[mid] = reasons


@contextmanager
def connected(port: int, tls: ssl.SSLContext) -> Iterator[Client]:
    """A client that is connected until the block ends.

    Raises:
        OSError: TLS was refused.
    """
    client = Client(port, tls)
    try:
        yield client
    finally:
        client.close()
