"""A hub of three NATS servers, real ones on loopback: who may say what, and one of them killed."""

from __future__ import annotations

import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from device.errors import UserError
from device.fleet.agent import HUB_QOS
from device.fleet.blobs import PART, part_count
from device.messaging.topics import FLEET_BLOBS, blob_topic
from tests.brokers import PATIENCE_S, wait_until
from tests.needs import needs
from tests.tools.fleet.clients import context
from tests.tools.fleet.test_publish import Folder, metadata
from tools.fleet.cluster import subjects, users
from tools.fleet.connection import operator_connection
from tools.fleet.hub import SHIPPED, Hub, new_hub
from tools.fleet.local_cluster import LocalCluster, local_cluster
from tools.fleet.local_hub import LOOPBACK
from tools.fleet.publish import prune, publish
from tools.fleet.rollout import Progress
from tools.fleet.simulate import Plan, Simulated, Simulation
from tools.fleet.simulated_hub import Place, cluster_place, local_place

MINE, OTHERS = "wayside/v1/helsinki/kiosk-1", "wayside/v1/helsinki/kiosk-2"
PLAN = Plan(
    kiosks=12, canaries=2, slow=0.5, power_cut=0.5, size=200_000, rate=100_000.0, processes=1
)
NODES = ["a.example.org", "b.example.org", "c.example.org"]


def slow(test: Callable[..., None]) -> Callable[..., None]:
    """Of a test that starts the cluster."""
    return pytest.mark.slow(needs("nats-server")(test))


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("wayside/v1/a/b/status", ["wayside.v1.a.b.status"]),
        ("wayside/v1/+/+/status", ["wayside.v1.*.*.status"]),
        ("wayside/v1/fleet/#", ["wayside.v1.fleet", "wayside.v1.fleet.>"]),
    ],
)
def test_a_topic_is_a_subject_of_nats(topic: str, expected: list[str]) -> None:
    assert subjects(topic) == expected


def test_a_kiosk_may_say_there_what_it_may_say_at_mosquitto() -> None:
    text = users((SHIPPED / "acl").read_text(encoding="utf-8"), ["helsinki/kiosk-1"])
    line = next(line for line in text.splitlines() if "kiosk-1" in line)
    assert '"wayside.v1.helsinki.kiosk-1.release"' in line
    assert '"wayside.v1.helsinki.kiosk-1.command"' in line.partition('"subscribe"')[2]
    assert 'kiosk-1.command"' not in line.partition('"subscribe"')[0]


def test_a_line_of_the_access_list_that_is_not_understood_is_one_line() -> None:
    with pytest.raises(UserError, match="topic deny"):
        users("user operator\ntopic deny wayside/#\n", [])


def test_a_cluster_has_three_nodes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="got 2, takes 3"):
        new_hub(tmp_path, ["hub.example.org"], 8883, nodes=NODES[:2])


def test_the_nodes_are_told_who_is_enrolled_and_who_no_longer_is(tmp_path: Path) -> None:
    authority = new_hub(tmp_path, ["hub.example.org"], 8883, nodes=NODES)
    hub, file = Hub.open(tmp_path), tmp_path / "server" / "users.conf"
    assert (hub.settings.nodes, hub.settings.protocol) == (tuple(NODES), "3.1.1")
    authority.certify("helsinki/kiosk-1")
    hub.write_access()
    assert "CN=helsinki/kiosk-1" in file.read_text(encoding="utf-8")
    authority.revoke("helsinki/kiosk-1")
    hub.write_access()
    assert "CN=helsinki/kiosk-1" not in file.read_text(encoding="utf-8")
    assert "c.example.org:6222" in (tmp_path / "server/nodes.conf").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with local_cluster(tmp_path_factory.mktemp("cluster") / "hub") as cluster:
        yield cluster


class Client:
    """By MQTT 3.1.1, which NATS speaks."""

    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.granted: list[bool] = []
        self._up, self.ended = threading.Event(), threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311, reconnect_on_failure=False
        )
        self._client.tls_set_context(tls)
        self._client.on_connect = lambda *given: given[3].is_failure or self._up.set()
        self._client.on_disconnect = lambda *_: self.ended.set()
        self._client.on_message = lambda _c, _u, m: self.heard.append((m.topic, bytes(m.payload)))
        self._client.on_subscribe = lambda *given: self.granted.extend(
            not reason.is_failure for reason in given[3]
        )
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()
        wait_until(lambda: self._up.is_set() or self.ended.is_set(), "an answer of the hub")

    def subscribe(self, topic: str) -> bool:
        """Subscribe; whether it was granted."""
        before = len(self.granted)
        self._client.subscribe(topic, HUB_QOS)
        wait_until(lambda: len(self.granted) > before, "an answer")
        return self.granted[-1]

    def publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def joins(cluster: LocalCluster, tmp_path: Path) -> Iterator[Callable[[str], Client]]:
    """Connects with a certificate of that name."""
    clients = []

    def join(name: str) -> Client:
        identity = cluster.authority.certify(name)
        if "/" in name:
            cluster.reload()
        tls = context(cluster.folder / "ca.pem", identity, tmp_path)
        clients.append(Client(cluster.port, tls))
        return clients[-1]

    yield join
    for client in clients:
        client.close()


