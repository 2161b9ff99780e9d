"""Labelled face pictures, as one table of arrays: FER-2013 with FER+ votes, and UTKFace.

Promises: no training picture is pixel-identical to a picture of a test or validation part; every
copy of a file stands in one part; the parts are the same on every machine. What is read from the
zip files is kept as `.npz` beside the runs, so that a second start takes a second.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.errors import UserError
from device.values import EMOTIONS

log = logging.getLogger(__name__)

TRAIN, VALIDATION, TEST = 0, 1, 2
PARTS = ("train", "validation", "test")

VOTES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
"""Columns of `Stills.votes`: the seven classes of FER-2013, then FER+'s contempt."""

RACES = ("White", "Black", "Asian", "Indian", "other")
"""UTKFace's five groups, as its authors name them."""

_VOTE_COLUMNS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_FER_PARTS = {"Training": TRAIN, "PublicTest": VALIDATION, "PrivateTest": TEST}

Crop = Callable[[NDArray[np.uint8]], NDArray[np.uint8] | None]
"""From an RGB photo (H, W, 3) to the device's grey crop (size, size); None: no face found."""


@dataclass(frozen=True, slots=True, eq=False)
class Stills:
    """N face crops and what is known of them.

    pictures: (N, S, S) uint8 grey. part: (N,) TRAIN, VALIDATION or TEST. digest: (N,) md5 of the
    pixels or of the file. emotion: (N,) index into `EMOTIONS`, -1 unknown. votes: (N, 8) shares
    of FER+ votes by `VOTES`, a row of zeros where there are none. years: (N,) NaN unknown.
    female: (N,) 0 or 1, NaN unknown. race: (N,) index into `RACES`, -1 unknown; it is for measuring
    who is served worse, and never learnt.
    """

    pictures: NDArray[np.uint8]
    part: NDArray[np.uint8]
    digest: NDArray[np.str_]
    emotion: NDArray[np.int64]
    votes: NDArray[np.float32]
    years: NDArray[np.float32]
    female: NDArray[np.float32]
    race: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pictures)

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Stills:
        """The rows that a mask or an index array picks."""
        return Stills(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def of(self, part: int) -> Stills:
        """One of TRAIN, VALIDATION, TEST."""
        return self.take(self.part == part)

    def save(self, path: Path) -> None:
        """Write all columns to an `.npz` file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, **{f.name: getattr(self, f.name) for f in fields(self)})
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Stills:
        """Read what `save` wrote."""
        with np.load(path) as columns:
            return cls(**{f.name: columns[f.name] for f in fields(cls)})


def from_pictures(pictures: NDArray[np.uint8], part: int, digest: NDArray[np.str_]) -> Stills:
    """Pictures of which nothing is known yet; fill in with `dataclasses.replace`."""
    n = len(pictures)
    return Stills(
        pictures=pictures,
        part=np.full(n, part, np.uint8),
        digest=digest,
        emotion=np.full(n, -1, np.int64),
        votes=np.zeros((n, len(VOTES)), np.float32),
        years=np.full(n, np.nan, np.float32),
        female=np.full(n, np.nan, np.float32),
        race=np.full(n, -1, np.int64),
    )


def pixels_digest(picture: NDArray[np.uint8]) -> str:
    """md5 of a picture's pixels: what tells identical pictures."""
    return hashlib.md5(picture.tobytes(), usedforsecurity=False).hexdigest()


def part_of(digest: str, seed: int = 1, validation: float = 0.1, test: float = 0.1) -> int:
    """A part that depends on nothing but the file's digest: copies stay together for ever."""
    draw = int(hashlib.sha256(f"{seed}:{digest}".encode()).hexdigest()[:8], 16) / 2**32
    if draw < test:
        return TEST
    return VALIDATION if draw < test + validation else TRAIN


def without_leaks(stills: Stills) -> Stills:
    """Drop every training picture that also stands in a validation or test part."""
    held_out = set(stills.digest[stills.part != TRAIN])
    leaked = np.array([d in held_out for d in stills.digest]) & (stills.part == TRAIN)
    log.info("dropped %d training pictures that stand in a test part too", leaked.sum())
    return stills.take(~leaked)


def resized(stills: Stills, size: int) -> Stills:
    """The same faces at (size, size)."""
    pictures = [
        cv2.resize(p, (size, size), interpolation=cv2.INTER_LINEAR) for p in stills.pictures
    ]
    return replace(stills, pictures=np.stack(pictures))


def join(*tables: Stills) -> Stills:
    """One table after the other; their pictures must have one size."""
    columns = {f.name: np.concatenate([getattr(t, f.name) for t in tables]) for f in fields(Stills)}
    return Stills(**columns)


def _decode(data: bytes, flag: int) -> NDArray[np.uint8] | None:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    return None if picture is None else np.asarray(picture, np.uint8)


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: cannot be read as a zip file ({error})") from None


def _rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    with archive.open(name) as stream:
        return list(csv.DictReader(io.TextIOWrapper(stream, "utf-8")))


def read_fer(path: Path) -> Stills:
    """FER-2013 from the zip of PNG files with `labels.csv`, 48x48; leaked pictures are dropped.

    Validation is PublicTest and test is PrivateTest. The votes leave out FER+'s "unknown" and
    "no face". Raises UserError where the file is no such zip.
    """
    with _open(path) as archive:
        rows = _rows(archive, "fer2013/labels.csv")
        pictures, kept = [], []
        for row in rows:
            picture = _decode(archive.read("fer2013/" + row["path"]), cv2.IMREAD_GRAYSCALE)
            if picture is None or picture.shape != (48, 48):
                log.warning("%s: skipped, not a 48x48 picture", row["path"])
                continue
            pictures.append(picture)
            kept.append(row)
    votes = np.zeros((len(kept), len(VOTES)), np.float32)
    for index, row in enumerate(kept):
        counts = np.array(
            [float(row[f"fp_{name}"] or 0) for name in (*_VOTE_COLUMNS, "contempt")], np.float32
        )
        votes[index] = counts / max(counts.sum(), 1)
    stills = from_pictures(
        np.stack(pictures), TRAIN, np.array([pixels_digest(p) for p in pictures])
    )
    stills = replace(
        stills,
        part=np.array([_FER_PARTS[row["usage"]] for row in kept], np.uint8),
        emotion=np.array([EMOTIONS.index(row["fer_label"]) for row in kept], np.int64),
        votes=votes,
    )
    return without_leaks(stills)


def read_utkface(path: Path, crop: Crop) -> Stills:
    """UTKFace from the zip of aligned 112x112 photos with `utkface_labels.csv`.

    Parts are drawn by the file's md5 (80 % train, 10 % validation, 10 % test). Photos in which
    `crop` finds no face are counted and left out. Raises UserError where the file is no such zip.
    """
    with _open(path) as archive:
        rows = _rows(archive, "utkface_labels.csv")
        pictures, kept, missed = [], [], 0
        for row in rows:
            photo = _decode(archive.read("utkface_112/" + row["file"]), cv2.IMREAD_COLOR_RGB)
            picture = None if photo is None else crop(photo)
            if picture is None:
                missed += 1
                continue
            pictures.append(picture)
            kept.append(row)
    log.info("UTKFace: %d faces, %d photos without a face found", len(kept), missed)
    digests = np.array([row["md5"] for row in kept])
    stills = replace(
        from_pictures(np.stack(pictures), TRAIN, digests),
        part=np.array([part_of(digest) for digest in digests], np.uint8),
        years=np.array([float(row["age"]) for row in kept], np.float32),
        female=np.array([float(row["gender(0=male,1=female)"]) for row in kept], np.float32),
        race=np.array([int(row["race"]) for row in kept], np.int64),
    )
    return without_leaks(stills)


def cached(path: Path, read: Callable[[], Stills]) -> Stills:
    """What `read` gives, kept at `path` for the next time; read again where its columns changed."""
    try:
        return Stills.load(path)
    except (FileNotFoundError, KeyError):
        read().save(path)
    return Stills.load(path)
