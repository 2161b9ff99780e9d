"""The one door to labelled faces: FER-2013, UTKFace and anyone's class folders, in all their forms.

What a path holds is told by what is in it, never by its name. Every other module takes the sets and
their table, `Stills`, from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.errors import UserError
from device.faces.blazeface import KEYPOINTS
from device.values import EMOTIONS
from tools.datasets.archive import Tree
from tools.datasets.class_folders import read_folder, stills_of
from tools.datasets.face_dataset import (
    PARTS,
    RACES,
    TEST,
    TRAIN,
    VALIDATION,
    VOTES,
    Crop,
    Stills,
    cached,
    from_pictures,
    join,
    part_of,
    pixels_digest,
    resized,
    without_leaks,
)
from tools.datasets.fer2013 import is_fer, read_fer
from tools.datasets.import_issues import Findings
from tools.datasets.utkface import is_utkface, read_utkface

__all__ = [
    "PARTS", "RACES", "TEST", "TRAIN", "VALIDATION", "VOTES", "Crop", "FaceSet", "Stills",
    "cached", "find_set", "from_pictures", "join", "load_fer", "load_utkface", "part_of",
    "pixels_digest", "read_fer", "read_set", "read_utkface", "resized", "without_leaks",
]  # fmt: skip

FORMS = {
    "fer2013": ("fer2013.zip", "fer2013", "fer2013.csv", "icml_face_data.csv"),
    "utkface": ("utkface_112.zip", "utkface_112", "UTKFace.zip", "UTKFace", "utkface"),
}
"""What the two public sets are called in a folder of data, the first that is there counts."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """kind: "FER-2013", "UTKFace" or "class folders". labels: of `stills.emotion`; none of
    UTKFace's faces has one."""

    kind: str
    labels: tuple[str, ...]
    stills: Stills


def find_set(data: Path, name: str) -> Path:
    """Where the folder `data` has the set "fer2013" or "utkface".

    Raises:
        UserError: under none of the names of `FORMS`.
    """
    for form in FORMS[name]:
        if (data / form).exists():
            return data / form
    first, *others = FORMS[name]
    raise UserError(
        f"{data / first}: no such file (nor {', '.join(others)}); --data or WAYSIDE_DATA names "
        "its folder"
    )


def load_fer(data: Path, cache: Path) -> Stills:
    """FER-2013 of a folder of data, in any form, 48x48; kept in the folder `cache`.

    Raises:
        UserError: it is not there, or cannot be used.
    """
    path = find_set(data, "fer2013")
    return cached(cache / "fer2013.npz", lambda: read_fer(path), _fingerprint(path))


def load_utkface(data: Path, cache: Path, cropper: Callable[[], Crop]) -> Stills:
    """UTKFace likewise, as `cropper` makes it see; a detector is loaded only where it must be."""
    path = find_set(data, "utkface")
    source = f"{_fingerprint(path)} framed {KEYPOINTS.crop_side} {KEYPOINTS.crop_rise}"
    return cached(cache / "utkface.npz", lambda: read_utkface(path, cropper()), source)


def _fingerprint(path: Path) -> str:
    if path.suffix.lower() == ".csv":  # its votes stand in a file beside it
        tables = [(p.name, p.stat()) for p in sorted(path.parent.glob("*.csv"))]
        return " ".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in tables)
    return Tree(path).fingerprint()


def read_set(path: Path, findings: Findings, classes: tuple[str, ...] | None = None) -> FaceSet:
    """Whatever face set a CSV file, zip file or folder holds, its pictures as they are or grey.

    classes: the only classes that a folder of class folders may have; None: it names its own.

    Raises:
        UserError: there is nothing, it is no face set, or a strict finding.
    """
    if path.is_file() and path.suffix.lower() == ".csv":
        return FaceSet("FER-2013", EMOTIONS, read_fer(path, findings))
    tree = Tree(path)
    if classes is None and is_fer(tree):
        return FaceSet("FER-2013", EMOTIONS, read_fer(path, findings))
    if classes is None and is_utkface(tree):
        return FaceSet("UTKFace", EMOTIONS, read_utkface(path, _plain, findings))
    folder = read_folder(path, classes, findings)
    return FaceSet("class folders", folder.labels, stills_of(folder, findings))


def _plain(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo as it is, grey and small: to look at, where no detector is wanted."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA), np.uint8)
