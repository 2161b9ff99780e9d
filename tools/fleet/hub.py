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
from tools.places import ROOT

SHIPPED = ROOT / "systemd" / "hub"

HUB_FILE = "hub.yaml"

SAVE = "sudo systemctl kill --signal=USR1 wayside-hub"
RESTART = (
    "sudo install -m 644 server/crl.pem /etc/wayside-hub/ && sudo systemctl restart wayside-hub"
)
"""The commands of a hub on the operator's own machine."""


class HubFile(Section):
    """`hub.yaml`: how the operator reaches the hub. Commands run in its folder, by `sh`."""

    host: str = Field(description="name or address that kiosks and operator connect to")
    port: Port = 8883
    save: str | None = Field(
        None, description="command that makes the hub save its messages now; null: it does not"
    )
    restart: str | None = Field(
        None, description="command that gives the hub server/crl.pem and restarts it; null: by hand"
    )


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

    def publish_revoked(self) -> None:
        """Put the authority's list of revoked certificates among the hub's own files."""
        shutil.copy(self.folder / "crl.pem", self.folder / "server" / "crl.pem")

    def command(self, command: str) -> None:
        """Run `save` or `restart` of `hub.yaml`.

        Raises:
            UserError: it failed.
        """
        done = subprocess.run(["sh", "-c", command], cwd=self.folder, check=False)
        if done.returncode:
            raise UserError(f"{self.folder / HUB_FILE}: `{command}` failed ({done.returncode})")


def new_hub(
    folder: Path, hosts: Sequence[str], port: int, passphrase: bytes | None = None
) -> Authority:
    """Make a hub's folder. hosts: what kiosks may connect to; the first is what they are told.

    Raises:
        UserError: the folder holds an authority already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server = folder / "server"
    authority = Authority.new(folder, passphrase)
    server.mkdir(exist_ok=True)
    for name in (OPERATOR, WATCHER, EXPORTER, HOME_ASSISTANT):
        identity = authority.certify(name)
        (folder / f"{name}.pem").write_text(identity.certificate, encoding="utf-8")
        secret(folder / f"{name}.key", identity.key.encode())
    hub = authority.certify_hub(hosts)
    (server / "server.pem").write_text(hub.certificate, encoding="utf-8")
    secret(server / "server.key", hub.key.encode())
    for name in ("ca.pem", "crl.pem"):
        shutil.copy(folder / name, server / name)
    for file in SHIPPED.iterdir():
        shutil.copy(file, server / file.name)
    configuration = server / "mosquitto.conf"
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(text.replace("listener 8883", f"listener {port}"), encoding="utf-8")
    write_settings(folder, HubFile(host=hosts[0], port=port, save=SAVE, restart=RESTART))
    return authority


def write_settings(folder: Path, settings: HubFile) -> None:
    """Write `hub.yaml`."""
    head = "# How this machine reaches the hub; the commands are run in this folder.\n"
    text = yaml.safe_dump(settings.model_dump(), sort_keys=False, width=200)
    (folder / HUB_FILE).write_text(head + text, encoding="utf-8")
