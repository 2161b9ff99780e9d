"""The kiosk's own broker: its access list, and the page it serves."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.fleet.relay import HEARD
from device.messaging.topics import TABLE
from tests.brokers import wait_until
from tests.needs import needs
from tests.systemd.kiosk_broker import Client, KioskBroker, kiosk_broker

pytestmark = [pytest.mark.mosquitto, needs("mosquitto", "mosquitto_passwd")]

HERE = "wayside/v1/helsinki/kiosk-1"


@pytest.fixture(scope="module")
def broker(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskBroker]:
    with kiosk_broker(root, tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def kiosk(broker: KioskBroker) -> Iterator[Client]:
    client = broker.client("kiosk")
    yield client
    client.close()


@pytest.fixture
def page(broker: KioskBroker) -> Iterator[Client]:
    client = broker.client("page")
    yield client
    client.close()


def fetch(broker: KioskBroker, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{broker.web_port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("user", ["kiosk", "agent", "page", "screen", "nobody", ""])
def test_a_wrong_password_is_refused(broker: KioskBroker, user: str) -> None:
    client = Client(broker.port, user, "guess")
    try:
        assert client.refused is not None
    finally:
        client.close()


def topics(*senders: str) -> list[str]:
    """The topics in the table of messages that these publish."""
    rows = [row for row in TABLE if row.sender in senders]
    return [row.template.format(site="helsinki", kiosk="kiosk-1") for row in rows]


@pytest.mark.parametrize("topic", topics("the kiosk"))
def test_the_kiosk_writes_and_reads_its_own_topics(kiosk: Client, topic: str) -> None:
    kiosk.subscribe(topic)
    assert kiosk.may_publish(topic, "own")
    wait_until(lambda: kiosk.received.get(topic) == b"own", topic)


@pytest.mark.parametrize("topic", [*topics("the page", "anyone"), f"{HERE}/command", "anything"])
def test_the_kiosk_writes_no_other_topic(kiosk: Client, topic: str) -> None:
    assert not kiosk.may_publish(topic)


@pytest.mark.parametrize("topic", topics("the page"))
def test_the_page_writes_its_heartbeat_and_touches_and_the_kiosk_reads_them(
    kiosk: Client, page: Client, topic: str
) -> None:
    kiosk.subscribe(topic)
    assert page.may_publish(topic, "from the page")
    wait_until(lambda: kiosk.received.get(topic) == b"from the page", topic)


@pytest.mark.parametrize(
    "topic",
    [
        *topics("the kiosk", "anyone"),
        f"{HERE}/command",
        "wayside/v1/fleet/stable/desired",
        "wayside/v1/helsinki/kiosk-1",
        "anything",
    ],
)
def test_the_page_writes_no_other_topic(page: Client, topic: str) -> None:
    assert not page.may_publish(topic)


def test_the_page_reads_only_what_is_shown(
    kiosk: Client, page: Client, broker: KioskBroker
) -> None:
    for topic in ("health", "counts", "release", "suggestions"):
        assert kiosk.may_publish(f"{HERE}/{topic}", "kept", retain=True)
    another = broker.client("page")
    try:
        page.subscribe("#")
        assert another.may_publish(f"{HERE}/display")
        assert another.may_publish(f"{HERE}/feedback")
        assert kiosk.may_publish(f"{HERE}/status", "last", retain=True)
        wait_until(lambda: page.received.get(f"{HERE}/status") == b"last", "the last message")
    finally:
        another.close()
    assert set(page.received) == {f"{HERE}/suggestions", f"{HERE}/status"}


@pytest.mark.parametrize("name", ["announcement", "identify"])
def test_the_page_hears_the_operator_by_the_agent_and_by_nobody_else(
    broker: KioskBroker, kiosk: Client, page: Client, name: str
) -> None:
    agent, topic = broker.client("agent"), f"{HERE}/{name}"
    try:
        page.subscribe("#")
        assert not page.may_publish(topic)
        assert not kiosk.may_publish(topic)
        assert agent.may_publish(topic, "Closed")
        wait_until(lambda: page.received.get(topic) == b"Closed", topic)
    finally:
        agent.close()


def test_the_agent_reads_what_it_relays_and_no_more(
    broker: KioskBroker, kiosk: Client, page: Client
) -> None:
    agent = broker.client("agent")
    try:
        agent.subscribe("#")
        assert page.may_publish(f"{HERE}/display")
        assert page.may_publish(f"{HERE}/feedback")
        for name in HEARD:
            assert not agent.may_publish(f"{HERE}/{name}")
            assert kiosk.may_publish(f"{HERE}/{name}", name)
        wait_until(lambda: len(agent.received) >= len(HEARD), "what it relays")
        assert agent.received == {f"{HERE}/{name}": name.encode() for name in HEARD}
    finally:
        agent.close()


def test_the_screens_scripts_read_the_heartbeat_and_whether_to_be_on(
    broker: KioskBroker, page: Client, kiosk: Client
) -> None:
    screen = broker.client("screen")
    read = {f"{HERE}/{name}" for name in ("display", "screen", "status")}
    try:
        assert not screen.may_publish(f"{HERE}/display")
        assert not screen.may_publish(f"{HERE}/screen")
        screen.subscribe("#")
        assert kiosk.may_publish(f"{HERE}/screen", "on")
        assert page.may_publish(f"{HERE}/feedback")
        assert page.may_publish(f"{HERE}/display", "beat")
        wait_until(lambda: f"{HERE}/display" in screen.received, "the heartbeat")
        assert set(screen.received) <= read
        assert f"{HERE}/screen" in screen.received
    finally:
        screen.close()


def test_the_broker_serves_the_page_with_its_settings(broker: KioskBroker, root: Path) -> None:
    settings = fetch(broker, "/settings.js")
    assert '"root": "wayside/v1/helsinki/kiosk-1"' in settings
    assert broker.passwords["page"] in settings
    for file in (root / "device/display/page").glob("*.*"):
        assert fetch(broker, f"/{file.name}") == file.read_text(encoding="utf-8")
    assert fetch(broker, "/") == fetch(broker, "/index.html")


@pytest.mark.parametrize("path", ["/../passwords", "/%2e%2e/passwords", "/../config.yaml"])
def test_no_path_leads_outside_the_page(broker: KioskBroker, path: str) -> None:
    with pytest.raises((urllib.error.HTTPError, ConnectionError)):
        fetch(broker, path)


def test_the_broker_writes_no_store(broker: KioskBroker, kiosk: Client) -> None:
    before = {file.name for file in broker.folder.iterdir()}  # failure 17
    assert kiosk.may_publish(f"{HERE}/suggestions", "kept", retain=True)
    assert {file.name for file in broker.folder.iterdir()} == before
    assert "persistence false" in (broker.folder / "mosquitto.conf").read_text().splitlines()
