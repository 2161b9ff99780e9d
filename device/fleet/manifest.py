"""What a release is made of, and which kiosks it is for: the two documents that are signed.

A *manifest* lists the files of one release by their hashes, and what the kiosk must have for it. A
*rollout* names the release that the fleet moves to, and how far. Both are targets of The Update
Framework (device/fleet/trust.py): a manifest is `content/<counter>.json` or `code/<counter>.json`,
the rollout `rollout/rollout.json`. Guarantee: a manifest that parses names only files that a
release may hold, each once, below the release's own folder, and of a bounded size in total.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from device.overlay import OVERLAY

FOLDERS = {"catalogue": "content", "models": "content", "pictures": "content", "device": "code"}
"""What a release may hold, and which signatures that needs. The page is a part of `device`."""

SUFFIXES = {
    "catalogue": (".sqlite", ".yaml", ".md"),
    "models": (".tflite", ".json", ".md"),
    "pictures": (".jpg", ".jpeg", ".png", ".webp"),
    "device": (".py", ".css", ".csv", ".html", ".js", ".json", ".md", ".yaml"),
}
"""By folder, the files that a release may hold. No compiled code, for one machine alone; no
code at all outside `device`: the release's folder is where Python looks first."""

MOST_OVERLAY = 64 << 10
"""Bytes of the settings, which the agent reads in its little memory."""

MOST_BYTES = 1 << 30
MOST_FILES = 10_000

Kind: TypeAlias = Literal["content", "code"]


def _path(text: str) -> str:
    """A file of a release.

    Raises:
        ValueError: it leads elsewhere, or releases do not hold such files.
    """
    path = PurePosixPath(text)
    plain = text == str(path) and not path.is_absolute() and "\\" not in text
    if not plain or ".." in path.parts or len(text.encode()) > 200 or not text.isprintable():
        raise ValueError("a plain relative path of at most 200 bytes")
    if text != OVERLAY and (len(path.parts) < 2 or path.parts[0] not in FOLDERS):
        raise ValueError(f"a file below {', '.join(FOLDERS)}, or {OVERLAY}")
    if text != OVERLAY and path.suffix not in SUFFIXES[path.parts[0]]:
        raise ValueError(f"below {path.parts[0]}, a file of {', '.join(SUFFIXES[path.parts[0]])}")
    return text


Digest: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal."""

Path: TypeAlias = Annotated[str, AfterValidator(_path)]


class Signed(BaseModel):
    """A part of a signed document: immutable; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def mistake(error: ValidationError) -> str:
    """The first mistake in a signed document: where, and what."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


class Entry(Signed):
    """A file of a release."""

    path: Path
    sha256: Digest
    size: Annotated[int, Field(ge=0, le=MOST_BYTES)]


class Needs(Signed):
    """What a release does not bring, and a kiosk must have: a kiosk with other ones refuses it.

    agent: lowest version of guard and agent. wheels: the hash of the requirements that its packages
    were installed from. units: version of units and ACL. hardware: machines as `uname -m` names
    them; empty: any.
    """

    agent: Annotated[int, Field(ge=1)]
    wheels: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    units: Annotated[int, Field(ge=1)]
    hardware: tuple[str, ...] = ()


class Golden(Signed):
    """What a model answers to a fixed input, so that a broken one is noticed before it runs.

    outputs: by name, the first values of each, in order. tolerance: largest difference.
    """

    model: Path
    seed: int
    outputs: dict[str, tuple[float, ...]]
    tolerance: Annotated[float, Field(gt=0, lt=1)]


class Manifest(Signed):
    """A release. counter: grows by one with each; going back is the old content under a new one.

    base: of a release without code, the counter of the release whose `device` it runs on; None: the
    factory's. What else a release lacks (`models`, `catalogue`) is the factory's.
    """

    counter: Annotated[int, Field(ge=1)]
    base: Annotated[int, Field(ge=1)] | None = None
    version: Annotated[str, Field(max_length=64, description="for people")]
    needs: Needs
    files: Annotated[tuple[Entry, ...], Field(min_length=1, max_length=MOST_FILES)]
    golden: tuple[Golden, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Manifest:
        paths = [entry.path for entry in self.files]
        folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
        if len(set(paths)) != len(paths) or folders & set(paths):
            raise ValueError("files: a path is there twice")
        if self.size > MOST_BYTES:
            raise ValueError(f"files: more than {MOST_BYTES} bytes")
        if any(one.path == OVERLAY and one.size > MOST_OVERLAY for one in self.files):
            raise ValueError(f"{OVERLAY}: more than {MOST_OVERLAY} bytes")
        if self.base is not None and (self.kind == "code" or self.base >= self.counter):
            raise ValueError("base: an older release, of one that has no code of its own")
        return self

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files)

    @property
    def kind(self) -> Kind:
        """`code` as soon as one file is code: which role must have signed it."""
        code = any(FOLDERS.get(entry.path.split("/")[0]) == "code" for entry in self.files)
        return "code" if code else "content"

    @property
    def target(self) -> str:
        """Its name among the targets."""
        return f"{self.kind}/{self.counter}.json"


class Rollout(Signed):
    """Which release the fleet moves to, and how far. A kiosk that it does not include stays.

    canaries: `site/kiosk` names that take it first. percent: of all others, by a stable hash.
    """

    release: Annotated[str, Field(pattern=r"^(?:content|code)/[1-9][0-9]{0,8}\.json$")]
    canaries: tuple[str, ...] = ()
    percent: Annotated[int, Field(ge=0, le=100)] = 0
    paused: bool = False

    @property
    def counter(self) -> int:
        """Of the release."""
        return int(self.release.partition("/")[2].removesuffix(".json"))

    def includes(self, site: str, kiosk: str) -> bool:
        """Whether this kiosk moves now. The same kiosks are the first ten percent of one release
        whenever they are asked, and others of the next release."""
        name = f"{site}/{kiosk}"
        if self.paused:
            return False
        hashed = hashlib.sha256(f"{self.release} {name}".encode()).digest()
        return name in self.canaries or int.from_bytes(hashed[:4]) % 100 < self.percent


TARGET = "rollout/rollout.json"
"""Name of the rollout among the targets."""
