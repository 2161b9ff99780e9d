"""What only a broker between several machines brings: MQTT 5, names, TLS, takeovers, a fleet."""

from __future__ import annotations

import asyncio
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from device.config import MqttConfig, TlsConfig
from device.errors import UserError
from device.messaging.bus import Bus
from device.messaging.reconnect import Backoff
from device.messaging.topics import Topics
from tests.brokers import LOOPBACK, Mosquitto, add_password, listen, mosquitto, wait_until
from tests.device.messaging.conftest import KIOSK, StartBus, client_of
from tests.device.messaging.wire import wire
from tests.needs import needs
from tests.tls import Certificate, certificate

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]


def test_mqtt_5_is_used_where_the_broker_supports_it(hub: Mosquitto, start_bus: StartBus) -> None:
    bus = start_bus(client_of(hub.port))
    assert bus.state.protocol == "5"
    assert f"as {KIOSK.client_id} (p5" in wait_until(hub.log, "a log")


def test_a_broker_that_refuses_mqtt_5_is_tried_with_3_1_1_at_once_and_from_then_on(
    hub: Mosquitto, start_bus: StartBus
) -> None:
    with wire(hub.port, to_mqtt_5="refuse") as line:
        bus = start_bus(client_of(line.port))
        assert bus.state.protocol == "3.1.1"
        assert bus.state.trouble is None
        line.cut()
        wait_until(lambda: bus.state.reconnects == 1, "it is back")
        assert [level for _, level in line.connects] == [5, 4, 4]


def test_a_broker_that_closes_on_mqtt_5_is_tried_with_3_1_1_the_next_time(
    hub: Mosquitto, start_bus: StartBus
) -> None:
    with wire(hub.port, to_mqtt_5="hang up") as line:
        bus = start_bus(client_of(line.port))
        assert bus.state.protocol == "3.1.1"
        assert [level for _, level in line.connects] == [5, 4]


def test_a_broker_that_comes_back_with_an_empty_store_gets_every_retained_message(
    hub: Mosquitto, start_bus: StartBus
) -> None:
    bus = start_bus(client_of(hub.port, reconnect_longest_s=0.2))
    for name in ("suggestions", "health"):
        bus.publish(name, {"of": name})
    wait_until(lambda: bus.state.waiting == 0, "all is acknowledged")
    hub.kill()
    wait_until(lambda: not bus.state.connected, "the bus sees it")
    hub.start()  # failure 17
    wait_until(lambda: bus.state.reconnects == 1 and bus.state.waiting == 0, "all is said again")
    with listen(hub.port, KIOSK.root + "/#") as later:
        for name in ("suggestions", "health", "status"):
            assert later.wait(lambda heard, name=name: heard.name == name).retain
        status = later.wait(lambda heard: heard.name == "status")
        assert status.json()["state"] == "online"  # failure 16


@pytest.mark.slow
def test_two_machines_of_one_name_notice_each_other_and_wait_long(
    hub: Mosquitto, start_bus: StartBus
) -> None:
    quick = client_of(hub.port, reconnect_longest_s=1.0)
    ours, theirs = start_bus(quick), start_bus(quick)  # failure 12
    wait_until(lambda: ours.state.takeovers and theirs.state.takeovers, "both see it")
    before, began = ours.state.takeovers, time.monotonic()
    assert "second machine called helsinki/kiosk-1?" in (ours.state.trouble or "")
    wait_until(lambda: ours.state.takeovers >= before + 2, "it goes on")
    assert time.monotonic() - began > 0.4, "each waits for half of the longest at least"
    assert hub.log().count("New client connected") < 40, "without waits there would be hundreds"
    theirs.stop()
    wait_until(lambda: ours.state.connected, "the name is free again")
    assert ours.state.trouble, "it is reported until a connection has lasted"
    wait_until(lambda: ours.state.trouble is None, "a connection has lasted")


