"""A set-up that is open on loopback, with a kiosk's own configuration."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from device.setup.door import Door
from device.setup.program import Setup, serve
from tests.brokers import wait_until

HOST = "127.0.0.1"
CONFIG = """# By the harbour.
site: helsinki
kiosk: pier-1
place:
  latitude: 60.1699  # of the pier
  longitude: 24.9384
  timezone: Europe/Helsinki
display:
  languages: [en, fi]
"""


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Opened:
    """The set-up that is open, as a phone and as the kiosk's screen see it."""

    def __init__(self, setup: Setup, folder: Path, config: Path, at: list[str]) -> None:
        """at: addresses that the kiosk has had, the last one now."""
        self.setup, self.folder, self.config, self.at = setup, folder, config, at

    @property
    def address(self) -> str:
        return self.setup.address

    @property
    def authority(self) -> str:
        return urlsplit(self.address).netloc

    def screen(self) -> dict[str, Any]:
        """What the kiosk's screen shows."""
        where = (self.folder / "screen").read_text()
        with urlopen(f"{where}state") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any, dict[str, str]]:
        """A request as the page sends it, with other headers where they are given."""
        context = ssl._create_unverified_context()  # its certificate is its own
        connection = HTTPSConnection(HOST, urlsplit(self.address).port or 0, context=context)
        sent = {
            "Host": self.authority,
            "Origin": f"https://{self.authority}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, content, sent)
        answer = connection.getresponse()
        said, kind = answer.read(), answer.headers.get_content_type()
        connection.close()
        return answer.status, json.loads(said) if "json" in kind else said, dict(answer.headers)

    def enter(self) -> str:
        """Come in by the code; the session's cookie."""
        status, _, headers = self.ask("POST", "/enter", {"code": self.screen()["code"]})
        assert status == 200
        return headers["Set-Cookie"].partition(";")[0]


@contextmanager
def opened(
    folder: Path, config: str = CONFIG, door: Door | None = None, told: tuple[str, ...] = ()
) -> Iterator[Opened]:
    """Open the set-up of a kiosk with this configuration. told: files that systemd/begin-setup has
    left."""
    file, memory = folder / "config.yaml", folder / "memory"
    file.write_text(config, encoding="utf-8")
    memory.mkdir()
    for name in told:
        (memory / name).touch()
    setup, stop, at = Setup(file, memory, door or Door()), threading.Event(), [HOST]
    where = {"host": HOST, "port": 0, "screen_port": 0, "address": lambda: at[-1]}
    thread = threading.Thread(target=serve, args=(setup, stop, memory), kwargs=where)
    thread.start()
    try:
        wait_until(lambda: bool(setup.address), "the set-up's address")
        yield Opened(setup, memory, file, at)
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
