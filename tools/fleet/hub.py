"""A hub: the folder that its machine needs, and how the operator reaches it.

`new_hub` makes one folder: the authority of the fleet, the operator's own certificates, `hub.yaml`,
and `server/`, which is copied to the hub's machine and installed there. Guarantee: no private key
but the hub's own is in `server/`.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml
from pydantic import Field

from device.errors import UserError
from device.messaging.messages import Protocol
from device.setting_types import Port
from device.typed_yaml import Section, read_yaml
from tools.fleet.certificates import (
    EXPORTER,
    HOME_ASSISTANT,
    OPERATOR,
    WATCHER,
    Authority,
    enrolled,
    secret,
)
from tools.fleet.cluster import NODES, ROUTES_PORT, write_nodes, write_users
from tools.places import ROOT

SHIPPED = ROOT / "systemd" / "hub"
CLUSTER = SHIPPED / "cluster"

HUB_FILE = "hub.yaml"

SAVE = "sudo systemctl kill --signal=USR1 wayside-hub"
RESTART = (
    "sudo install -m 644 server/crl.pem /etc/wayside-hub/ && sudo systemctl restart wayside-hub"
)
"""The commands of a hub on the operator's own machine."""

RELOAD = (
    "for node in {nodes}; do scp server/users.conf root@$node:/etc/wayside-hub/ && "
    "ssh root@$node systemctl reload wayside-hub || exit 1; done"
)
"""Tells the nodes of a cluster who may connect now."""


class HubFile(Section):
    """`hub.yaml`: how the operator reaches the hub. Commands run in its folder, by `sh`."""

    host: str = Field(description="name or address that kiosks and operator connect to")
    port: Port = 8883
    save: str | None = Field(
        None, description="command that makes the hub save its messages now; null: it does not"
    )
    restart: str | None = Field(
        None,
        description="command that gives the hub server/crl.pem and restarts it, or the nodes of a "
        "cluster server/users.conf and reloads them; null: by hand",
    )
    nodes: tuple[str, ...] = Field(
        (), description="host names of the nodes of a NATS cluster; none: one Mosquitto"
    )

    @property
    def protocol(self) -> Protocol:
        """The version of MQTT that it speaks."""
        return "3.1.1" if self.nodes else "5"


@dataclass(frozen=True, slots=True)
class Hub:
    """An operator's folder of a hub."""

    folder: Path
    settings: HubFile

    @classmethod
    def open(cls, folder: Path) -> Hub:
        """Read a folder that `new_hub` has made.

        Raises:
            UserError: it holds no hub, or `hub.yaml` has a mistake.
        """
        return cls(folder, read_yaml(folder / HUB_FILE, HubFile, named_by="--hub"))

    def authority(self, passphrase: bytes | None = None) -> Authority:
        """The authority of the fleet.

        Raises:
            UserError: it cannot be opened.
        """
        return Authority(self.folder, passphrase)

    def enrolled(self) -> dict[str, datetime]:
        """The kiosks with a certificate, and until when.

        Raises:
            UserError: the authority's book cannot be read.
        """
        return enrolled(self.folder)

    def tls(self, name: str = OPERATOR) -> ssl.SSLContext:
        """TLS as the operator. name: `WATCHER` to watch while something else is published.

        Raises:
            UserError: a certificate file cannot be used.
        """
        try:
            context = ssl.create_default_context(cafile=self.folder / "ca.pem")
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        except OSError as error:
            raise UserError(
                f"{self.folder}: the operator's certificate cannot be used ({error})"
            ) from None
        return context

    def write_access(self) -> None:
        """Put who may connect by now among the hub's own files.

        Raises:
            UserError: the authority's book cannot be read.
        """
        server = self.folder / "server"
        shutil.copy(self.folder / "crl.pem", server / "crl.pem")
        if self.settings.nodes:
            write_users(server, self.enrolled())

    def command(self, command: str) -> None:
        """Run `save` or `restart` of `hub.yaml`.

        Raises:
            UserError: it failed.
        """
        done = subprocess.run(["sh", "-c", command], cwd=self.folder, check=False)
        if done.returncode:
            raise UserError(f"{self.folder / HUB_FILE}: `{command}` failed ({done.returncode})")


def new_hub(
    folder: Path,
    hosts: Sequence[str],
    port: int,
    passphrase: bytes | None = None,
    nodes: Sequence[str] = (),
) -> Authority:
    """Make a hub's folder. hosts: what kiosks may connect to; the first is what they are told.

    nodes: host names of the machines of a NATS cluster; none: one Mosquitto.

    Raises:
        UserError: the folder holds an authority already, or there are not three nodes.
    """
    if nodes and len(set(nodes)) != NODES:
        raise UserError(
            f"nodes: got {len(set(nodes))}, takes {NODES}: the cluster outlives any one"
        )
    folder.mkdir(parents=True, exist_ok=True)
    server = folder / "server"
    authority = Authority.new(folder, passphrase)
    server.mkdir(exist_ok=True)
    for name in (OPERATOR, WATCHER, EXPORTER, HOME_ASSISTANT):
        identity = authority.certify(name)
        (folder / f"{name}.pem").write_text(identity.certificate, encoding="utf-8")
        secret(folder / f"{name}.key", identity.key.encode())
    hub = authority.certify_hub([*hosts, *nodes], node=bool(nodes))
    (server / "server.pem").write_text(hub.certificate, encoding="utf-8")
    secret(server / "server.key", hub.key.encode())
    for name in ("ca.pem", "crl.pem"):
        shutil.copy(folder / name, server / name)
    for file in CLUSTER.iterdir() if nodes else filter(Path.is_file, SHIPPED.iterdir()):
        shutil.copy(file, server / file.name)
    settings = HubFile(host=hosts[0], port=port, save=SAVE, restart=RESTART)
    if nodes:
        shutil.copy(SHIPPED / "acl", server / "acl")
        write_nodes(server, [f"{node}:{ROUTES_PORT}" for node in nodes])
        write_users(server, ())
        _set(server / "nats.conf", "0.0.0.0:8883", f"0.0.0.0:{port}")
        reload = RELOAD.format(nodes=" ".join(nodes))
        settings = HubFile(host=hosts[0], port=port, restart=reload, nodes=tuple(nodes))
    else:
        _set(server / "mosquitto.conf", "listener 8883", f"listener {port}")
    write_settings(folder, settings)
    return authority


def _set(configuration: Path, shipped: str, wanted: str) -> None:
    """Change a setting of the hub's own configuration."""
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(text.replace(shipped, wanted), encoding="utf-8")


def write_settings(folder: Path, settings: HubFile) -> None:
    """Write `hub.yaml`."""
    head = "# How this machine reaches the hub; the commands are run in this folder.\n"
    text = yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, width=200)
    (folder / HUB_FILE).write_text(head + text, encoding="utf-8")
