"""The bus on both real brokers: what it guarantees on either."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from device.config import MqttConfig
from device.errors import UserError
from device.messaging.broker import EmbeddedBroker
from device.messaging.bus import Bus
from device.messaging.client import ClientDeadError
from device.messaging.messages import Display, Feedback
from device.messaging.topics import TABLE
from tests.brokers import LOOPBACK, Heard, free_port, listen, wait_until
from tests.device.messaging.conftest import KIOSK, StartBus, client_of
from tests.device.messaging.wire import wire


def says(name: str, **expected: Any) -> Any:
    """Whether a message is this one."""

    def wanted(heard: Heard) -> bool:
        return heard.topic == KIOSK.topic(name) and expected.items() <= heard.json().items()

    return wanted


def retained(port: int, name: str) -> Any:
    """What the broker has retained of a message; None: nothing."""
    with listen(port, KIOSK.topic(name)) as client:
        client.say(KIOSK.topic(name), {"end": True})  # what is retained comes before it
        client.wait(lambda heard: "end" in heard.json())
        kept = [heard for heard in client.messages if heard.retain]
        return next((heard.json() for heard in kept if heard.topic == KIOSK.topic(name)), None)


def test_the_kiosks_messages_are_published_and_retained_and_the_pages_arrive(
    either: int, start_bus: StartBus
) -> None:
    with listen(either, KIOSK.root + "/#") as page:
        bus = start_bus(client_of(either))
        page.wait(says("status", state="online", boot="boot-1", release="0.1.0"))
        bus.publish("suggestions", {"serial": 1})
        bus.publish("counts", {"visitors": None})
        page.wait(says("counts", visitors=None))
        page.wait(says("suggestions", serial=1))
        page.say(
            KIOSK.topic("display"), {"state": "showing", "serial": 1, "shows_notice": True}, qos=0
        )
        page.say(KIOSK.topic("feedback"), {"verdict": "opt_out", "item_id": None, "at": "x"})
        handled: list[Any] = []
        for kind in (Display, Feedback):
            bus.inbox.route(kind, lambda message, at: handled.append(message))
        wait_until(lambda: bus.deliver() or len(handled) == 2, "two messages")
    assert {type(message) for message in handled} == {Display, Feedback}
    assert retained(either, "suggestions") == {"serial": 1}
    assert retained(either, "counts") is None


def test_the_last_message_of_a_clean_stop_is_offline(either: int, start_bus: StartBus) -> None:
    with listen(either, KIOSK.root + "/#") as hub:
        bus = start_bus(client_of(either))
        for n in range(30):
            bus.publish("suggestions", {"serial": n})
            bus.publish("counts", {"n": n})
        bus.stop()
        hub.wait(says("status", state="offline"))  # failure 15
        hub.say(KIOSK.root + "/end", {})
        hub.wait(lambda heard: heard.name == "end")
        order = [heard.name for heard in hub.messages if heard.name != "end"]
        said = [heard.json() for heard in hub.messages if heard.name == "status"]
    assert order[-1] == "status"
    assert [message["state"] for message in said] == ["online", "offline"]
    assert order.count("counts") == 30, "a clean stop says what is still to be said"
    assert {"serial": 29} in [heard.json() for heard in hub.messages]
    assert retained(either, "status")["state"] == "offline"


def test_a_lost_connection_publishes_the_last_will_and_the_next_connect_clears_it(
    either: int, start_bus: StartBus
) -> None:
    with wire(either) as line, listen(either, KIOSK.root + "/status") as hub:
        start_bus(client_of(line.port))
        hub.wait(says("status", state="online"))
        hub.messages.clear()
        line.cut()
        hub.wait(says("status", state="offline"))
        hub.wait(says("status", state="online"))  # failure 16
        assert [heard.json()["state"] for heard in hub.messages] == ["offline", "online"]
        assert retained(either, "status")["state"] == "online"


def test_a_kiosk_without_a_broker_starts_at_once_and_connects_later(start_bus: StartBus) -> None:
    port = free_port()
    began = time.monotonic()
    bus = start_bus(client_of(port, reconnect_longest_s=0.2), connected=False)  # failure 10
    bus.publish("suggestions", {"serial": 1})
    assert time.monotonic() - began < 1
    wait_until(lambda: bus.state.trouble, "the trouble is reported")
    assert "refused" in (bus.state.trouble or "").lower()
    assert bus.state.alive
    assert not bus.state.connected
    broker = EmbeddedBroker(MqttConfig(port=port, websocket_port=0))
    broker.start()
    try:
        assert bus.wait_connected(20)
        wait_until(lambda: bus.state.waiting == 0, "everything is acknowledged")
        assert bus.state.trouble is None
        assert retained(port, "suggestions") == {"serial": 1}
    finally:
        bus.stop()
        broker.stop()


def test_a_week_without_a_hub_keeps_the_newest_state_and_a_bounded_queue(
    either: int, start_bus: StartBus
) -> None:
    with wire(either) as line, listen(either, KIOSK.root + "/#") as hub:
        bus = start_bus(client_of(line.port, queue=5, reconnect_longest_s=0.2))
        hub.wait(says("status", state="online"))
        line.away = True  # failure 11
        line.cut()
        wait_until(lambda: not bus.state.connected, "the connection is gone")
        hub.messages.clear()
        for n in range(5000):
            bus.publish("suggestions", {"serial": n})
            bus.publish("counts", {"n": n})
        assert bus.state.drops >= 4900
        assert bus.state.waiting <= 30
        line.away = False
        hub.wait(says("suggestions", serial=4999))
        hub.wait(says("counts", n=4999))
        assert len([heard for heard in hub.messages if heard.name == "counts"]) <= 30


def test_only_what_the_broker_has_acknowledged_counts(either: int, start_bus: StartBus) -> None:
    with wire(either) as line, listen(either, KIOSK.root + "/#") as hub:
        bus = start_bus(client_of(line.port, keepalive_s=2, reconnect_longest_s=0.2))
        wait_until(lambda: bus.state.waiting == 0, "the status is acknowledged")
        before = bus.state
        assert before.acknowledged >= 1
        line.mute = True
        bus.publish("counts", {"n": 1})  # failure 9: this looks fine
        hub.wait(says("counts", n=1))
        assert bus.state.acknowledged == before.acknowledged
        assert bus.state.waiting == 1
        wait_until(lambda: bus.state.trouble, "a broker that never answers is noticed")
        line.mute = False
        wait_until(lambda: bus.state.acknowledged > before.acknowledged, "it is said again")
        wait_until(lambda: bus.state.waiting == 0, "nothing was lost")


def test_nothing_that_is_sent_to_a_kiosk_ends_its_thread(either: int, start_bus: StartBus) -> None:
    bus = start_bus(client_of(either))
    with listen(either, "wayside/end") as anyone:
        for row in TABLE:  # failure 8
            for garbage in (b"", b"\xff\x00", b"[" * 5000, b'"', b"{}", b"x" * 100_000, b"NaN"):
                anyone.say(KIOSK.topic(row.name), garbage)
    wait_until(lambda: bus.state.malformed == 24, f"all are counted: {bus.state.malformed}")
    bus.deliver()
    bus.publish("counts", {"n": 1})
    wait_until(lambda: bus.state.waiting == 0, "the bus goes on")
    assert bus.state.alive


def test_a_thread_that_dies_is_an_error_at_the_next_publish_and_delivery(
    either: int, start_bus: StartBus
) -> None:
    broken = threading.Event()

    def clock() -> float:
        if broken.is_set() and threading.current_thread().name == "bus":
            raise RuntimeError("a bug")
        return time.monotonic()

    with listen(either, KIOSK.root + "/status") as hub:
        bus = start_bus(client_of(either), clock=clock)
        broken.set()  # failure 8
        bus.publish("counts", {})
        wait_until(lambda: not bus.state.alive, "the thread has died")
        assert not bus.state.connected
        with pytest.raises(ClientDeadError):
            bus.publish("counts", {})
        with pytest.raises(ClientDeadError):
            bus.deliver()
        hub.wait(says("status", state="offline"))


@pytest.mark.slow
def test_a_broker_that_accepts_and_never_answers_is_given_up(
    start_bus: StartBus,
) -> None:
    with socket.create_server((LOOPBACK, 0)) as silent:
        bus = start_bus(client_of(silent.getsockname()[1], keepalive_s=60), connected=False)
        wait_until(lambda: bus.state.trouble, "the trouble is reported")
        assert "not answered" in (bus.state.trouble or "")


def test_a_broker_that_sends_no_valid_mqtt_is_given_up_and_the_thread_lives(
    start_bus: StartBus,
) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        bus = start_bus(client_of(server.getsockname()[1]), connected=False)
        for nonsense in (b"\x20\x01\x00", b"\x20\x03\x00\x00\xff", b"HTTP/1.1 400 Bad\r\n\r\n"):
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(nonsense)
                wait_until(lambda: bus.state.trouble, "the trouble is reported")
        assert bus.state.alive
        assert not bus.state.connected


def test_the_thread_beats_while_a_connect_hangs() -> None:
    with socket.socket() as full:
        full.bind((LOOPBACK, 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex((LOOPBACK, port))
        beats: list[float] = []
        bus = Bus(client_of(port), KIOSK, release="0", boot="b")
        bus.start(lambda: beats.append(time.monotonic()))
        wait_until(lambda: len(beats) >= 4, "four beats")
        began = time.monotonic()
        bus.stop()
        assert time.monotonic() - began < 2
        for filler in fillers:
            filler.close()


def test_only_the_kiosks_own_messages_can_be_published(start_bus: StartBus) -> None:
    bus = start_bus(client_of(free_port()), connected=False)
    for name in ("feedback", "weather"):
        with pytest.raises(ValueError, match="the kiosk receives it"):
            bus.publish(name, {})
    with pytest.raises(KeyError):
        bus.publish("nothing", {})


def test_the_state_is_what_the_health_message_carries(either: int, start_bus: StartBus) -> None:
    bus = start_bus(client_of(either))
    wait_until(lambda: bus.state.acknowledged, "the status is acknowledged")
    health = bus.health()
    json.dumps(health)
    assert health["connected"] is True
    assert health["acknowledged"] == 1
    assert health["trouble"] is None


def test_a_missing_password_file_is_one_line() -> None:
    config = client_of(1883, password_file=Path("/nowhere/password"))
    with pytest.raises(UserError, match=r"^mqtt\.password_file: /nowhere/password: .*No such file"):
        Bus(config, KIOSK, release="0", boot="b")
