"""A wire between client and broker that can be cut, swallow answers, or know only MQTT 3.1.1."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from tests.brokers import LOOPBACK

_MQTT = b"\x00\x04MQTT"
_PUBACK = b"\x40"
_CONNACK_UNACCEPTABLE_PROTOCOL = b"\x20\x02\x00\x01"


@dataclass
class Wire:
    """A TCP relay on a free port of loopback.

    to_mqtt_5: `carry` it, `refuse` it by MQTT 3.1.1's return code, or `hang up`. mute: the broker's
    acknowledgements of publishes are lost, and nothing else. away: nobody answers. connects:
    monotonic time and protocol level of each CONNECT.
    """

    upstream: int
    to_mqtt_5: Literal["carry", "refuse", "hang up"] = "carry"
    mute: bool = False
    away: bool = False
    connects: list[tuple[float, int]] = field(default_factory=list)
    port: int = 0
    _open: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)

    def start(self) -> None:
        """Begin to accept."""
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, saying: bytes = b"") -> None:
        """Break all connections; `saying` is the last that the clients get."""
        for client, broker in self._open:
            with suppress(OSError):
                client.sendall(saying)
            for end in (client, broker):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        """Accept no more and cut the rest."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            hello = client.recv(65536)
            at = hello.find(_MQTT)
            level = hello[at + len(_MQTT)] if at > 0 else 0
            self.connects.append((time.monotonic(), level))
            if self.away:
                return
            if level == 5 and self.to_mqtt_5 != "carry":
                if self.to_mqtt_5 == "refuse":
                    client.sendall(_CONNACK_UNACCEPTABLE_PROTOCOL)
                return
            with socket.create_connection((LOOPBACK, self.upstream)) as broker:
                self._open.append((client, broker))
                broker.sendall(hello)
                back = threading.Thread(target=self._back, args=(broker, client), daemon=True)
                back.start()
                while data := client.recv(65536):
                    broker.sendall(data)
                broker.shutdown(socket.SHUT_WR)
                back.join()

    def _back(self, broker: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := broker.recv(65536):
                while self.mute and data[:1] == _PUBACK:
                    data = data[2 + data[1] :]
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(
    upstream: int, to_mqtt_5: Literal["carry", "refuse", "hang up"] = "carry"
) -> Iterator[Wire]:
    """A wire to the broker on that port."""
    line = Wire(upstream, to_mqtt_5)
    line.start()
    try:
        yield line
    finally:
        line.close()
