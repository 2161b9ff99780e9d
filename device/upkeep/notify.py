"""Notifications to the service manager: systemd's sd_notify protocol, without a library.

A notification is one datagram of `KEY=value` lines to the socket that NOTIFY_SOCKET names. It never
blocks and never raises: a kiosk that cannot reach its manager goes on, and the manager's own
deadlines apply. Without NOTIFY_SOCKET nothing is sent.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path


class Notifier:
    """Sends notifications; `Notifier(None)` sends none."""

    def __init__(self, address: str | None) -> None:
        """address: of the socket: a path, `@name` for an abstract socket, or None."""
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
        """Whether there is a service manager."""
        return self._socket is not None

    def ready(self, status: str) -> None:
        """Start-up is complete; the watchdog is active from now on."""
        self._send("READY=1", f"STATUS={status}")

    def loading(self, status: str, within_s: float) -> None:
        """Start-up continues: extend its timeout by `within_s` seconds."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(within_s * 1e6)}", f"STATUS={status}")

    def feed(self) -> None:
        """Restart the watchdog's period."""
        self._send("WATCHDOG=1")

    def trigger(self, status: str) -> None:
        """End the watchdog's period now: the manager restarts the process."""
        self._send(f"STATUS={status}", "WATCHDOG=trigger")

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows."""
        self._send(f"STATUS={text}")

    def refused(self, reason: str, environment: Mapping[str, str] = os.environ) -> None:
        """The service cannot start: set that line, and leave the reason in RUNTIME_DIRECTORY, in
        memory, for `restart-delay`. The manager forgets the line with its next try."""
        self.status(f"not started: {reason}")
        if self.supervised and (folder := environment.get("RUNTIME_DIRECTORY")):
            (Path(folder) / "refused").write_text(reason, encoding="utf-8")

    def stopping(self) -> None:
        """A clean shutdown has begun."""
        self._send("STOPPING=1")

    def _send(self, *lines: str) -> None:
        if self._socket is None or not self._address:
            return
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        message = "\n".join(line.replace("\n", " ") for line in lines).encode()
        try:
            self._socket.sendto(message, name)
        except OSError:
            # The manager restarts or its queue is full: the next notification follows soon.
            return
