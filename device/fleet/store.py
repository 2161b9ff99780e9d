"""The files of releases: each content once, by its hash; a release is a folder of links to them.

    store/<sha256>          content, whole
    partial/<sha256>        content that is still arriving
    releases/<counter>/     a release: hard links into the store, and manifest.json, sealed

Guarantees: what is in `store` had its hash when it was put there; a release's folder appears whole
or not at all; nothing is removed but what `prune` is told to. Every write is one of `Disk`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.manifest import Entry, Manifest

CHUNK = 1 << 20
"""Bytes that are copied at once."""


class Store:
    """The store in a folder, which is made if it is missing."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """Raises: OSError: the folder cannot be made."""
        self.folder, self._disk = folder, disk
        self._blobs, self._partial = folder / "store", folder / "partial"
        self._releases = folder / "releases"
        for each in (self._blobs, self._partial, self._releases, folder / guard.WRITABLE):
            disk.folder(each)

    def path(self, sha256: str) -> Path:
        """Where content is, once it is whole."""
        return self._blobs / sha256

    def release(self, counter: int) -> Path:
        """The folder of a release."""
        return self._releases / str(counter)

    def has(self, sha256: str) -> bool:
        """Whether content is there, whole."""
        return self.path(sha256).is_file()

    def missing(self, files: Iterable[Entry]) -> tuple[Entry, ...]:
        """The files whose content is not there, each content once."""
        return tuple({one.sha256: one for one in files if not self.has(one.sha256)}.values())

    def arrived(self, sha256: str) -> int:
        """Bytes of unfinished content that have arrived."""
        try:
            return (self._partial / sha256).stat().st_size
        except OSError:
            return 0

    def append(self, sha256: str, content: bytes) -> None:
        """Add the next bytes of content that is arriving.

        Raises:
            OSError: the disk refuses.
        """
        self._disk.append(self._partial / sha256, content)

    def finish(self, sha256: str) -> bool:
        """Take what has arrived as whole; if it has another hash, drop it. Whether it is whole.

        Raises:
            OSError: nothing has arrived, or the disk refuses.
        """
        partial = self._partial / sha256
        if guard.sha256_of(partial) != sha256:
            self._disk.remove(partial)
            return False
        self._disk.rename(partial, self.path(sha256))
        return True

    def read(self, sha256: str) -> bytes | None:
        """Small content; None: not there, or damaged, and then removed.

        Raises:
            OSError: the disk refuses to remove it.
        """
        if not self.has(sha256):
            return None
        content = self.path(sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
        self._disk.remove(self.path(sha256))
        return None

    def adopt(self, files: Iterable[Entry], factory: Path) -> None:
        """Copy content that the factory's release has, so that it need not travel.

        Raises:
            OSError: the disk refuses.
        """
        for entry in self.missing(files):
            own = factory / entry.path
            try:
                same = own.stat().st_size == entry.size and guard.sha256_of(own) == entry.sha256
            except OSError:
                continue
            if same:
                self._disk.remove(self._partial / entry.sha256)
                with own.open("rb") as file:
                    while chunk := file.read(CHUNK):
                        self.append(entry.sha256, chunk)
                if not entry.size:
                    self.append(entry.sha256, b"")
                self.finish(entry.sha256)

    def stage(self, manifest: Manifest) -> bool:
        """Make a release's folder from content that is there; False: some was damaged, and removed.

        Raises:
            OSError: the disk refuses, or content is missing.
        """
        place = self.release(manifest.counter)
        content = manifest.model_dump(mode="json")
        if guard.unseal(place / guard.MANIFEST) == content and not guard.fault(place):
            return True
        damaged = [
            one for one in manifest.files if guard.sha256_of(self.path(one.sha256)) != one.sha256
        ]
        for entry in damaged:
            self._disk.remove(self.path(entry.sha256))
        if damaged:
            return False
        new = self._releases / f".{manifest.counter}.new"
        self._disk.remove(new)
        folders = {new, *((new / entry.path).parent for entry in manifest.files)}
        for folder in sorted(folders):
            self._disk.folder(folder)
        for entry in manifest.files:
            self._disk.hard_link(self.path(entry.sha256), new / entry.path)
        self._disk.write(new / guard.MANIFEST, guard.seal(content))
        for folder in sorted(folders):
            self._disk.sync(folder)
        self._disk.remove(place)  # a damaged one: else there is none
        self._disk.rename(new, place)
        return True

    def manifest(self, counter: int) -> Manifest | None:
        """Of a release that is there; None: it is not, or its list cannot be read."""
        content = guard.unseal(self.release(counter) / guard.MANIFEST)
        try:
            return None if content is None else Manifest.model_validate(content, strict=False)
        except ValidationError:  # of another version of the agent
            return None

    def prune(self, keep: Iterable[int], arriving: Iterable[str] = ()) -> None:
        """Remove all releases but these, and content that they do not need and is not `arriving`.

        Raises:
            OSError: the disk refuses.
        """
        kept = {str(counter) for counter in keep}
        for release in self._releases.iterdir():
            if release.name not in kept:
                self._disk.remove(release)
        manifests = [self.manifest(int(name)) for name in kept]
        needed = {one.sha256 for manifest in manifests if manifest for one in manifest.files}
        needed.update(arriving)
        for folder in (self._blobs, self._partial):
            for file in folder.iterdir():
                if file.name not in needed:
                    self._disk.remove(file)

    def free(self) -> int:
        """Bytes that can still be written.

        Raises:
            OSError: the disk does not say.
        """
        return shutil.disk_usage(self.folder).free