def test_two_machines_of_one_name_notice_each_other_in_mqtt_3_1_1_too(
    hub: Mosquitto, start_bus: StartBus
) -> None:
    with wire(hub.port, to_mqtt_5="refuse") as line:
        quick = client_of(line.port, reconnect_longest_s=1.0)
        ours, theirs = start_bus(quick), start_bus(quick)  # failure 12
        wait_until(lambda: ours.state.takeovers and theirs.state.takeovers, "both see it")
        assert "second machine" in (ours.state.trouble or "")
        assert len(line.connects) < 40


def test_a_takeover_that_the_broker_reports_counts_the_first_time(
    hub: Mosquitto, start_bus: StartBus
) -> None:
    with wire(hub.port) as line:
        bus = start_bus(client_of(line.port, reconnect_longest_s=2.0))
        began = time.monotonic()
        line.cut(saying=b"\xe0\x01\x8e")  # failure 12: DISCONNECT, session taken over
        wait_until(lambda: bus.state.takeovers == 1, "it is counted")
        assert "second machine called helsinki/kiosk-1?" in (bus.state.trouble or "")
        wait_until(lambda: bus.state.reconnects == 1, "it tries again")
        assert time.monotonic() - began >= 1.0, "it gave way for half of the longest wait"
        assert bus.state.trouble, "it is reported until a connection has lasted"


def test_a_broker_that_disconnects_with_another_reason_is_no_takeover(
    hub: Mosquitto, start_bus: StartBus
) -> None:
    with wire(hub.port) as line:
        bus = start_bus(client_of(line.port, reconnect_longest_s=0.2))
        for times in range(1, 6):
            line.cut(saying=b"\xe0\x01\x8b")  # DISCONNECT, server shutting down
            wait_until(lambda times=times: bus.state.reconnects == times, "it is back")
        assert bus.state.takeovers == 0


def test_two_kiosks_of_one_site_do_not_disturb_each_other(
    hub: Mosquitto, start_bus: StartBus
) -> None:
    first = start_bus(client_of(hub.port))
    second = start_bus(client_of(hub.port), topics=Topics("helsinki", "kiosk-2"))
    for bus in (first, second):
        bus.publish("counts", {})
        wait_until(lambda bus=bus: bus.state.waiting == 0, "it is acknowledged")
        assert bus.state.takeovers == 0
        assert bus.state.reconnects == 0


def test_a_password_file_logs_a_kiosk_in_and_a_wrong_password_is_reported(
    tmp_path: Path, start_bus: StartBus
) -> None:
    passwords, secret = tmp_path / "passwords", tmp_path / "secret"
    add_password(passwords, "kiosk", "right")
    secret.write_text("right\n", encoding="utf-8")
    with mosquitto(
        tmp_path, settings=f"allow_anonymous false\npassword_file {passwords}"
    ) as broker:
        start_bus(client_of(broker.port, username="kiosk", password_file=secret))
        wrong = start_bus(
            client_of(
                broker.port,
                username="kiosk",
                password=SecretStr("wrong"),
                reconnect_longest_s=30.0,
            ),
            topics=Topics("helsinki", "kiosk-2"),
            connected=False,
        )
        wait_until(lambda: wrong.state.trouble, "the trouble is reported")
        trouble = wrong.state.trouble or ""
        assert "mqtt.username" in trouble
        assert "wrong" not in trouble
        wrong.stop()
        asked = broker.log().count("helsinki:kiosk-2") + broker.log().count("not authorised")
        assert asked <= 4, "a broker that does not let it in is not asked again and again"


