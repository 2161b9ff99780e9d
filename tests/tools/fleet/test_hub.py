"""Who may connect to a hub and what each may say, on a real Mosquitto as it is shipped."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.errors import UserError
from tests.brokers import wait_until
from tests.needs import needs
from tests.tools.fleet.clients import Client, connected, context
from tools.fleet.certificates import OPERATOR, WATCHER, Authority, Identity
from tools.fleet.hub import Hub
from tools.fleet.local_hub import LocalHub, local_hub

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]

MINE, OTHERS = "wayside/v1/helsinki/kiosk-1", "wayside/v1/helsinki/kiosk-2"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with local_hub(tmp_path_factory.mktemp("hub") / "hub") as hub:
        yield hub


@pytest.fixture
def joins(hub: LocalHub, tmp_path: Path) -> Callable[..., Client]:
    """Connects with an identity's certificate."""

    def join(identity: Identity | None) -> Client:
        return Client(hub.port, context(hub.folder / "ca.pem", identity, tmp_path))

    return join


@pytest.fixture
def kiosk(hub: LocalHub, joins: Callable[..., Client]) -> Iterator[Client]:
    client = joins(hub.authority.certify("helsinki/kiosk-1"))
    yield client
    client.close()


@pytest.fixture
def operator(hub: LocalHub) -> Iterator[Client]:
    with connected(hub.port, hub.operator.tls()) as client:
        client.subscribe("wayside/v1/#")
        yield client


@pytest.mark.parametrize("name", ["status", "health", "counts", "touches", "release", "agent"])
def test_a_kiosk_says_what_is_its_own(kiosk: Client, operator: Client, name: str) -> None:
    assert kiosk.publish(f"{MINE}/{name}", b"{}") == ["Success"]
    operator.wait(f"{MINE}/{name}")


def test_nobody_connects_without_a_certificate(joins: Callable[..., Client]) -> None:
    assert refused(joins, None)


