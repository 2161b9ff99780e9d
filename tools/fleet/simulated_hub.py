"""Hubs for simulated kiosks: one Mosquitto or a cluster on loopback, or an operator's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from device.config import MqttConfig, TlsConfig
from device.errors import UserError
from device.fleet.settings import AgentConfig
from device.messaging.topics import FLEET_BLOBS, FLEET_METADATA, ROOT
from tools.fleet.certificates import Authority, secret
from tools.fleet.connection import operator_connection
from tools.fleet.hub import Hub
from tools.fleet.local_cluster import LocalCluster, local_cluster
from tools.fleet.local_hub import LOOPBACK, LocalHub

SITE = "simulated"

By: TypeAlias = Literal["plain", "tls", "nats"]
"""Mosquitto without TLS, for as many kiosks as this machine bears, or with; three NATS servers."""

KEEPALIVE_S = 120
"""Of the kiosks, which share a processor: one may have to wait for others."""


def nothing() -> None:
    """For a hub that needs no telling."""


@dataclass(frozen=True, slots=True)
class Place:
    """A hub to simulate at. hub: with a book of our own. plain_port: where kiosks may connect
    without TLS; None: each has a certificate. pids: of the broker, if it is on this machine. admit:
    tells the hub who has a certificate by now."""

    hub: Hub
    authority: Authority
    plain_port: int | None = None
    pids: tuple[int, ...] = ()
    admit: Callable[[], None] = nothing

    def join(self, names: Sequence[str], folder: Path, root: str) -> list[AgentConfig]:
        """Make the folders and connections of kiosks. root: that they trust."""
        configs, settings = [], self.hub.settings
        for name, identity in zip(names, self.authority.certify_all(names, days=1), strict=True):
            site, kiosk = name.split("/")
            place = folder / kiosk
            place.mkdir(parents=True)
            (place / "root.json").write_text(root, encoding="utf-8")
            if self.plain_port is not None:
                mqtt = MqttConfig(
                    broker=LOOPBACK, port=self.plain_port, username=name, keepalive_s=KEEPALIVE_S
                )
            else:
                (place / "agent.pem").write_text(identity.certificate, encoding="utf-8")
                secret(place / "agent.key", identity.key.encode())
                tls = TlsConfig(
                    ca=self.hub.folder / "ca.pem",
                    certificate=place / "agent.pem",
                    key=place / "agent.key",
                )
                mqtt = MqttConfig(
                    broker=settings.host, port=settings.port, tls=tls, keepalive_s=KEEPALIVE_S
                )
            configs.append(
                AgentConfig(
                    site=site,
                    kiosk=kiosk,
                    mqtt=mqtt,
                    folder=place / "fleet",
                    root=place / "root.json",
                )
            )
        self.admit()
        return configs


@contextmanager
def local_place(folder: Path, *, tls: bool = False) -> Iterator[Place]:
    """One Mosquitto on loopback, until the block ends. tls: that of the hub as it is shipped."""
    hub = LocalHub(folder)
    port = None if tls else hub.open_plainly()
    hub.start()
    try:
        yield Place(hub.operator, hub.authority, port, (hub.pid,))
    finally:
        hub.stop()


@contextmanager
def cluster_place(folder: Path) -> Iterator[tuple[Place, LocalCluster]]:
    """A cluster of three nodes on loopback, until the block ends."""
    with local_cluster(folder) as hub:
        pids = tuple(map(hub.pid, hub.nodes))
        yield Place(hub.operator, hub.authority, pids=pids, admit=hub.reload), hub


@contextmanager
def borrowed(hub: Hub) -> Iterator[Place]:
    """An operator's hub, until the block ends, and then as empty as it was.

    Raises:
        UserError: it serves a fleet, or cannot be reached.
    """
    with operator_connection(hub) as connection:
        if hub.enrolled() or connection.read([FLEET_METADATA]):
            raise UserError(
                f"{hub.folder}: this hub serves a fleet; a simulation takes one without kiosks "
                "and releases: `wayside-tools fleet hub new` makes it"
            )
    with tempfile.TemporaryDirectory() as where:
        copy = Path(where) / "hub"
        shutil.copytree(hub.folder, copy)
        try:
            yield Place(Hub.open(copy), Authority(copy))
        finally:
            with operator_connection(hub) as connection:
                for topics in (FLEET_METADATA, f"{FLEET_BLOBS}+/+", f"{ROOT}/{SITE}/+/+"):
                    for topic in connection.read([topics]):
                        connection.write(topic, b"")
                connection.flush()


@contextmanager
def place_by(how: By, folder: Path, hub: Hub | None = None) -> Iterator[Place]:
    """A place of that kind. hub: of an operator, instead."""
    with ExitStack() as stack:
        if hub is not None:
            yield stack.enter_context(borrowed(hub))
        elif how == "nats":
            yield stack.enter_context(cluster_place(folder))[0]
        else:
            yield stack.enter_context(local_place(folder, tls=how == "tls"))
