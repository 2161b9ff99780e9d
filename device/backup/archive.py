"""The file of a backup: a ZIP archive with a manifest, and how one from anywhere is read.

Guarantees: what is read was checked as a whole before the caller sees any of it: format, names,
sizes, hashes. Every file lands inside the folder that the caller names, as a plain file: no path
out of it, no link, no second file of a name, and never more bytes than `MOST_BYTES`, whatever the
archive says of itself. Anything else is one line.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated
from unicodedata import category, normalize

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from device.errors import UserError

FORMAT = 1
"""Of the archives that this release writes, and the highest that it reads."""

MANIFEST = "backup.json"

MOST_BYTES = 300_000_000
MOST_FILES = 20_000
LONGEST_MANIFEST = 4_000_000
LONGEST_NAME = 400
CHUNK = 1 << 20


Said = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e]*$")]
"""A text that is printed and stands in comments: in one line."""


class Manifest(BaseModel):
    """What an archive says of itself. sha256: by name of file. places: by key of the configuration,
    the file or folder that it names. left_out: in words, what the kiosk has and the archive has
    not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = Field(ge=1, le=FORMAT)
    release: Said
    kiosk: Said
    made: Said
    sha256: dict[str, str]
    places: dict[str, str] = {}
    left_out: tuple[Said, ...] = ()


def write_archive(
    path: Path,
    files: Mapping[str, bytes | Path],
    manifest: Callable[[dict[str, str]], Manifest],
    shown: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write files, by their names in the archive. manifest: made of their hashes. shown: is told
    how many of them are written.

    Raises:
        UserError: they are too many or too large.
        OSError: a file cannot be read, or the archive not be written.
    """
    sizes = [len(it) if isinstance(it, bytes) else it.stat().st_size for it in files.values()]
    if sum(sizes) > MOST_BYTES or len(files) >= MOST_FILES:
        raise UserError(
            f"{sum(sizes) // 1_000_000} MB in {len(files)} files: a backup takes "
            f"{MOST_BYTES // 1_000_000} MB and {MOST_FILES} files; --no-pictures leaves them out"
        )
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.touch(mode=0o600)
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            hashes = {}
            for done, (name, content) in enumerate(files.items()):
                shown(done, len(files))
                data = content if isinstance(content, bytes) else content.read_bytes()
                hashes[name] = hashlib.sha256(data).hexdigest()
                archive.writestr(name, data)
            archive.writestr(MANIFEST, manifest(hashes).model_dump_json(indent=1))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def extract(
    path: Path, folder: Path, shown: Callable[[int, int], None] = lambda done, total: None
) -> Manifest:
    """Write the files of an archive into an empty folder, which is the caller's to remove.

    Raises:
        UserError: no backup, damaged, hostile, or of a newer release; says which.
        OSError: the folder cannot be written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _entries(path, archive)
            manifest = _manifest(path, archive, entries)
            for done, (name, sha256) in enumerate(manifest.sha256.items()):
                shown(done, len(manifest.sha256))
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if _copy(archive, entries[name], target) != sha256:
                    raise UserError(f"{path}: damaged: {name} is not what was backed up")
            return manifest
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise UserError(f"{path}: no backup of a kiosk, or a damaged one") from None


def _entries(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive, by name, as the archive describes them."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        name = entry.filename
        plain = entry.external_attr >> 28 in (0, 0o10) and not entry.is_dir()
        if not plain or not is_inside(name) or name in found:
            raise UserError(f"{path}: not a backup: it has a file that no backup has")
        found[name] = entry
    if len(found) > MOST_FILES or sum(entry.file_size for entry in found.values()) > MOST_BYTES:
        raise UserError(
            f"{path}: not a backup: more than {MOST_BYTES // 1_000_000} MB or {MOST_FILES} files"
        )
    return found


def is_inside(name: str) -> bool:
    """Whether a name is a relative path to a file below the folder, spelled in one way alone."""
    parts = name.split("/")
    return (
        len(name) <= LONGEST_NAME
        and name == normalize("NFC", name)
        and all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts)
        and not re.search(r"[\\:]", name)
        and not any(category(letter) in ("Cc", "Cs") for letter in name)
    )


def _manifest(
    path: Path, archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]
) -> Manifest:
    entry = entries.get(MANIFEST)
    if entry is None or entry.file_size > LONGEST_MANIFEST:
        raise UserError(f"{path}: no backup of a kiosk, or a damaged one")
    with archive.open(entry) as file:
        text = file.read(LONGEST_MANIFEST + 1)
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError:
        manifest = None
    made_by = re.search(rb'"format":\s*(\d{1,9})\b', text)
    if made_by and int(made_by[1]) > FORMAT:
        raise UserError(
            f"{path}: of format {int(made_by[1])}, and this release reads up to {FORMAT}; install "
            "a newer one first"
        )
    if manifest is None or {*manifest.sha256, MANIFEST} != set(entries):
        raise UserError(f"{path}: damaged: its list of files is not that of its files")
    return manifest


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> str:
    """Write one file, at most as long as it was said to be; its hash."""
    sha256, left = hashlib.sha256(), entry.file_size
    with archive.open(entry) as source, target.open("xb") as copy:
        while data := source.read(min(CHUNK, left + 1)):
            left -= len(data)
            if left < 0:
                raise zipfile.BadZipFile
            sha256.update(data)
            copy.write(data)
    return sha256.hexdigest()
