"""Where the tests of updates keep their disks, and a kiosk's two brokers for those of the agent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from device.fleet.enrolment import install
from tests.brokers import Mosquitto, mosquitto
from tests.device.fleet.agents import KEEPALIVE_S, KIOSK
from tests.tools.fleet.clients import Client, connected
from tools.fleet.enrol import enrol
from tools.fleet.local_hub import LocalHub, local_hub


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: what is tested syncs thousands of times."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with local_hub(tmp_path_factory.mktemp("fleet") / "hub") as hub:
        yield hub


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def operator(hub: LocalHub) -> Iterator[Client]:
    """Hears all of this kiosk from now on, and nothing of an earlier test."""
    with connected(hub.port, hub.operator.tls()) as client:
        for row in KIOSK.table:
            if row.retained:
                client.publish(KIOSK.topic(row.name), b"", retain=True)
        client.subscribe("wayside/v1/helsinki/#")
        yield client


@pytest.fixture
def settings(hub: LocalHub, own: Mosquitto, tmp_path: Path) -> Path:
    """The file that enrolling makes, with this kiosk's own broker."""
    etc = tmp_path / "etc"
    again = "helsinki/kiosk-1" in hub.authority.enrolled()
    install(enrol(hub.operator, hub.authority, "helsinki", "kiosk-1", renew=again), etc)
    path = etc / "agent.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["own"] = {"broker": "127.0.0.1", "port": own.port}
    content["mqtt"] |= {
        "keepalive_s": KEEPALIVE_S,
        "reconnect_first_s": 0.05,
        "reconnect_longest_s": 0.2,
    }
    content["folder"] = str(tmp_path / "fleet")
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
