"""The embedded broker: loopback only, both listeners, nothing kept, and it says what is wrong."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from device.config import MqttConfig
from device.errors import UserError
from device.messaging.broker import EmbeddedBroker
from tests.brokers import LOOPBACK, PATIENCE_S, accepts, free_port, listen, wait_until
from tests.device.messaging.conftest import KIOSK, StartBus

ANY = MqttConfig(port=0, websocket_port=0)


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """A started one."""
    embedded = EmbeddedBroker(ANY)
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()


def test_both_listeners_accept_when_start_returns_and_neither_after_stop() -> None:
    broker = EmbeddedBroker(ANY)
    broker.start()
    assert broker.alive
    assert accepts(broker.port)
    assert accepts(broker.websocket_port)
    assert broker.websocket_url == f"ws://127.0.0.1:{broker.websocket_port}"
    broker.stop()
    assert not broker.alive
    assert not accepts(broker.port)
    assert not accepts(broker.websocket_port)


def test_it_stops_while_clients_are_connected_and_one_says_nothing(start_bus: StartBus) -> None:
    broker = EmbeddedBroker(ANY)
    broker.start()
    with (
        socket.create_connection((LOOPBACK, broker.port)),
        listen(broker.websocket_port, transport="websockets"),
    ):
        start_bus(broker.address)
        broker.stop()
        assert not broker.alive


def test_a_stopped_broker_frees_its_ports_and_the_next_starts_empty(
    broker: EmbeddedBroker,
) -> None:
    with listen(broker.port) as client:
        client.say("kept", b"1", retain=True)
    broker.stop()
    again = EmbeddedBroker(ANY.model_copy(update={"port": broker.port}))
    again.start()
    try:
        with listen(again.port) as client:
            client.say("new", b"2")
            client.wait(lambda heard: heard.topic == "new")
            assert [heard.topic for heard in client.messages] == ["new"]
    finally:
        again.stop()


def test_it_listens_on_loopback_only(broker: EmbeddedBroker) -> None:
    ports = {broker.port, broker.websocket_port}
    listening = [
        connection.laddr
        for connection in psutil.Process().net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert len(listening) == 2


@pytest.mark.parametrize("key", ["port", "websocket_port"])
def test_a_port_that_is_taken_is_one_line_that_names_its_key(key: str) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        broker = EmbeddedBroker(ANY.model_copy(update={key: port}))
        with pytest.raises(UserError) as error:
            broker.start()
    line = str(error.value)
    assert line.startswith(f"mqtt.{key}: port {port} of 127.0.0.1 cannot be used (")
    assert "in use" in line
    assert "\n" not in line
    assert not broker.alive


def test_a_failed_start_leaves_no_port_behind() -> None:
    first = free_port()
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(UserError):
            EmbeddedBroker(MqttConfig(port=first, websocket_port=taken)).start()
    assert not accepts(first)


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
def test_a_last_will_is_published_and_retained(broker: EmbeddedBroker, transport: str) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, transport=transport)  # type: ignore[arg-type]
    client.will_set("w/status", b"gone", qos=1, retain=True)
    client.connect(LOOPBACK, broker.port if transport == "tcp" else broker.websocket_port)
    client.loop_start()
    wait_until(client.is_connected, "the client is connected")
    with listen(broker.port) as other:
        raw = client.socket()
        assert raw is not None
        raw.close()
        client.loop_stop()
        other.wait(lambda heard: heard.payload == b"gone")
    with listen(broker.websocket_port, transport="websockets") as later:
        assert later.wait(lambda heard: heard.topic == "w/status").retain


def test_an_mqtt_5_client_gets_the_error_for_an_unsupported_version_at_once(
    broker: EmbeddedBroker,
) -> None:
    for transport, port in (("tcp", broker.port), ("websockets", broker.websocket_port)):
        answers: list[str] = []
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=KIOSK.client_id,
            protocol=paho.MQTTv5,
            transport=transport,  # type: ignore[arg-type]
            reconnect_on_failure=False,
        )
        client.on_connect = lambda _c, _u, _f, reason, _p, a=answers: a.append(reason.getName())
        client.will_set("w/status", b"gone", qos=1, retain=True)
        client.connect(LOOPBACK, port)
        client.loop_start()
        wait_until(lambda a=answers: a, "an answer")
        client.loop_stop()
        assert answers == ["Unsupported protocol version"]


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "http://localhost:8080", None])
def test_a_page_of_this_machine_can_connect(broker: EmbeddedBroker, origin: str | None) -> None:
    with connect(broker.websocket_url, origin=origin, subprotocols=["mqtt"]) as page:  # type: ignore[arg-type, list-item]
        assert page.subprotocol == "mqtt"


@pytest.mark.parametrize(
    "origin",
    ["https://example.org", "http://127.0.0.1.example.org", "http://localhost@example.org"],
)
def test_a_page_of_another_site_cannot(broker: EmbeddedBroker, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="403"), connect(broker.websocket_url, origin=origin):  # type: ignore[arg-type]
        pass


def test_garbage_on_either_port_disturbs_no_client_and_is_not_logged(
    broker: EmbeddedBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for port in (broker.port, broker.websocket_port):
        for garbage in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x10\xff\xff\xff\xff", b"\x00" * 1000):
            with socket.create_connection((LOOPBACK, port), PATIENCE_S) as client:
                client.sendall(garbage)
    with listen(broker.port) as client:
        client.say("a", b"1")
        client.wait(lambda heard: heard.topic == "a")
    assert broker.alive
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_its_loop_beats() -> None:
    beats: list[None] = []
    broker = EmbeddedBroker(ANY)
    broker.start(lambda: beats.append(None))
    try:
        wait_until(lambda: len(beats) >= 2, "two beats")
    finally:
        broker.stop()


@pytest.mark.slow
def test_ten_thousand_messages_leave_its_memory_level(
    broker: EmbeddedBroker, start_bus: StartBus
) -> None:
    bus = start_bus(broker.address)
    process = psutil.Process()

    def say(messages: int) -> float:
        for n in range(messages):
            if bus.state.waiting > 50:
                wait_until(lambda: bus.state.waiting < 10, "the broker keeps up")
            bus.publish("counts", {"n": n, "pad": "x" * 500})
        wait_until(lambda: bus.state.waiting == 0, "all are acknowledged")
        return process.memory_info().rss / 1e6

    with listen(broker.websocket_port, KIOSK.root + "/suggestions", transport="websockets"):
        before = say(1000)
        after = say(10_000)
    assert after - before < 3, f"{before:.1f} MB, then {after:.1f} MB"


def test_it_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    broker = EmbeddedBroker(ANY)
    broker.start()
    with listen(broker.port) as client:
        client.say("kept", b"1", retain=True)
    broker.stop()
    assert list(tmp_path.iterdir()) == []