@slow
def test_a_kiosk_says_and_hears_what_is_its_own(joins: Callable[[str], Client]) -> None:
    operator, kiosk = joins("operator"), joins("helsinki/kiosk-1")
    assert operator.subscribe("wayside/v1/+/+/status")
    assert not kiosk.subscribe(f"{OTHERS}/command")
    assert not kiosk.subscribe("#")
    assert kiosk.subscribe(f"{MINE}/command")
    kiosk.publish(f"{OTHERS}/status", b"forged")
    kiosk.publish("wayside/v1/fleet/metadata", b"forged")
    kiosk.publish(f"{MINE}/status", b"mine")
    operator.publish(f"{OTHERS}/command", b"secret")
    operator.publish(f"{MINE}/command", b"for you")
    wait_until(lambda: kiosk.heard, "its command")
    assert kiosk.heard == [(f"{MINE}/command", b"for you")]
    wait_until(lambda: operator.heard, "its status")
    assert operator.heard == [(f"{MINE}/status", b"mine")]


@slow
def test_a_revoked_kiosk_is_sent_away_at_once(
    joins: Callable[[str], Client], cluster: LocalCluster, tmp_path: Path
) -> None:
    kiosk = joins("helsinki/kiosk-9")
    assert cluster.authority.revoke("helsinki/kiosk-9") == 1
    cluster.reload()
    assert kiosk.ended.wait(PATIENCE_S)


@slow
def test_a_kiosk_is_no_node(cluster: LocalCluster, tmp_path: Path) -> None:
    ca, server = cluster.folder / "ca.pem", cluster.folder / "server"
    node = ssl.create_default_context(cafile=ca)
    node.load_cert_chain(server / "server.pem", server / "server.key")
    kiosk = context(ca, cluster.authority.certify("helsinki/kiosk-1"), tmp_path)
    assert not refuses_as_node(cluster.routes[0], node)
    assert refuses_as_node(cluster.routes[0], kiosk)


@slow
def test_what_is_published_is_there_after_a_node_was_killed_and_can_be_pruned(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    source = Folder(tmp_path)
    for content in (random.Random(2).randbytes(20 * PART + 5), b"", bytes(1_000_000)):
        source.add(content)
    parts = 21 + 1 + part_count(1_000_000)
    with operator_connection(cluster.operator) as connection:
        assert publish(source, connection).written == parts
        connection.write(blob_topic(source.hashes[0], 3), b"")
        connection.flush()
    cluster.kill(cluster.nodes[0])
    source.metadata = {"2.root.json": b"{}"}
    wait_until(lambda: repaired(cluster, source), "a new leader")
    source.hashes.clear()
    source.metadata = {"3.root.json": b"{}"}
    wait_until(lambda: repaired(cluster, source), "and nothing is left to repair")
    with operator_connection(cluster.operator) as connection:
        assert prune(source, connection) == parts
        assert connection.read([f"{FLEET_BLOBS}+/+"]) == {}
    cluster.start()


@slow
def test_kiosks_take_a_release_from_one_mosquitto_over_slow_lines_and_through_power_cuts(
    tmp_path: Path,
) -> None:
    with local_place(tmp_path / "hub") as place:
        told = run(place, PLAN, tmp_path)
    assert told.tally()["committed"] == PLAN.kiosks
    assert sum(outcome.cuts for outcome in told.outcomes) > 0
    assert (told.verdict, told.percent, told.paused) == ("go on", 100, False)


@slow
def test_they_take_it_from_a_cluster_of_which_a_node_is_killed_in_the_middle(
    tmp_path: Path,
) -> None:
    with cluster_place(tmp_path / "hub") as (place, cluster):

        def show(progress: Progress) -> None:
            if progress.rollout.percent == 100 and len(cluster.nodes) == 3:
                cluster.kill(cluster.nodes[1])

        told = run(place, PLAN, tmp_path, show)
        assert len(cluster.nodes) == 2
    assert told.tally()["committed"] == PLAN.kiosks
    assert sum(outcome.lost - outcome.cuts for outcome in told.outcomes) > 0


def run(
    place: Place, plan: Plan, folder: Path, show: Callable[[Progress], None] = lambda _: None
) -> Simulated:
    """A simulation at a hub that runs."""
    simulation = Simulation(place, plan, folder / "fleet")
    with simulation.kiosks() as crowd:
        return simulation.roll_out(crowd, simulation.sign(), show, linger_s=PATIENCE_S)


def repaired(cluster: LocalCluster, source: Folder) -> bool:
    """Publish what the cluster lacks; False: it has no leader yet, or not all nodes have it."""
    try:
        with operator_connection(cluster.operator) as connection:
            publish(source, connection, repair=True)
        return all(node_has(cluster, source) for _ in cluster.nodes)
    except UserError:
        return False


def node_has(cluster: LocalCluster, source: Folder) -> bool:
    """Whether the next node has the newest metadata."""
    with operator_connection(cluster.operator) as connection:
        return metadata(connection) == source.metadata


def refuses_as_node(port: int, tls: ssl.SSLContext) -> bool:
    """Whether a node refuses who connects to it as another one."""
    with (
        socket.create_connection((LOOPBACK, port), PATIENCE_S) as plain,
        tls.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.sendall(b'CONNECT {"name": "another"}\r\nPING\r\n')
        said = b""
        while b"PONG" not in said and b"-ERR" not in said and (more := line.recv(65536)):
            said += more
    return b"Authorization Violation" in said