def test_nobody_connects_with_another_authoritys_certificate(
    joins: Callable[..., Client], tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    assert refused(joins, Authority.new(tmp_path / "other").certify("helsinki/kiosk-1"))


def test_nobody_connects_with_a_certificate_that_has_ended(
    joins: Callable[..., Client], hub: LocalHub
) -> None:
    assert refused(joins, hub.authority.certify("helsinki/kiosk-1", days=-1))


def test_the_certificate_of_a_hub_is_no_kiosks(joins: Callable[..., Client], hub: LocalHub) -> None:
    assert refused(joins, hub.authority.certify_hub(["127.0.0.1"]))


@pytest.mark.parametrize(
    "topic",
    [
        f"{OTHERS}/status",
        f"{MINE}/command",
        f"{MINE}/anything",
        "wayside/v1/fleet/metadata",
        f"wayside/v1/fleet/blob/{'a' * 64}/0",
        "wayside/v1/helsinki/weather",
        "elsewhere",
    ],
)
def test_a_kiosk_cannot_say_what_is_another_ones(
    kiosk: Client, operator: Client, topic: str
) -> None:
    assert kiosk.publish(topic, b"forged", retain=True) == ["Not authorized"]
    kiosk.publish(f"{MINE}/status", b"later")
    wait_until(lambda: any(m.payload == b"later" for m in operator.heard), "what is its own")
    assert topic not in [m.topic for m in operator.heard]


@pytest.mark.parametrize(
    "topic", ["#", f"{OTHERS}/command", f"{OTHERS}/#", "wayside/v1/+/+/status"]
)
def test_a_kiosk_hears_nothing_of_others(kiosk: Client, operator: Client, topic: str) -> None:
    for name in ("command", "status"):
        operator.publish(f"{OTHERS}/{name}", b"secret", retain=name == "status")
    kiosk.subscribe(topic)
    kiosk.subscribe(f"{MINE}/command")
    operator.publish(f"{OTHERS}/command", b"secret")
    operator.publish(f"{MINE}/command", b"for you")
    kiosk.wait(f"{MINE}/command")
    assert {m.payload for m in kiosk.heard} == {b"for you"}


def test_a_watcher_hears_everything_and_says_nothing(hub: LocalHub, operator: Client) -> None:
    with connected(hub.port, hub.operator.tls(WATCHER)) as watcher:
        watcher.subscribe("wayside/v1/#")
        assert watcher.publish(f"{MINE}/command", b"forged") == ["Not authorized"]
        operator.publish(f"{MINE}/command", b"for you")
        watcher.wait(f"{MINE}/command")
        assert not operator.ended, "two certificates, two connections"


def test_a_second_machine_of_one_name_ends_the_first_ones_connection(
    kiosk: Client, joins: Callable[..., Client], hub: LocalHub
) -> None:
    second = joins(hub.authority.certify("helsinki/kiosk-1"))
    wait_until(lambda: kiosk.ended, "the first ends")
    assert second.publish(f"{MINE}/status", b"{}") != ["Not authorized"]
    second.close()


def test_a_revoked_kiosk_is_refused_after_the_restart_that_revoking_asks_for(
    hub: LocalHub, joins: Callable[..., Client]
) -> None:
    identity = hub.authority.certify("helsinki/kiosk-9")
    client = joins(identity)
    assert hub.authority.revoke("helsinki/kiosk-9") == 1
    hub.operator.write_access()
    hub.reload()
    topic = "wayside/v1/helsinki/kiosk-9/status"
    assert client.publish(topic, b"{}") != ["Not authorized"], "an open connection outlives it"
    hub.stop()
    hub.start()
    assert refused(joins, identity)
    with pytest.raises(UserError, match="no valid certificate"):
        hub.authority.revoke("helsinki/kiosk-9")
    client.close()


def test_a_database_that_was_cut_is_set_aside_and_the_hub_starts(tmp_path: Path) -> None:
    with local_hub(tmp_path / "hub") as hub:
        with connected(hub.port, hub.operator.tls()) as operator:
            operator.publish("wayside/v1/fleet/metadata", bytes(100_000), retain=True)
        hub.stop()
        whole = hub.database.read_bytes()
        for broken in (whole[:50_000], whole[:10], bytes(len(whole))):
            hub.database.write_bytes(broken)
            hub.start()
            hub.stop(signal.SIGKILL)
            aside = list(hub.database.parent.glob("*.broken-*"))
            assert [file.read_bytes() for file in aside] == [broken]  # failure 17
            aside[0].unlink()
        hub.database.write_bytes(whole)
        hub.start()
        with connected(hub.port, hub.operator.tls()) as operator:
            operator.subscribe("wayside/v1/fleet/metadata")
            assert len(operator.wait("wayside/v1/fleet/metadata").payload) == 100_000


def test_no_private_key_but_the_hubs_own_is_among_the_hubs_files(hub: LocalHub) -> None:
    keys = [f.name for f in (hub.folder / "server").iterdir() if b"PRIVATE" in f.read_bytes()]
    assert keys == ["server.key"]
    for key in ("ca.key", "operator.key", "watcher.key", "server/server.key"):
        assert (hub.folder / key).stat().st_mode & 0o077 == 0


def test_an_authority_with_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    Authority.new(tmp_path, b"correct horse").certify(OPERATOR)
    assert Authority(tmp_path, b"correct horse").enrolled() == {}
    for wrong in (None, b"battery staple"):
        with pytest.raises(UserError, match="--passphrase-file"):
            Authority(tmp_path, wrong)
    with pytest.raises(UserError, match="another folder"):
        Authority.new(tmp_path)


def test_a_folder_without_a_hub_is_one_line_of_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--hub"):
        Hub.open(tmp_path)


def refused(joins: Callable[..., Client], identity: Identity | None) -> bool:
    """Whether TLS ends before MQTT begins (by TLS 1.3 the client may learn it a little later)."""
    try:
        client = joins(identity)
    except OSError:
        return True
    wait_until(lambda: client.ended, "the hub ends the connection")
    client.close()
    return True
