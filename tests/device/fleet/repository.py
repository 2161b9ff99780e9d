"""A fleet's repository for tests: publishes, expires, corrupts and rotates in one line each.

It signs with the operator's own code (tools/fleet/signing.py), with keys in memory, and serves what
a kiosk is given: `files`, the metadata message, and `blob`.
"""

from __future__ import annotations

import json
import shutil
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner, SSlibKey

from device.errors import UserError
from device.fleet.manifest import TARGET, Manifest, Rollout
from device.fleet.trust import Missing
from tools.fleet.keys import NAME, generate
from tools.fleet.repository import Repository
from tools.fleet.roles import ROLES
from tools.fleet.signing import add_target, change, create, public_keys, refresh, rotate

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)

NEEDS = {"agent": 1, "wheels": "0" * 12, "units": 1}


class MemoryKeys:
    """Keys in memory. away: names of those that are not at hand."""

    def __init__(self, like: MemoryKeys | None = None) -> None:
        self.away: set[str] = set()
        self._keys: dict[str, CryptoSigner] = dict(like._keys) if like else {}

    def path(self, name: str) -> Path:
        return Path(f"{name}.pem")

    def has(self, name: str) -> bool:
        return name in self._keys and name not in self.away

    def signer(self, public: SSlibKey) -> CryptoSigner:
        name = public.unrecognized_fields[NAME]
        if name in self.away:
            raise UserError(f"{name}: not at hand")
        return self._keys[name]

    def make(self, name: str) -> CryptoSigner:
        self._keys[name] = generate(name)[1]
        return self._keys[name]


class FleetRepository:
    """files: the metadata message, to be damaged at will; it is made anew by what signs.

    now: the operator's time. unfetched: SHA-256 of blobs that the kiosk does not have yet. asked:
    SHA-256 and size of what was asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.unfetched: set[str] = set()
        self.asked: list[tuple[str, int]] = []
        self.keys = MemoryKeys()
        self.repository = Repository(folder)
        create(self.repository, self.keys, self.now)
        self.root = self.repository.files()["1.root.json"]
        self.files = self.repository.files()

    def copy(self, folder: Path) -> FleetRepository:
        """The same fleet in another folder: one may change without the other."""
        shutil.copytree(self.repository.folder, folder)
        other = copy(self)
        other.repository, other.keys = Repository(folder), MemoryKeys(self.keys)
        other.files, other.unfetched, other.asked = dict(self.files), set(), []
        return other

    def blob(self, sha256: str, size: int) -> bytes:
        self.asked.append((sha256, size))
        if sha256 in self.unfetched:
            raise Missing(sha256, size)
        return self.repository.blob(sha256).read_bytes()

    def release(
        self, counter: int, *paths: str, content: bytes = b"x", role: str = "", **more: Any
    ) -> Manifest:
        """Sign a release of files that all have this content. role: content or code; by default
        that which they need. more: of the manifest."""
        sha256 = self.repository.add_blob(content)
        files = [
            {"path": path, "sha256": sha256, "size": len(content)}
            for path in paths or ("catalogue/places.sqlite",)
        ]
        document = {"counter": counter, "version": str(counter), "needs": NEEDS, "files": files}
        manifest = Manifest.model_validate_json(json.dumps(document | more))
        role = role or manifest.kind
        self.put(role, f"{role}/{counter}.json", manifest.model_dump_json().encode())
        return manifest

    def roll_out(self, release: str, **more: Any) -> Rollout:
        """Sign a rollout of a release, to every kiosk if nothing else is said."""
        rollout = Rollout(release=release, **{"percent": 100} | more)
        self.put("rollout", TARGET, rollout.model_dump_json().encode())
        return rollout

    def publish(self, counter: int, *paths: str, **more: Any) -> Manifest:
        """Sign a release, and roll it out."""
        manifest = self.release(counter, *paths, **more)
        self.roll_out(f"{more.get('role') or manifest.kind}/{counter}.json")
        return manifest

    def put(self, role: str, name: str, content: bytes) -> None:
        """Sign any file as a role's target."""
        sha256 = self.repository.add_blob(content)
        alter = add_target(name, content, sha256, lambda other: True)
        change(self.repository, self.keys, role, self.now, alter)
        self.refresh()

    def refresh(self) -> None:
        """Sign snapshot and timestamp anew."""
        refresh(self.repository, self.keys, self.now)
        self.files = self.repository.files()

    def sign_anew(self, role: str) -> None:
        """Sign a role's metadata as it is, under a new version."""
        change(self.repository, self.keys, role, self.now)
        self.refresh()

    def jump(self, role: str, versions: int) -> None:
        """Sign snapshot and timestamp anew, the role under a version that is so much higher."""
        self.refresh()
        metadata = self.repository.newest(role)
        metadata.signed.version += versions
        (key,) = public_keys(self.repository, role)
        metadata.sign(self.keys.signer(key))
        self.repository.write(role, metadata)
        self.files = self.repository.files()

    def rotate(self, key: str) -> None:
        """Replace a key."""
        rotate(self.repository, self.keys, key, self.now)
        self.refresh()

    def expire(self, role: str) -> None:
        """Let time pass until this role's metadata has expired, and sign all others anew."""
        self.now += timedelta(days=ROLES[role].days)
        for other in ROLES:
            if other not in (role, "snapshot", "timestamp"):
                change(self.repository, self.keys, other, self.now)
        if role not in ("snapshot", "timestamp"):
            self.refresh()

    def name(self, role: str) -> str:
        """The file in `files` that has a role's newest metadata."""
        if role == "timestamp":
            return "timestamp.json"
        return max(
            (name for name in self.files if name.endswith(f".{role}.json")),
            key=lambda name: int(name.partition(".")[0]),
        )

    def corrupt(self, role: str, at: int = 200) -> None:
        """Flip a byte of a role's newest metadata."""
        content = bytearray(self.files[self.name(role)])
        content[at % len(content)] ^= 1
        self.files[self.name(role)] = bytes(content)
