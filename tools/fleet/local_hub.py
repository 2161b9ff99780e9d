"""A hub on loopback with the shipped configuration, for benchmarks, demonstrations and tests.

    with local_hub(folder) as hub:      # hub.port, hub.operator

Guarantee: it is gone when the block ends; it can be killed and started again in between.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device.errors import UserError
from tools.fleet.hub import Hub, HubFile, new_hub, write_settings

LOOPBACK = "127.0.0.1"

START_S = 20.0


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class LocalHub:
    """One Mosquitto; `folder` is the operator's, `database` the broker's own store."""

    def __init__(self, folder: Path) -> None:
        """Make the hub's certificates and configuration; `start` starts it."""
        self.port = free_port()
        self.authority = new_hub(folder, [LOOPBACK, "localhost"], self.port)
        self._server, data = folder / "server", folder / "data"
        data.mkdir()
        self.database = data / "mosquitto.db"
        configuration = self._server / "mosquitto.conf"
        text = configuration.read_text(encoding="utf-8")
        text = text.replace("/etc/wayside-hub", str(self._server))
        text = text.replace("/var/lib/wayside-hub", str(data))
        text = text.replace(f"listener {self.port}", f"listener {self.port} {LOOPBACK}")
        configuration.write_text(f"user {_user()}\n{text}", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = folder

    def open_plainly(self) -> int:
        """Before the start: have it also listen on a port of loopback without TLS, where a
        client is who it says, for simulations whose kiosks share this machine's processor with
        it. The access list stays."""
        port = free_port()
        configuration = self._server / "mosquitto.conf"
        text = configuration.read_text(encoding="utf-8")
        text = text.replace("allow_anonymous false", "allow_anonymous true")
        text += f"\nlistener {port} {LOOPBACK}\nuse_username_as_clientid true\n"
        configuration.write_text(text, encoding="utf-8")
        return port

    @property
    def operator(self) -> Hub:
        """The hub as its operator reaches it; `save` saves it."""
        return Hub.open(self.folder)

    @property
    def pid(self) -> int:
        """Of the broker.

        Raises:
            UserError: it does not run.
        """
        if self._process is None:
            raise UserError("the hub does not run")
        return self._process.pid

    def start(self) -> None:
        """Start as `wayside-hub.service` does, and wait until it accepts.

        Raises:
            UserError: it ended at once, or Mosquitto is not installed.
        """
        path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
        program = shutil.which("mosquitto", path=path)
        if program is None:
            raise UserError("mosquitto: is not installed; sudo apt install mosquitto")
        subprocess.run([self._server / "set-broken-aside", self.database], check=True)
        with (self._server / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", self._server / "mosquitto.conf"],
                stdout=log,
                stderr=log,
                preexec_fn=allow_connections,
            )
        save = f"kill -USR1 {self._process.pid}"
        write_settings(self.folder, HubFile(host=LOOPBACK, port=self.port, save=save))
        deadline = time.monotonic() + START_S
        while not self._accepts():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise UserError(f"the hub does not start: {self.log()[-500:]}")
            time.sleep(0.01)

    def reload(self) -> None:
        """Have it read its configuration, access list and revoked certificates again."""
        os.kill(self.pid, signal.SIGHUP)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it: cleanly, or by SIGKILL as a power cut does."""
        while self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(1)
                self._process = None
            except subprocess.TimeoutExpired:  # Mosquitto overhears a signal while it starts
                continue

    def log(self) -> str:
        """What the broker has said so far."""
        return (self._server / "log").read_text(encoding="utf-8", errors="replace")

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.port)) == 0


def allow_connections() -> None:
    """Let this process open as many files as it may, as the hub's service does: each connection is
    one, and the usual limit is 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _user() -> str:
    return "root" if os.geteuid() == 0 else "mosquitto"


@contextmanager
def local_hub(folder: Path) -> Iterator[LocalHub]:
    """A hub that runs until the block ends. folder: empty, or not there yet."""
    hub = LocalHub(folder)
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()