def test_a_publish_that_the_broker_does_not_allow_is_counted_as_refused(
    tmp_path: Path, start_bus: StartBus
) -> None:
    acl = tmp_path / "acl"
    acl.write_text(f"topic write {KIOSK.topic('status')}\n", encoding="utf-8")
    acl.chmod(0o600)
    with mosquitto(tmp_path, settings=f"allow_anonymous true\nacl_file {acl}") as broker:
        bus = start_bus(client_of(broker.port))
        bus.publish("counts", {})
        wait_until(lambda: bus.state.refused == 1, "it is counted")
        wait_until(lambda: bus.state.waiting == 0, "both are answered")
        assert bus.state.acknowledged == 1, "the status"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate of 127.0.0.1."""
    return certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def tls_hub(tmp_path: Path, signed: Certificate) -> Iterator[Mosquitto]:
    """A Mosquitto that speaks TLS."""
    settings = f"certfile {signed.server}\nkeyfile {signed.key}"
    with mosquitto(tmp_path, listener=settings) as broker:
        yield broker


@needs("openssl")
def test_a_broker_is_reached_over_tls(
    tls_hub: Mosquitto, signed: Certificate, start_bus: StartBus
) -> None:
    bus = start_bus(client_of(tls_hub.port, tls=TlsConfig(ca=signed.ca)))
    for n in range(200):
        bus.publish("counts", {"n": n, "pad": "x" * 2000})
    wait_until(lambda: bus.state.waiting == 0, "all is acknowledged")
    assert bus.state.acknowledged + bus.state.drops == 201


@needs("openssl")
def test_a_certificate_that_is_not_trusted_is_reported_with_what_to_check(
    tls_hub: Mosquitto, start_bus: StartBus
) -> None:
    bus = start_bus(client_of(tls_hub.port, tls=TlsConfig()), connected=False)
    wait_until(lambda: bus.state.trouble, "the trouble is reported")
    assert "check the kiosk's clock and mqtt.tls.ca" in (bus.state.trouble or "")  # failure 20
    assert bus.state.alive


def test_a_bad_certificate_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate", encoding="utf-8")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        config = client_of(1883, tls=TlsConfig(ca=path))
        with pytest.raises(UserError, match=r"^mqtt\.tls\.ca: .* it takes a PEM file$"):
            Bus(config, KIOSK, release="0", boot="b")


FLEET = 1000


async def simulate(port: int, spread: list[Backoff], back: asyncio.Event) -> None:
    """A kiosk each: connects, and after a loss waits as its `Backoff` says."""

    async def connect(number: int) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        name = f"wayside:helsinki:kiosk-{number}".encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2, "big") + name
        writer.write(bytes((0x10, len(body))) + body)
        assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
        writers.append(writer)
        return reader

    async def kiosk(number: int, backoff: Backoff) -> None:
        reader = await connect(number)
        up.release()
        with_broker = await reader.read(1)
        assert with_broker == b""
        wait_s = backoff.lost(3600.0)
        while True:
            await asyncio.sleep(wait_s)
            try:
                await connect(number)
            except (OSError, asyncio.IncompleteReadError):
                wait_s = backoff.failed()
            else:
                return

    writers: list[asyncio.StreamWriter] = []
    up = asyncio.Semaphore(0)
    kiosks = []
    for number, backoff in enumerate(spread):
        kiosks.append(asyncio.create_task(kiosk(number, backoff)))
        if number % 50 == 49:
            for _ in range(50):
                await up.acquire()
    back.set()
    await asyncio.gather(*kiosks)
    for writer in writers:
        writer.close()


@pytest.mark.slow
def test_a_thousand_kiosks_do_not_come_back_to_a_restarted_hub_in_one_second(
    tmp_path: Path,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = 4 * FLEET
    if soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(enough, hard), hard))
    config = MqttConfig()  # as shipped
    fleet = [
        Backoff(config.reconnect_first_s, config.reconnect_longest_s, rng=random.Random(seed))
        for seed in range(FLEET)
    ]

    async def run(broker: Mosquitto) -> None:
        connected = asyncio.Event()
        kiosks = asyncio.create_task(simulate(broker.port, fleet, connected))
        await asyncio.wait(
            {kiosks, asyncio.create_task(connected.wait())}, return_when="FIRST_COMPLETED"
        )
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(broker.start)
        await kiosks

    with mosquitto(tmp_path) as broker:
        asyncio.run(run(broker))  # failure 13
        came = [
            int(line.split(":", 1)[0])
            for line in broker.log().splitlines()
            if "New client connected" in line and "wayside:helsinki" in line
        ]
    assert len(came) == 2 * FLEET
    again = Counter(came[FLEET:])
    assert sum(again.values()) == FLEET
    assert max(again.values()) <= FLEET // 8, again
