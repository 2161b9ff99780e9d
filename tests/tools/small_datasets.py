"""FER-2013 and UTKFace as they are handed out, with a few faces of noise."""

from __future__ import annotations

import hashlib
import itertools
import zipfile
from pathlib import Path

import cv2
import numpy as np

from device.values import EMOTIONS
from tools.datasets.face_dataset import VALIDATION, split_of

FER_HEADER = (
    "path,usage,fer_label,fp_neutral,fp_happiness,fp_surprise,fp_sadness,fp_anger,fp_disgust,"
    "fp_fear,fp_contempt,fp_unknown,fp_NF"
)
VOTES = ("1,6,1,1,1,0,0,0,0,0", "8,0,0,0,2,0,0,0,0,0", "5,5,0,0,0,0,0,0,0,0",
         "2,0,0,0,0,0,0,8,0,0", ",,,,,,,,,")  # fmt: skip
"""Happy, neutral, a tie, contempt, and none."""


def fer_zip(path: Path, count: int) -> None:
    draw = np.random.default_rng(1)
    with zipfile.ZipFile(path, "w") as archive:
        lines = [FER_HEADER]
        for index, usage in itertools.product(range(count), ("Training", "PublicTest")):
            label = EMOTIONS[index % 7]
            name = f"{usage}/{label}/{usage}_{index}.png"
            picture = draw.integers(0, 256, (48, 48), np.uint8)
            archive.writestr(f"fer2013/{name}", cv2.imencode(".png", picture)[1].tobytes())
            lines.append(f"{name},{usage},{label},{VOTES[index % len(VOTES)]}")
        archive.writestr("fer2013/labels.csv", "\n".join(lines))


def utkface_zip(path: Path, count: int) -> None:
    """Photos without a face that is found, all in the validation split."""
    draw = np.random.default_rng(2)
    lines = ['file,age,"gender(0=male,1=female)",race,md5']
    with zipfile.ZipFile(path, "w") as archive:
        while count:
            photo = draw.integers(0, 256, (112, 112, 3), np.uint8)
            data = cv2.imencode(".jpg", photo)[1].tobytes()
            digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
            if split_of(digest) != VALIDATION:
                continue
            age, gender, race = 5 + 7 * count % 70, count % 2, count % 5
            name = f"{age}_{gender}_{race}_{count:017}.jpg.chip.jpg"
            archive.writestr(f"utkface_112/{name}", data)
            lines.append(f"{name},{age},{gender},{race},{digest}")
            count -= 1
        archive.writestr("utkface_labels.csv", "\n".join(lines))


def noise(seed: int, side: int = 48) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)


def write(path: Path, seed: int, side: int = 48) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), noise(seed, side))
    return path


def kaggle_row(emotion: int | str, seed: int, usage: str = "Training") -> str:
    return f"{emotion},{' '.join(map(str, noise(seed).flatten()))},{usage}"


def kaggle(folder: Path, *rows: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fer2013.csv"
    path.write_text("\n".join(["emotion,pixels,Usage", *rows]))
    return path
