"""A bad link for benchmarks and tests: a TCP relay on loopback that is slow, breaks, and counts.

with wire(hub.port, rate=8_000, cut_every_s=10) as line:     # connect to line.port
    ...
    line.down, line.up, line.cuts
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tools.fleet.local_hub import LOOPBACK

BUFFER = 8192
"""Bytes that a socket of the relay holds back: a large buffer would hide that a link is slow."""

CHUNK = 1024


class Wire:
    """upstreams: ports, in turn; one that does not answer is passed over. rate: bytes a second
    towards the client; None: any. cut_every_s: how long a connection lasts.

    down, up: bytes carried, TLS included. cuts: connections that were broken.
    """

    def __init__(
        self, upstreams: Sequence[int], rate: float | None, cut_every_s: float | None
    ) -> None:
        self.down = self.up = self.cuts = 0
        self._upstreams, self._rate, self._cut_every_s = tuple(upstreams), rate, cut_every_s
        self._turn = 0
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        self._listener.bind((LOOPBACK, 0))
        self._listener.listen()
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more, and break what is open."""
        for end in (self._listener, *tuple(self._open)):
            _shut(end)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        hub = self._connect()
        if hub is None:
            client.close()
            return
        with client, hub, suppress(OSError):
            self._open |= {client, hub}
            timer = None
            if self._cut_every_s is not None:
                timer = threading.Timer(self._cut_every_s, self._cut, (client, hub))
                timer.daemon = True
                timer.start()
            back = threading.Thread(target=self._carry_up, args=(client, hub), daemon=True)
            back.start()
            self._carry_down(hub, client)
            _shut(client)
            back.join()
            if timer is not None:
                timer.cancel()
        self._open -= {client, hub}

    def _connect(self) -> socket.socket | None:
        """A connection to the next one that answers; None: none does."""
        for _ in self._upstreams:
            self._turn += 1
            hub = socket.socket()
            hub.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            try:
                hub.connect((LOOPBACK, self._upstreams[self._turn % len(self._upstreams)]))
                return hub
            except OSError:
                hub.close()
        return None

    def _cut(self, *ends: socket.socket) -> None:
        self.cuts += 1
        for end in ends:
            _shut(end)

    def _carry_down(self, hub: socket.socket, client: socket.socket) -> None:
        due = time.monotonic()
        with suppress(OSError):
            while data := hub.recv(CHUNK):
                client.sendall(data)
                self.down += len(data)
                if self._rate is not None:
                    due = max(due, time.monotonic()) + len(data) / self._rate
                    time.sleep(max(0.0, due - time.monotonic()))

    def _carry_up(self, client: socket.socket, hub: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                hub.sendall(data)
                self.up += len(data)
        _shut(hub)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(
    upstream: int, *, rate: float | None = None, cut_every_s: float | None = None
) -> Iterator[Wire]:
    """A relay to that port, until the block ends."""
    line = Wire([upstream], rate, cut_every_s)
    try:
        yield line
    finally:
        line.close()
