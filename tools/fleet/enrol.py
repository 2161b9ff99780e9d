"""Enrolling a kiosk: its certificate in one file to put on it (device/fleet/enrolment.py).

Guarantee: a kiosk that has a valid certificate gets another only by `renew`, so that a name typed
twice does not make two machines of one name.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import yaml

from device.errors import UserError
from tools.fleet.certificates import KIOSK_DAYS, Authority, common_name, secret
from tools.fleet.hub import Hub
from tools.fleet.repository import Repository


def enrol(
    hub: Hub,
    authority: Authority,
    site: str,
    kiosk: str,
    *,
    root: str = "",
    renew: bool = False,
    days: int = KIOSK_DAYS,
) -> Path:
    """Certify a kiosk and write the file for it; where it is.

    root: the signed root metadata that the kiosk is to trust first; empty: it takes no releases.

    Raises:
        UserError: a name that cannot be one; it has a certificate, or has none to renew.
    """
    name = common_name(site, kiosk)
    ends = authority.enrolled().get(name)
    valid = ends is not None and ends > datetime.now(UTC)
    if valid and not renew:
        raise UserError(
            f"{name}: is enrolled already, until {ends:%Y-%m-%d}; --renew gives it a new "
            "certificate, and `fleet revoke` takes the old one away"
        )
    if ends is None and renew:
        raise UserError(f"{name}: is not enrolled; leave --renew out")
    identity = authority.certify(name, days)
    content = {
        "site": site,
        "kiosk": kiosk,
        "hub": hub.settings.host,
        "port": hub.settings.port,
        "ca": authority.certificate,
        "certificate": identity.certificate,
        "key": identity.key,
        "root": root,
    }
    folder = hub.folder / "kiosks"
    folder.mkdir(exist_ok=True)
    path = folder / f"{site}.{kiosk}.yaml"
    ends = identity.expires
    head = f"# {name}, until {ends:%Y-%m-%d}. It holds a private key: do not send it by mail.\n"
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False)
    secret(path, (head + text).encode())
    return path


def root_of(folder: Path) -> str:
    """The newest signed root of a repository; empty: there is no repository."""
    repository = Repository(folder)
    versions = repository.versions("root")
    if not versions:
        return ""
    return repository.files()[f"{versions[-1]}.root.json"].decode()


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)
