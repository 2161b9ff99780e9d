"""One metadata message: its files, verified role after role by `tuf.ngclient`, or refused.

Guarantees: signatures, versions, hashes and expiry are ngclient's own work; this adds that no role
is older than the floor, and that no file was signed after another had expired.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import quote

from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import TOP_LEVEL_ROLE_NAMES, Metadata, Root, Signed, Snapshot, Targets
from tuf.api.serialization import DeserializationError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from device.fleet.blobs import MOST_METADATA
from device.fleet.floor import Floor, Role

# ngclient notes each key that has not signed; what comes of it is in the refusal.
logging.getLogger("tuf").setLevel(logging.WARNING)

SIGNED_AT = "x-wayside-signed"
"""Entry of every metadata file: when it was signed, written as `expires` is."""

FLEET = "x-wayside-fleet"
"""Entry of root metadata: a random name of the fleet, which all its roots have."""

TIME = "%Y-%m-%dT%H:%M:%SZ"

Reason: TypeAlias = Literal[
    "signature", "older", "expired", "mixed", "incomplete", "broken", "too large", "no rollout"
]
"""signature: missing, wrong, or too few. mixed: files that do not belong together. incomplete: one
is missing. broken: unreadable. no rollout: the fleet has not rolled anything out yet."""


class Refused(Exception):  # noqa: N818 (nothing went wrong here)
    """reason: for programs. `str()`: for people, in one line."""

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(f"{reason}: {words}")
        self.reason = reason


class Message:
    """floor: what is accepted from now on; it rises with what was verified."""

    def __init__(
        self, files: Mapping[str, bytes], cache: Path, floor: Floor, time: datetime
    ) -> None:
        """cache: an empty folder for ngclient. time: by which expiry is judged, in UTC.

        Raises:
            RepositoryError: the floor's root is none.
        """
        # A file has as many bytes as the whole message at most.
        config = UpdaterConfig(
            root_max_length=MOST_METADATA,
            timestamp_max_length=MOST_METADATA,
            snapshot_max_length=MOST_METADATA,
            targets_max_length=MOST_METADATA,
        )
        self._updater = Updater(
            str(cache), "", fetcher=_Files(files), config=config, bootstrap=floor.root.encode()
        )
        # ngclient takes the time from the system's clock, which may be years off, and has no
        # parameter for another; tests notice should a version of it keep the time elsewhere.
        self._updater._trusted_set.reference_time = time
        self._cache, self.floor = cache, floor
        self.expires = datetime.max.replace(tzinfo=UTC)

    def refresh(self) -> None:
        """Verify the four top-level roles.

        Raises:
            Refused, RepositoryError, DownloadError: see `refusal`.
        """
        self._updater.refresh()
        self._accept()

    def target(self, name: str, most: int, blob: Callable[[str, int], bytes]) -> bytes | None:
        """The verified content of a target, or None where no role names it. most: bytes.

        Raises:
            Refused, RepositoryError, DownloadError: see `refusal`.
        """
        found = self._updater.get_targetinfo(name)
        self._accept()
        if found is None:
            return None
        digest = found.hashes.get("sha256", "")
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise Refused("broken", f"{name}: has no SHA-256")
        if found.length > most:
            raise Refused("too large", f"{name}: {found.length} bytes, at most {most} are allowed")
        content = blob(digest, found.length)
        found.verify_length_and_hashes(content)
        return content

    def count(self, counter: int) -> None:
        """Take the counter of the release that is rolled out.

        Raises:
            Refused: one with a higher counter was rolled out before.
        """
        if counter < self.floor.counter:
            raise Refused("older", f"release {counter}, after {self.floor.counter}")
        self.floor = self.floor.model_copy(update={"counter": counter})

    def _accept(self) -> None:
        """Compare what is verified so far with the floor, and raise the floor to it."""
        root, snapshot = cast(Root, self._load(Root.type)), cast(Snapshot, self._load("snapshot"))
        targets = cast(Targets, self._load(Targets.type))
        delegated = (targets.delegations.roles if targets.delegations else None) or {}
        keys = {name: tuple(sorted(root.roles[name].keyids)) for name in TOP_LEVEL_ROLE_NAMES}
        keys |= {name: tuple(sorted(role.keyids)) for name, role in delegated.items()}
        loaded = {name: found for name in keys if (found := self._load(name)) is not None}
        roles = dict(self.floor.roles)
        for name, keyids in keys.items():
            listed = snapshot.meta.get(f"{name}.json")
            version = loaded[name].version if name in loaded else listed.version if listed else 0
            lowest = self.floor.version(name, keyids)
            if version < lowest:
                raise Refused("older", f"{name} {version}, after {lowest}")
            if name in loaded:
                roles[name] = Role(version=version, keys=keyids)
        at = max([self.floor.at, *(_signed_at(name, found) for name, found in loaded.items())])
        first = min(loaded, key=lambda name: loaded[name].expires)
        self.expires = loaded[first].expires
        if at >= self.expires:
            raise Refused("expired", f"{first} had expired when the newest file was signed")
        newest = (self._cache / "root.json").read_text(encoding="utf-8")
        self.floor = self.floor.model_copy(update={"at": at, "roles": roles, "root": newest})

    def _load(self, role: str) -> Signed | None:
        """A role's metadata that ngclient has verified, if it was asked for."""
        path = self._cache / f"{quote(role, '')}.json"
        return Metadata[Any].from_bytes(path.read_bytes()).signed if path.is_file() else None


def refusal(error: RepositoryError | DownloadError) -> Refused:
    """What ngclient's errors mean."""
    words = str(error)
    match error:
        case ExpiredMetadataError():
            return Refused("expired", words)
        case UnsignedMetadataError():
            return Refused("signature", words)
        case DeserializationError():
            return Refused("broken", words)
        case DownloadHTTPError():
            return Refused("incomplete", words)
        case DownloadLengthMismatchError():
            return Refused("too large", words)
    return Refused("mixed", words)


def _signed_at(name: str, signed: Signed) -> datetime:
    try:
        return datetime.strptime(signed.unrecognized_fields[SIGNED_AT], TIME).replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError):
        raise Refused("broken", f"{name}: does not say when it was signed") from None


class _Files(FetcherInterface):
    """Serves the files of a message to ngclient."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix("/")
        if name not in self._files:
            raise DownloadHTTPError(f"{name} is missing", 404)
        return iter((self._files[name],))
