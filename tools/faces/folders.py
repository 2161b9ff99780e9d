"""Anyone's folder of class folders, each full of face crops: `DIR/<class>/<picture>`.

The usual spellings of the seven emotions are understood. A picture that cannot be read and a folder
whose name is no class of the model are named and counted, never passed over in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.errors import UserError
from tools.learning.networks import SIZE

SPELLINGS = {
    "anger": "angry",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "neutrality": "neutral",
    "calm": "neutral",
}
"""What other sets call the classes of FER-2013."""

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """pictures: (N, 64, 64) uint8. truth: (N,) index of the label. skipped: what was left out,
    each with its reason."""

    pictures: NDArray[np.uint8]
    truth: NDArray[np.int64]
    skipped: tuple[str, ...]


def label_of(name: str, labels: Sequence[str]) -> str | None:
    """The label that a folder's name means, or None."""
    plain = name.strip().lower()
    plain = SPELLINGS.get(plain, plain)
    return plain if plain in labels else None


def read_folder(folder: Path, labels: Sequence[str]) -> Folder:
    """All pictures of all class folders, grey and 64x64.

    Raises:
        UserError: no such folder, or no picture of a known class in it.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; it takes one folder for each emotion")
    pictures, truth, skipped = [], [], []
    for inside in sorted(p for p in folder.iterdir() if p.is_dir()):
        label = label_of(inside.name, labels)
        if label is None:
            skipped.append(f"{inside.name}/: not one of {', '.join(labels)}")
            continue
        files = sorted(p for p in inside.rglob("*") if p.suffix.lower() in PICTURES)
        if not files:
            skipped.append(f"{inside.name}/: no picture")
        for file in files:
            picture = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_GRAYSCALE) if (
                file.stat().st_size
            ) else None  # fmt: skip
            if picture is None:
                skipped.append(f"{inside.name}/{file.name}: not a picture")
                continue
            pictures.append(to_size(np.asarray(picture, np.uint8)))
            truth.append(labels.index(label))
    if not pictures:
        raise UserError(f"{folder}: no picture in a folder named after one of {', '.join(labels)}")
    return Folder(np.stack(pictures), np.array(truth, np.int64), tuple(skipped))


def to_size(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(64, 64), averaged down or interpolated up."""
    way = cv2.INTER_AREA if max(picture.shape) > SIZE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (SIZE, SIZE), interpolation=way), np.uint8)
