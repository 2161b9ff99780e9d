"""The one file that makes a machine a kiosk of a fleet, and its installation.

`wayside-tools fleet enrol` writes the file; on the kiosk

    sudo /opt/wayside/agent/enrol helsinki.kiosk-1.yaml

puts what is in it below `/etc/wayside`: the agent's configuration, the authority, the certificate
and its key. Guarantees: a file with a mistake changes nothing; what an operator has set in
`agent.yaml` besides the hub stays; the key can be read by root and the agent alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import ssl
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import Field, SecretStr, field_validator
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root

from device.errors import UserError
from device.setting_types import Port, TopicLevel
from device.typed_yaml import Section, read_yaml

GROUP = "wayside"
"""Of the user that the agent runs as."""

FILES = {"ca": "hub-ca.pem", "certificate": "agent.pem", "key": "agent.key"}
"""Where each part is kept, below `/etc/wayside`."""


WARN_DAYS = 30
"""A certificate with fewer days left is trouble: the agent and `fleet enrolled` say so."""

ROOT = "root.json"
"""Where the root of trust is kept, below `/etc/wayside`."""


class Enrolment(Section):
    """The file. Certificates and key are PEM text."""

    site: TopicLevel
    kiosk: TopicLevel
    hub: str = Field(description="name or address of the hub")
    port: Port = 8883
    ca: str
    certificate: str
    key: SecretStr
    root: str = Field("", description="signed root of the releases; empty: it takes none yet")

    @field_validator("ca", "certificate", "key", mode="before")
    @classmethod
    def _pem(cls, text: object) -> object:
        if isinstance(text, str) and not text.startswith("-----BEGIN "):
            raise ValueError("PEM text, from its -----BEGIN line on")
        return text

    @field_validator("root")
    @classmethod
    def _signed(cls, text: str) -> str:
        try:
            if text:
                root = Metadata[Root].from_bytes(text.encode())
                root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
        except (RepositoryError, ValueError):
            raise ValueError("signed root metadata, as in fleet/metadata/1.root.json") from None
        return text

    @property
    def parts(self) -> dict[str, str]:
        """The text of each of `FILES`."""
        return {
            "ca": self.ca,
            "certificate": self.certificate,
            "key": self.key.get_secret_value(),
        }


def install(file: Path, folder: Path) -> Enrolment:
    """Put an enrolment into a folder, `/etc/wayside` on a kiosk.

    Raises:
        UserError: the file has a mistake, certificate and key do not belong together, or the folder
            cannot be written.
    """
    enrolment = read_yaml(file, Enrolment, named_by="the argument")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as beside:
            new = Path(beside)
            for part, text in enrolment.parts.items():
                _write(new / FILES[part], text, 0o640 if part == "key" else 0o644)
            context = ssl.create_default_context(cafile=new / FILES["ca"])
            context.load_cert_chain(new / FILES["certificate"], new / FILES["key"])
            _write(new / "agent.yaml", _configuration(enrolment, folder), 0o640)
            if enrolment.root:
                _write(new / ROOT, enrolment.root, 0o644)
            for path in new.iterdir():
                path.replace(folder / path.name)
        os.sync()
    except ssl.SSLError as error:
        raise UserError(f"{file}: certificate and key cannot be used ({error.reason})") from None
    except OSError as error:
        raise UserError(f"{error.filename or folder}: {error.strerror}; run it as root") from None
    return enrolment


def _configuration(enrolment: Enrolment, folder: Path) -> str:
    """`agent.yaml` with this hub; other keys that are there stay."""
    path = folder / "agent.yaml"
    kept = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    settings = kept if isinstance(kept, dict) else {}
    hub = settings.get("mqtt")
    settings |= {
        "site": enrolment.site,
        "kiosk": enrolment.kiosk,
        "mqtt": {
            **(hub if isinstance(hub, dict) else {}),
            "broker": enrolment.hub,
            "port": enrolment.port,
            "tls": dict(FILES),
        },
    }
    head = "# The agent of this kiosk; `mqtt` is the hub of its fleet (docs/fleet.md).\n"
    return head + yaml.safe_dump(settings, sort_keys=False)


def _write(path: Path, text: str, mode: int) -> None:
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if os.geteuid() == 0 and mode & 0o004 == 0:
        try:
            shutil.chown(path, group=GROUP)
        except LookupError:  # no kiosk is installed on this machine yet
            mode &= ~0o070
    path.chmod(mode)


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; exit code 1, with one line of error, where the file cannot be used."""
    parser = argparse.ArgumentParser(prog="enrol", description="Make this machine a fleet's kiosk.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--folder", type=Path, default=Path("/etc/wayside"), metavar="DIR")
    arguments = parser.parse_args(argv)
    try:
        enrolment = install(arguments.file, arguments.folder)
    except UserError as error:
        print(f"wayside: {error}", file=sys.stderr)
        return 1
    print(
        f"wayside: this is {enrolment.site}/{enrolment.kiosk} now, with the hub {enrolment.hub}; "
        "systemctl restart wayside-agent"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
