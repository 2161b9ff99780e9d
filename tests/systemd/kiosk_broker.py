"""The kiosk's own broker as installed: Mosquitto with systemd/mosquitto/, on free ports."""

from __future__ import annotations

import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt

from device.config import load_config
from device.display.folder import write_folder
from tests.brokers import PATIENCE_S, accepts, free_port, wait_until
from tests.needs import tool

USERS = ("kiosk", "agent", "page", "screen")


class KioskBroker:
    """A running broker; `passwords` by user."""

    def __init__(self, port: int, web_port: int, passwords: dict[str, str], folder: Path) -> None:
        self.port, self.web_port, self.passwords, self.folder = port, web_port, passwords, folder

    def client(self, user: str) -> Client:
        """A connected MQTT 5 client with that user's name and password."""
        return Client(self.port, user, self.passwords[user])


class Client:
    """A client that keeps the last payload received of each topic."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.received: dict[str, bytes] = {}
        self.refused: str | None = None
        self._answers: dict[int, bool] = {}
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(user, password)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._subscribed = threading.Event()
        self._connected = False
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        wait_until(lambda: self._connected or self.refused is not None, "an answer to the connect")

    def may_publish(self, topic: str, payload: str = "x", *, retain: bool = False) -> bool:
        """Publish, and return whether the broker took it."""
        message = self._client.publish(topic, payload, qos=1, retain=retain)
        wait_until(lambda: message.mid in self._answers, f"an answer to {topic}")
        return self._answers[message.mid]

    def subscribe(self, pattern: str) -> None:
        self._subscribed.clear()
        self._client.subscribe(pattern, qos=1)
        assert self._subscribed.wait(PATIENCE_S), f"no answer to the subscription of {pattern}"

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, *arguments: object) -> None:
        reason = arguments[3]
        if getattr(reason, "is_failure", False):
            self.refused = str(reason)
            self._client.disconnect()  # else it waits a second, to connect again
        else:
            self._connected = True

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed.set()

    def _on_message(self, client: object, data: object, message: mqtt.MQTTMessage) -> None:
        self.received[message.topic] = message.payload

    def _on_publish(self, *arguments: object) -> None:
        _, _, identifier, reason, _ = arguments
        assert isinstance(identifier, int)
        self._answers[identifier] = not getattr(reason, "is_failure", False)


@contextmanager
def kiosk_broker(root: Path, folder: Path) -> Iterator[KioskBroker]:
    """Start Mosquitto with the project's own files; only paths and ports are changed."""
    port, web_port = free_port(), free_port()
    passwords = {user: secrets.token_urlsafe(12) for user in USERS}
    file = folder / "passwords"
    file.write_text("".join(f"{user}:{word}\n" for user, word in passwords.items()))
    subprocess.run([tool("mosquitto_passwd"), "-U", str(file)], check=True)
    config = folder / "config.yaml"
    shipped = (root / "systemd/config.yaml").read_text()
    named = shipped.replace("kiosk: auto", "kiosk: kiosk-1")
    config.write_text(named.replace("@PAGE_PASSWORD@", passwords["page"]))
    write_folder(load_config(config), folder / "page")
    (folder / "mosquitto.d").mkdir()
    text = (root / "systemd/mosquitto/wayside.conf").read_text()
    for old, new in {
        "/run/credentials/wayside-broker.service/passwords": str(file),
        "/opt/wayside/current/systemd/mosquitto/acl": str(root / "systemd/mosquitto/acl"),
        "/run/wayside-broker/page": str(folder / "page"),
        "/etc/wayside/mosquitto.d": str(folder / "mosquitto.d"),
        "listener 1883 ": f"listener {port} ",
        "listener 8083 ": f"listener {web_port} ",
    }.items():
        assert old in text, f"wayside.conf has no {old}"
        text = text.replace(old, new)
    conf = folder / "mosquitto.conf"
    conf.write_text("user root\n" + text)
    with (folder / "log").open("wb") as log:
        broker = subprocess.Popen(
            [tool("mosquitto"), "-c", str(conf)], stdout=log, stderr=log, cwd=folder
        )
        try:
            wait_until(lambda: accepts(port) and accepts(web_port), "the broker's listeners")
            yield KioskBroker(port, web_port, passwords, folder)
        finally:
            broker.terminate()
            broker.wait(10)
