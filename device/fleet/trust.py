"""Which release the fleet's operator wants, if that is signed, newest and in time: TUF.

Takes the files of the metadata message and says what they amount to, or why they are refused.
Guarantees, beside those of The Update Framework (`tuf.ngclient`, which verifies everything here):
- No metadata, release or time older than what was accepted before, even after the power was cut
  (device/fleet/floor.py). ngclient's cache is thrown away: the message holds every root.
- Nothing is fetched that verified metadata do not name, with size and hash.
- Whatever the files are, the answer is `Verified` or `Refused`, and both stop nothing but updates.

Roles: root and targets, whose keys are kept offline; `content` (one signature), `code` (two) and
`rollout`, to which targets delegates the files below these names; snapshot and timestamp (online).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias, TypeVar

from pydantic import ValidationError
from securesystemslib.signer import SSlibKey
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.api.metadata import Metadata, Root

from device.errors import UserError
from device.fleet import floor
from device.fleet.disk import Disk
from device.fleet.envelopes import command_keys
from device.fleet.floor import Floor
from device.fleet.manifest import TARGET, Manifest, Rollout, mistake
from device.fleet.metadata import FLEET, Message, Refused, refusal

ANCHOR = "root.json"
"""Name of the root metadata that a kiosk is enrolled with."""

MOST_MANIFEST = 4 << 20
"""Bytes. A manifest of 10,000 files with paths of 200 letters has 3.1 MB."""

MOST_ROLLOUT = 256 << 10

_Document = TypeVar("_Document", Rollout, Manifest)

Blob: TypeAlias = Callable[[str, int], bytes]
"""From SHA-256 and size to the content of a small file; may raise `Missing`."""


class Missing(Exception):  # noqa: N818 (it asks for something)
    """A blob that has to be fetched before `Trust.update` can answer."""

    def __init__(self, sha256: str, size: int) -> None:
        super().__init__(f"{sha256}: not fetched yet")
        self.sha256, self.size = sha256, size


@dataclass(frozen=True, slots=True)
class Verified:
    """What the operator wants. expires: when the first of its metadata does, in UTC. base: the
    release whose code the wanted one runs on, if it names one."""

    rollout: Rollout
    manifest: Manifest
    expires: datetime
    base: Manifest | None = None


class Trust:
    """Verifies metadata messages. Of those of one folder, one alone may `update`; others read."""

    def __init__(self, folder: Path, disk: Disk, built: datetime) -> None:
        """folder: of `ANCHOR` and of what was accepted so far. built: when the program was, in UTC.

        Raises:
            UserError: neither an anchor nor a record of what follows from one: not enrolled.
        """
        self._folder, self._disk, self._built = folder, disk, built
        self._anchor = folder / ANCHOR
        self._known()

    def update(
        self, files: Mapping[str, bytes], blob: Blob, now: datetime | None = None
    ) -> Verified:
        """What a metadata message amounts to.

        files: by name, as `5.targets.json`. now: None while the clock is not known to be right;
        then time stands still at that of the newest metadata.

        Raises:
            Refused: it is not to be trusted, or not any more.
            Missing: `blob` raised it; call again with the same files when that blob is there.
            OSError: the disk refuses to keep what was accepted.
            UserError: as at the start.
        """
        known, time = self._known(), self.time(now)
        with tempfile.TemporaryDirectory(dir=_memory()) as cache:
            try:
                message = Message(files, Path(cache), known, time)
                try:
                    return self._read(message, blob)
                finally:
                    floor.write(self._folder, message.floor, self._disk)
            except (RepositoryError, DownloadError) as error:
                raise refusal(error) from None

    def command_keys(self) -> tuple[SSlibKey, ...]:
        """The keys that sign commands and announcements: of the newest verified root.

        Raises:
            UserError: as at the start.
        """
        return command_keys(Metadata[Root].from_bytes(self._known().root.encode()).signed)

    def time(self, now: datetime | None) -> datetime:
        """The time by which something expires, as in `update`.

        Raises:
            UserError: as at the start.
        """
        known = self._known()
        return known.at if now is None else max(known.at, now)

    def _read(self, message: Message, blob: Blob) -> Verified:
        message.refresh()
        content = message.target(TARGET, MOST_ROLLOUT, blob)
        if content is None:
            raise Refused("no rollout", "nothing was rolled out yet")
        rollout = _parsed(Rollout, content, "the rollout")
        manifest = _manifest(message, rollout.release, blob)
        base = manifest.base and _manifest(message, f"code/{manifest.base}.json", blob)
        message.count(manifest.counter)
        return Verified(rollout, manifest, message.expires, base or None)

    def _known(self) -> Floor:
        """The record; a new one if there is none, or the kiosk was enrolled in another fleet."""
        known = floor.read(self._folder)
        try:
            anchor = self._anchor.read_bytes()
            root = Metadata[Root].from_bytes(anchor).signed
        except (OSError, RepositoryError):
            if known is None:
                raise UserError(f"{self._anchor}: no root of trust; enrol this kiosk") from None
        else:
            fleet = str(root.unrecognized_fields.get(FLEET, ""))
            if known is None or known.fleet != fleet:
                known = Floor(at=self._built, fleet=fleet, root=anchor.decode())
            elif root.version > Metadata[Root].from_bytes(known.root.encode()).signed.version:
                known = known.model_copy(update={"root": anchor.decode()})
        return known.model_copy(update={"at": max(known.at, self._built)})


def _manifest(message: Message, name: str, blob: Blob) -> Manifest:
    content = message.target(name, MOST_MANIFEST, blob)
    if content is None:
        raise Refused("incomplete", f"the rollout names {name}, which is not there")
    manifest = _parsed(Manifest, content, name)
    if manifest.target != name:
        raise Refused("signature", f"{name} is signed, and holds {manifest.target}")
    return manifest


def _parsed(kind: type[_Document], content: bytes, name: str) -> _Document:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise Refused("broken", f"{name}: {mistake(error)}") from None


def _memory() -> str | None:
    """Where ngclient may write without wearing out the card."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
