"""Tells the service manager how the process is: systemd's sd_notify protocol, without a library.

A notification is one datagram of `KEY=value` lines to the socket that NOTIFY_SOCKET names. It
never blocks and never raises: a kiosk that cannot reach its manager goes on working, and the
manager's own deadlines then do their work. Without NOTIFY_SOCKET nothing is sent.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notifier:
    """The line to the service manager; a `Notifier(None)` has nobody to tell."""

    def __init__(self, address: str | None) -> None:
        """address: a path, `@name` for an abstract socket, or None."""
        self._address = address
        self._socket: socket.socket | None = None
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifier:
        """The notifier of the manager that started this process, if one did."""
        return cls(environment.get("NOTIFY_SOCKET"))

    @property
    def supervised(self) -> bool:
        """Whether a service manager listens."""
        return self._socket is not None

    def ready(self, status: str) -> None:
        """Start-up is complete; from here on the watchdog counts."""
        self._send("READY=1", f"STATUS={status}")

    def loading(self, status: str, within_s: float) -> None:
        """Start-up goes on: do not give up for another `within_s` seconds."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(within_s * 1e6)}", f"STATUS={status}")

    def feed(self) -> None:
        """All is well: the watchdog may wait for its full period again."""
        self._send("WATCHDOG=1")

    def bite(self, status: str) -> None:
        """All is not well: act now as if the watchdog's period were over."""
        self._send(f"STATUS={status}", "WATCHDOG=trigger")

    def status(self, text: str) -> None:
        """One line that `systemctl status` shows."""
        self._send(f"STATUS={text}")

    def stopping(self) -> None:
        """A clean end has begun."""
        self._send("STOPPING=1")

    def _send(self, *lines: str) -> None:
        if self._socket is None or not self._address:
            return
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        message = "\n".join(line.replace("\n", " ") for line in lines).encode()
        try:
            self._socket.sendto(message, name)
        except OSError:
            # The manager is being restarted or its queue is full: the next message is due soon.
            return
