"""Labelled face pictures, as one table of arrays, whatever they were read from.

Promises: no training picture is pixel-identical to a picture of a test or validation part; every
copy of a file stands in one part; the parts are the same on every machine. What was read once is
kept as `.npz` beside the runs, so that a second start takes a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

TRAIN, VALIDATION, TEST = 0, 1, 2
PARTS = ("train", "validation", "test")

VOTES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
"""Columns of `Stills.votes`: the seven classes of FER-2013, then FER+'s contempt."""

RACES = ("White", "Black", "Asian", "Indian", "other")
"""UTKFace's five groups, as its authors name them."""

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

    def save(self, path: Path, source: str | None = None) -> None:
        """Write all columns to an `.npz` file. source: a fingerprint of what was read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        np.savez(part, **columns, **({} if source is None else {"source": np.array(source)}))
        part.replace(path)

    @staticmethod
    def source_of(path: Path) -> str | None:
        """The fingerprint that a saved file was given; None: it was given none."""
        with np.load(path) as columns:
            return str(columns["source"]) if "source" in columns else None

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


def cached(path: Path, read: Callable[[], Stills], source: str | None = None) -> Stills:
    """What `read` gives, kept at `path` for the next time; read again where its columns changed.

    source: what tells whether the data is still the same, as `Tree.fingerprint`; where it is given
    and the file was written for another, it is read again.
    """
    try:
        if source is None or Stills.source_of(path) in (source, None):
            return Stills.load(path)
    except (FileNotFoundError, KeyError):
        pass
    read().save(path, source)
    return Stills.load(path)
