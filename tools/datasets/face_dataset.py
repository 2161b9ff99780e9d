"""Labelled face crops as one table of arrays, whatever source they were read from.

Guarantees: no training picture is pixel-identical to one of the validation or test split; copies of
a file are in one split; the splits are the same on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.faces.crop import CROP_SIZE
from device.values import EMOTIONS

TRAIN, VALIDATION, TEST = 0, 1, 2
SPLITS = ("train", "validation", "test")

VOTES = (*EMOTIONS, "contempt")
"""Columns of `FaceDataset.votes`: the seven classes of FER-2013, then FER+'s contempt."""

RACES = ("White", "Black", "Asian", "Indian", "other")
"""UTKFace's five groups, as its authors name them."""

Crop = Callable[[NDArray[np.uint8]], NDArray[np.uint8] | None]
"""From an RGB photo (H, W, 3) to the device's grey crop (64, 64); None: no face found."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceDataset:
    """N face crops and their labels.

    pictures: (N, S, S) uint8 grey. split: (N,) TRAIN, VALIDATION or TEST. digest: (N,) md5 of the
    pixels or of the file. emotion: (N,) index into the labels, -1 unknown. votes: (N, 8) shares of
    FER+ votes by `VOTES`, zeros if there are none. years: (N,) age, NaN unknown. female: (N,) 0 or
    1, NaN unknown. race: (N,) index into `RACES`, -1 unknown; used for fairness figures only, never
    for training.
    """

    pictures: NDArray[np.uint8]
    split: NDArray[np.uint8]
    digest: NDArray[np.str_]
    emotion: NDArray[np.int64]
    votes: NDArray[np.float32]
    years: NDArray[np.float32]
    female: NDArray[np.float32]
    race: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pictures)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> FaceDataset:
        """The rows that a mask or an index array selects."""
        return FaceDataset(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def only(self, split: int) -> FaceDataset:
        """The rows of TRAIN, VALIDATION or TEST."""
        return self.take(self.split == split)


def from_pictures(pictures: NDArray[np.uint8], split: int, digest: NDArray[np.str_]) -> FaceDataset:
    """A dataset without labels; add them with `dataclasses.replace`."""
    n = len(pictures)
    return FaceDataset(
        pictures=pictures,
        split=np.full(n, split, np.uint8),
        digest=digest,
        emotion=np.full(n, -1, np.int64),
        votes=np.zeros((n, len(VOTES)), np.float32),
        years=np.full(n, np.nan, np.float32),
        female=np.full(n, np.nan, np.float32),
        race=np.full(n, -1, np.int64),
    )


def pixel_digest(picture: NDArray[np.uint8]) -> str:
    """md5 of a picture's pixels: equal for identical pictures."""
    return hashlib.md5(picture.tobytes(), usedforsecurity=False).hexdigest()


def split_of(digest: str, seed: int = 1, validation: float = 0.1, test: float = 0.1) -> int:
    """The split of a file, drawn from its digest alone, so that copies are always in one split."""
    draw = int(hashlib.sha256(f"{seed}:{digest}".encode()).hexdigest()[:8], 16) / 2**32
    if draw < test:
        return TEST
    return VALIDATION if draw < test + validation else TRAIN


def without_leaks(dataset: FaceDataset) -> FaceDataset:
    """Drop every training picture that is also in the validation or test split."""
    held_out = set(dataset.digest[dataset.split != TRAIN])
    leaked = np.array([d in held_out for d in dataset.digest]) & (dataset.split == TRAIN)
    return dataset.take(~leaked)


def to_crop_size(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(64, 64): averaged if the picture is larger, interpolated otherwise."""
    method = cv2.INTER_AREA if max(picture.shape) > CROP_SIZE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (CROP_SIZE, CROP_SIZE), interpolation=method), np.uint8)


def resized(dataset: FaceDataset) -> FaceDataset:
    """The same faces at (64, 64)."""
    return replace(dataset, pictures=np.stack([to_crop_size(p) for p in dataset.pictures]))


def limited(dataset: FaceDataset, limit: int) -> FaceDataset:
    """At most `limit` faces of each split, drawn with a fixed seed."""
    draw = np.random.default_rng(0)
    rows = [
        draw.permutation(np.flatnonzero(dataset.split == split))[:limit]
        for split in (TRAIN, VALIDATION, TEST)
    ]
    return dataset.take(np.sort(np.concatenate(rows)))


def join(*datasets: FaceDataset) -> FaceDataset:
    """The datasets one after the other; their pictures must have one size."""
    names = [f.name for f in fields(FaceDataset)]
    return FaceDataset(**{n: np.concatenate([getattr(d, n) for d in datasets]) for n in names})


def cached(path: Path, read: Callable[[], FaceDataset], source: str) -> FaceDataset:
    """The result of `read`, kept in the `.npz` file `path` for the next call.

    source: fingerprint of the data. The data is read again if the file has another fingerprint or
    lacks a column.
    """
    names = [f.name for f in fields(FaceDataset)]
    try:
        with np.load(path) as columns:
            if str(columns["source"]) == source:
                return FaceDataset(**{name: columns[name] for name in names})
    except (FileNotFoundError, KeyError):
        pass
    dataset = read()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez(part, source=np.array(source), **{name: getattr(dataset, name) for name in names})
    part.replace(path)
    return dataset
