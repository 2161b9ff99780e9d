"""The repository of a fleet: a plain folder of signed metadata and of blobs, to be put on a hub.

    metadata/1.root.json, 5.snapshot.json, 5.targets.json, 3.content.json, ..., timestamp.json
    blobs/<sha256>

Guarantees: `files` and `blobs` are what the newest snapshot names, so what still lacks a signature
is not among them; files are written beside their place and renamed.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata
from tuf.api.serialization.json import JSONSerializer

from device.errors import UserError
from device.fleet.disk import Disk
from device.fleet.manifest import TARGET, Manifest, Rollout
from tools.fleet.roles import DELEGATED, ROLES


class Repository:
    """The repository in a folder, which `create` (tools/fleet/signing.py) fills at first."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet."""
        self.folder = folder
        self._metadata, self._blobs = folder / "metadata", folder / "blobs"
        self._disk = Disk()

    def files(self) -> dict[str, bytes]:
        """The metadata message: every root, and what the newest snapshot names.

        Raises:
            UserError: a file is missing or broken.
        """
        names = [f"{version}.root.json" for version in self.versions("root")]
        return {name: self._read(name) for name in [*names, *self._named().values()]}

    def blobs(self) -> dict[str, Path]:
        """By SHA-256, the file of each blob that a kiosk may ask for: rollout, manifests, content.

        Raises:
            UserError: one is missing.
        """
        wanted: dict[str, str] = {}
        for role in DELEGATED:
            for name, target in self.published(role).signed.targets.items():
                wanted[target.hashes["sha256"]] = name
        for manifest in self.manifests().values():
            wanted |= {entry.sha256: entry.path for entry in manifest.files}
        for sha256, name in wanted.items():
            if not self.blob(sha256).is_file():
                raise UserError(f"{self.blob(sha256)}: missing, it is {name}; sign it again")
        return {sha256: self.blob(sha256) for sha256 in wanted}

    def manifests(self, *, signed: bool = True) -> dict[str, Manifest]:
        """By target name, the manifests of the releases. signed: False: also of those that wait for
        a signature."""
        found: dict[str, Manifest] = {}
        for role in ("content", "code"):
            metadata = self.published(role) if signed else self.newest(role)
            for name, target in metadata.signed.targets.items():
                content = self.blob(target.hashes["sha256"]).read_bytes()
                found[name] = Manifest.model_validate_json(content)
        return found

    def rollout(self) -> Rollout | None:
        """The newest rollout, if there is one."""
        target = self.newest("rollout").signed.targets.get(TARGET)
        if target is None:
            return None
        return Rollout.model_validate_json(self.blob(target.hashes["sha256"]).read_bytes())

    def expires(self) -> dict[str, datetime]:
        """By role, when the metadata that kiosks are given expires, in UTC."""
        return {role: self.published(role).signed.expires for role in ROLES}

    def blob(self, sha256: str) -> Path:
        """Where a blob is, or would be."""
        return self._blobs / sha256

    def add_blob(self, content: bytes | Path) -> str:
        """Keep a blob, and return its SHA-256."""
        sha256 = digest_of(content)
        place = self.blob(sha256)
        if not place.is_file():
            self._blobs.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                self._disk.write(place, content)
            else:
                part = place.with_suffix(".part")
                shutil.copyfile(content, part)
                self._disk.rename(part, place)
        return sha256

    def versions(self, role: str) -> list[int]:
        """Of the files of a role, in order."""
        numbers = (path.name.partition(".")[0] for path in self._metadata.glob(f"*.{role}.json"))
        return sorted(int(number) for number in numbers if number.isdecimal())

    def newest(self, role: str) -> Metadata[Any]:
        """Metadata of a role, of the highest version, whether it was published or not.

        Raises:
            UserError: there is none, or it is broken.
        """
        if role == "timestamp":
            return self._parsed("timestamp.json")
        versions = self.versions(role)
        if not versions:
            raise UserError(
                f"{self._metadata}: no {role}.json; `wayside-tools fleet keys new` makes them"
            )
        return self._parsed(f"{versions[-1]}.{role}.json")

    def published(self, role: str) -> Metadata[Any]:
        """Metadata of a role as kiosks are given it.

        Raises:
            UserError: there is none, or it is broken.
        """
        return self.newest(role) if role == "root" else self._parsed(self._named()[role])

    def write(self, role: str, metadata: Metadata[Any]) -> None:
        """Keep metadata under its version."""
        version = "" if role == "timestamp" else f"{metadata.signed.version}."
        content = metadata.to_bytes(JSONSerializer(compact=False))
        self._metadata.mkdir(parents=True, exist_ok=True)
        self._disk.write(self._metadata / f"{version}{role}.json", content)

    def _named(self) -> dict[str, str]:
        """By role, the file that timestamp and snapshot name."""
        timestamp = self._parsed("timestamp.json").signed
        snapshot = f"{timestamp.snapshot_meta.version}.snapshot.json"
        listed = self._parsed(snapshot).signed.meta
        named = {"timestamp": "timestamp.json", "snapshot": snapshot}
        return named | {
            name.removesuffix(".json"): f"{meta.version}.{name}" for name, meta in listed.items()
        }

    def _parsed(self, name: str) -> Metadata[Any]:
        try:
            return Metadata[Any].from_bytes(self._read(name))
        except RepositoryError as error:
            raise UserError(
                f"{self._metadata / name}: {error}; take the file from a copy of the folder"
            ) from None

    def _read(self, name: str) -> bytes:
        try:
            return (self._metadata / name).read_bytes()
        except OSError as error:
            raise UserError(
                f"{self._metadata / name}: {error.strerror}; `wayside-tools fleet keys new` makes "
                "a repository, and --fleet names its folder"
            ) from None


def digest_of(content: bytes | Path) -> str:
    """SHA-256 in hexadecimal."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
