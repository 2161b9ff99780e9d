"""Either real broker, and buses that end with their test."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from device.config import MqttConfig
from device.messaging.broker import EmbeddedBroker
from device.messaging.bus import Bus
from device.messaging.topics import Topics
from tests.brokers import LOOPBACK, PATIENCE_S, Mosquitto, mosquitto
from tests.needs import needs

KIOSK = Topics("helsinki", "kiosk-1")

StartBus: TypeAlias = Callable[..., Bus]


def client_of(port: int, **changes: Any) -> MqttConfig:
    """Configuration of a client that does not wait long; `changes` may leave the bounds."""
    quick = {"broker": LOOPBACK, "port": port, "reconnect_first_s": 0.05}
    return MqttConfig(**quick).model_copy(update=changes)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto."""
    with mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("mosquitto", marks=[pytest.mark.mosquitto, needs("mosquitto")]),
    ]
)
def either(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of the embedded broker, then of a Mosquitto."""
    if request.param == "mosquitto":
        yield request.getfixturevalue("hub").port
        return
    broker = EmbeddedBroker(MqttConfig(port=0, websocket_port=0))
    broker.start()
    try:
        yield broker.port
    finally:
        broker.stop()


@pytest.fixture
def start_bus() -> Iterator[StartBus]:
    """Starts a bus for a configuration and, unless `connected=False`, waits for its broker."""
    buses: list[Bus] = []

    def start(
        config: MqttConfig, *, topics: Topics = KIOSK, connected: bool = True, **given: Any
    ) -> Bus:
        bus = Bus(config, topics, release="0.1.0", boot="boot-1", rng=random.Random(1), **given)
        buses.append(bus)
        bus.start()
        if connected:
            assert bus.wait_connected(PATIENCE_S), bus.state
        return bus

    yield start
    for bus in buses:
        bus.stop()
