"""The least that a kiosk accepts from now on: versions, time and counter, kept through power cuts.

ngclient's own protection against older metadata is its cache: emptied, it accepts an old version.
This record takes its place and is the only state of device/fleet/trust.py. Guarantee: it is written
twice, each copy with its hash, one after the other; while one copy is whole, nothing older than
that copy says is accepted.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from device.fleet.disk import Disk
from device.fleet.manifest import Signed

COPIES = ("floor.json", "floor-copy.json")

DIGEST = 64
"""Bytes of the hash that a copy begins with."""


class Role(Signed):
    """The newest metadata of a role that was verified, and the keys that it could be signed by."""

    version: int
    keys: tuple[str, ...]


class Floor(Signed):
    """roles: by name. at: the latest time that verified metadata states, in UTC. counter: the
    highest of a release that was rolled out. root: the newest verified root metadata, empty at
    first. fleet: the one that all this is of."""

    at: datetime
    fleet: str
    roles: dict[str, Role] = {}
    counter: int = 0
    root: str = ""

    def version(self, role: str, keys: tuple[str, ...]) -> int:
        """The lowest version to accept of a role that now has these keys.

        A role whose keys were all replaced begins anew, as TUF's specification asks (5.3.11): else
        whoever stole a key could sign so high a version that nothing after it would be accepted.
        """
        known = self.roles.get(role)
        return 0 if known is None or not set(known.keys) & set(keys) else known.version


def read(folder: Path) -> Floor | None:
    """The record in a folder; None if no copy is whole."""
    for name in COPIES:
        try:
            content = (folder / name).read_bytes()
            digest, text = content[:DIGEST], content[DIGEST:]
            if hashlib.sha256(text).hexdigest().encode() == digest:
                return Floor.model_validate_json(text)
        except (OSError, ValidationError):
            continue
    return None


def write(folder: Path, floor: Floor, disk: Disk) -> None:
    """Replace the copies that differ from it.

    Raises:
        OSError: the disk refuses; one copy is whole, the old or the new one.
    """
    text = floor.model_dump_json().encode()
    content = hashlib.sha256(text).hexdigest().encode() + text
    for name in COPIES:
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            disk.write(path, content)
