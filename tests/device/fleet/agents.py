"""An agent of one kiosk for tests, and what the hub hears of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from device.fleet.agent import Agent
from device.fleet.settings import load_settings
from device.messaging.topics import Topics
from tests.brokers import Heard, wait_until
from tests.tools.fleet.clients import Client

KIOSK = Topics("helsinki", "kiosk-1")
KEEPALIVE_S = 6


@contextmanager
def running(settings: Path, updates: Any = None, **given: Any) -> Iterator[Agent]:
    """An agent that turns on a thread until the block ends; `given` as `Agent` takes it."""
    config = load_settings(settings)
    assert config.mqtt
    agent, ending = Agent(config, config.mqtt, updates, **given), threading.Event()
    agent.start()

    def turn() -> None:
        while not ending.is_set():
            agent.turn(within_s=0.05)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield agent
    finally:
        ending.set()
        thread.join()
        agent.stop()


def says(client: Client, name: str, **content: Any) -> Heard:
    """Wait until the hub has a message with this content."""

    def found() -> Heard | None:
        of_name = [m for m in client.heard if m.topic == KIOSK.topic(name) and m.payload]
        return next((m for m in of_name if content.items() <= m.json().items()), None)

    heard: Heard = wait_until(found, f"{name} with {content}")
    return heard
