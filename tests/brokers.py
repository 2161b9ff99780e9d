"""A real Mosquitto for tests, and a client that records what it receives.

    with mosquitto(tmp_path) as broker:                 # broker.port, broker.websocket_port
        with listen(broker.port) as heard:
            ...
            heard.wait(lambda message: message.topic.endswith("/status"))

The broker listens on free loopback ports, keeps everything in the given folder, accepts connections
when `mosquitto()` yields and is gone when it returns. `needs("mosquitto")` of `tests/needs.py`
skips a test where it is not installed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.needs import tool

LOOPBACK = "127.0.0.1"
PATIENCE_S = 20.0
"""Longest wait for anything that must happen: generous, since the machine may be busy."""


def free_port() -> int:
    """A TCP port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """Ask until the answer is true and return it; fail with `what` where it never is."""
    deadline = time.monotonic() + within_s
    while not (answer := true()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what}")
        time.sleep(0.01)
    return answer


def accepts(port: int) -> bool:
    """Whether something listens on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


class Mosquitto:
    """One broker process; it can be stopped, killed and started again on the same ports."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: str = "allow_anonymous true",
        listener: str = "",
        websocket: str = "",
    ) -> None:
        """settings: lines of mosquitto.conf for the whole broker.

        listener, websocket: lines that follow that listener's own (TLS, `http_dir`).
        """
        self.folder = folder
        self.port, self.websocket_port = free_port(), free_port()
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"persistence false\nuser {'root' if os.getuid() == 0 else 'mosquitto'}\n{settings}\n"
            f"listener {self.port} {LOOPBACK}\n{listener}\n"
            f"listener {self.websocket_port} {LOOPBACK}\nprotocol websockets\n{websocket}\n",
            encoding="utf-8",
        )

    def start(self) -> None:
        """Start and wait until both listeners accept."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [tool("mosquitto"), "-v", "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        for port in (self.port, self.websocket_port):
            wait_until(lambda port=port: self._ended() or accepts(port), f"port {port} accepts")
        if self._ended():
            raise AssertionError(f"mosquitto ended at once: {self.log()}")

    def stop(self) -> None:
        """A clean stop, as a service manager's."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """The power cut."""
        self._end(signal.SIGKILL)

    def log(self) -> str:
        """The broker's log so far, at its most verbose level."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None


@contextmanager
def mosquitto(folder: Path, **config: str) -> Iterator[Mosquitto]:
    """A started broker; `config` as `Mosquitto` takes it."""
    broker = Mosquitto(folder, **config)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def add_password(file: Path, username: str, password: str) -> None:
    """Add a user to a `password_file` of Mosquitto."""
    file.touch()
    file.chmod(0o600)
    subprocess.run(
        [shutil.which("mosquitto_passwd") or "mosquitto_passwd", "-b", file, username, password],
        check=True,
        capture_output=True,
    )


@dataclass(frozen=True)
class Heard:
    """A message as a client got it."""

    topic: str
    payload: bytes
    retain: bool
    qos: int

    @property
    def name(self) -> str:
        """Last level of the topic."""
        return self.topic.rsplit("/", 1)[-1]

    def json(self) -> Any:
        """The payload, decoded."""
        return json.loads(self.payload)


class Listener:
    """A client on its own thread that records a topic filter, and can publish."""

    def __init__(self, port: int, topic: str, *, transport: str = "tcp", **login: str) -> None:
        """login: `username` and `password`, where the broker asks."""
        self.messages: list[Heard] = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            protocol=paho.MQTTv311,
            transport="websockets" if transport == "websockets" else "tcp",
        )
        if login:
            self._client.username_pw_set(**login)
        self._client.on_connect = lambda *_: self._client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._hear
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()
        if not self._subscribed.wait(PATIENCE_S):
            self.close()
            raise AssertionError(f"no subscription to {topic} on port {port}")

    def wait(self, wanted: Callable[[Heard], bool], within_s: float = PATIENCE_S) -> Heard:
        """The first message that is wanted, received already or still to come."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: next((heard for heard in tuple(self.messages) if wanted(heard)), None),
                within_s,
            )
            if found is None:
                names = [(heard.topic, heard.payload[:80]) for heard in self.messages[-8:]]
                raise AssertionError(f"not heard within {within_s:g} s; last heard: {names}")
            return found

    def say(self, topic: str, payload: Any, *, qos: int = 1, retain: bool = False) -> None:
        """Publish JSON, or bytes as they are, and wait until the broker has it."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self._client.publish(topic, data, qos=qos, retain=retain).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        """Disconnect cleanly."""
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        with self._changed:
            self.messages.append(
                Heard(message.topic, bytes(message.payload), message.retain, message.qos)
            )
            self._changed.notify_all()


@contextmanager
def listen(port: int, topic: str = "#", **options: str) -> Iterator[Listener]:
    """A listener that has subscribed; `options` as `Listener` takes them."""
    listener = Listener(port, topic, **options)
    try:
        yield listener
    finally:
        listener.close()
