"""The kiosk's own broker, as it ships: who may read and write what, and the page it serves."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.messaging.topics import TABLE
from tests.needs import needs
from tests.systemd.kiosk_broker import Client, KioskBroker, kiosk_broker, wait_for

pytestmark = [pytest.mark.mosquitto, needs("mosquitto", "mosquitto_passwd")]

HERE = "wayside/v1/hangzhou/kiosk-1"


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


@pytest.mark.parametrize("user", ["kiosk", "page", "screen", "nobody", ""])
def test_without_the_right_password_nobody_gets_in(broker: KioskBroker, user: str) -> None:
    client = Client(broker.port, user, "guess")
    try:
        assert client.refused is not None
    finally:
        client.close()


def topics(*senders: str) -> list[str]:
    """Every topic of the table of messages that one of these sends."""
    rows = [row for row in TABLE if row.sender in senders]
    return [row.template.format(site="hangzhou", kiosk="kiosk-1") for row in rows]


@pytest.mark.parametrize("topic", topics("kiosk"))
def test_the_kiosk_writes_its_own_topics_and_who_has_its_password_reads_them(
    kiosk: Client, topic: str
) -> None:
    kiosk.subscribe(topic)
    assert kiosk.may_publish(topic, "own")
    wait_for(lambda: kiosk.received.get(topic) == b"own", topic)


@pytest.mark.parametrize("topic", [*topics("page", "anyone"), f"{HERE}/command", "anything"])
def test_the_kiosk_writes_no_topic_of_others(kiosk: Client, topic: str) -> None:
    assert not kiosk.may_publish(topic)


@pytest.mark.parametrize("topic", topics("page"))
def test_the_page_writes_its_heartbeat_and_touches_and_the_kiosk_hears_them(
    kiosk: Client, page: Client, topic: str
) -> None:
    kiosk.subscribe(topic)
    assert page.may_publish(topic, "from the page")
    wait_for(lambda: kiosk.received.get(topic) == b"from the page", topic)


@pytest.mark.parametrize(
    "topic",
    [
        *topics("kiosk", "anyone"),
        f"{HERE}/command",
        "wayside/v1/fleet/stable/desired",
        "wayside/v1/hangzhou/kiosk-1",
        "anything",
    ],
)
def test_the_page_writes_nothing_more(page: Client, topic: str) -> None:
    assert not page.may_publish(topic)


def test_the_page_reads_what_is_shown_and_nothing_more(
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
        wait_for(lambda: page.received.get(f"{HERE}/status") == b"last", "the last message")
    finally:
        another.close()
    assert set(page.received) == {f"{HERE}/suggestions", f"{HERE}/status"}


def test_the_screens_keeper_hears_the_heartbeat_and_writes_nothing(
    broker: KioskBroker, page: Client
) -> None:
    keeper = broker.client("screen")
    try:
        assert not keeper.may_publish(f"{HERE}/display")
        keeper.subscribe("#")
        assert page.may_publish(f"{HERE}/feedback")
        assert page.may_publish(f"{HERE}/display", "beat")
        wait_for(lambda: f"{HERE}/display" in keeper.received, "the heartbeat")
        assert set(keeper.received) == {f"{HERE}/display"}
    finally:
        keeper.close()


def test_the_broker_serves_the_page_with_its_settings(broker: KioskBroker, root: Path) -> None:
    settings = fetch(broker, "/settings.js")
    assert '"root": "wayside/v1/hangzhou/kiosk-1"' in settings
    assert broker.passwords["page"] in settings
    for file in (root / "device/display/page").glob("*.*"):
        assert fetch(broker, f"/{file.name}") == file.read_text(encoding="utf-8")
    assert fetch(broker, "/") == fetch(broker, "/index.html")


@pytest.mark.parametrize("path", ["/../passwords", "/%2e%2e/passwords", "/../config.yaml"])
def test_no_path_leads_out_of_the_page(broker: KioskBroker, path: str) -> None:
    with pytest.raises((urllib.error.HTTPError, ConnectionError)):
        fetch(broker, path)


def test_the_broker_leaves_no_store_behind(broker: KioskBroker, kiosk: Client) -> None:
    before = {file.name for file in broker.folder.iterdir()}  # failure 17
    assert kiosk.may_publish(f"{HERE}/suggestions", "kept", retain=True)
    assert {file.name for file in broker.folder.iterdir()} == before
    assert "persistence false" in (broker.folder / "mosquitto.conf").read_text().splitlines()
