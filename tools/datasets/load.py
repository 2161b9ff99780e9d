"""Loads the public datasets, or any other face dataset, in all their forms.

The kind of a dataset is detected from its content, never from its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from device.errors import UserError
from device.faces.blazeface import KEYPOINTS
from device.values import EMOTIONS
from tools.datasets.archive import Archive
from tools.datasets.class_folders import read_class_folders, to_dataset
from tools.datasets.face_dataset import (
    SPLITS,
    TEST,
    TRAIN,
    VALIDATION,
    FaceDataset,
    cached,
    limited,
    resized,
    to_crop_size,
)
from tools.datasets.fer2013 import is_fer, read_fer
from tools.datasets.import_issues import ImportIssues
from tools.datasets.photos import DeviceCropper
from tools.datasets.utkface import is_utkface, read_utkface

FILE_NAMES = {
    "fer2013": ("fer2013.zip", "fer2013", "fer2013.csv", "icml_face_data.csv"),
    "utkface": ("utkface_112.zip", "utkface_112", "UTKFace.zip", "UTKFace", "utkface"),
}
"""Names of the two public datasets in a data folder; the first that exists is used."""


@dataclass(frozen=True, slots=True, eq=False)
class ImportedDataset:
    """kind: "FER-2013", "UTKFace" or "class folders". labels: of `faces.emotion`; UTKFace's faces
    have none."""

    kind: str
    labels: tuple[str, ...]
    faces: FaceDataset


def find_dataset(data: Path, name: str) -> Path:
    """The path of "fer2013" or "utkface" in the folder `data`.

    Raises:
        UserError: it has none of the names of `FILE_NAMES`.
    """
    for file in FILE_NAMES[name]:
        if (data / file).exists():
            return data / file
    first, *others = FILE_NAMES[name]
    raise UserError(
        f"{data / first}: no such file (nor {', '.join(others)}); set --data or WAYSIDE_DATA to "
        "its folder"
    )


def load_fer(data: Path, cache: Path) -> FaceDataset:
    """FER-2013 of a data folder, 48x48, kept in the folder `cache`.

    Raises:
        UserError: it is missing or unusable.
    """
    path = find_dataset(data, "fer2013")
    read = _logged(lambda issues: read_fer(path, issues))
    return cached(cache / "fer2013.npz", read, _fingerprint(path))


def load_utkface(data: Path, cache: Path) -> FaceDataset:
    """UTKFace of a data folder as the device crops it, 64x64, kept in the folder `cache`.

    Raises:
        UserError: it is missing or unusable.
    """
    path = find_dataset(data, "utkface")
    read = _logged(lambda issues: read_utkface(path, DeviceCropper(), issues))
    framing = f"framed {KEYPOINTS.crop_side} {KEYPOINTS.crop_rise}"
    return cached(cache / "utkface.npz", read, f"{_fingerprint(path)} {framing}")


def load_datasets(data: Path, cache: Path, limit: int | None = None) -> dict[str, FaceDataset]:
    """FER-2013 and UTKFace at the device's crop size. limit: faces of each split, for a trial.

    Raises:
        UserError: a dataset is missing or unusable.
    """
    datasets = {
        "fer2013": resized(load_fer(data, cache)),
        "utkface": load_utkface(data, cache),
    }
    return datasets if limit is None else {n: limited(d, limit) for n, d in datasets.items()}


def require_splits(
    datasets: Mapping[str, FaceDataset], splits: Sequence[int] = (TRAIN, VALIDATION, TEST)
) -> None:
    """Raise UserError if a dataset has no face in one of these splits."""
    for name, dataset in datasets.items():
        for split in splits:
            if not (dataset.split == split).any():
                raise UserError(f"{name}: no face in the {SPLITS[split]} split, which is needed")


def read_dataset(
    path: Path, issues: ImportIssues, classes: tuple[str, ...] | None = None
) -> ImportedDataset:
    """The face dataset in a CSV file, zip file or folder.

    classes: the only classes that class folders may have; None: their names.

    Raises:
        UserError: no such path, not a face dataset, or a skipped item and `issues` is strict.
    """
    if path.is_file() and path.suffix.lower() == ".csv":
        return ImportedDataset("FER-2013", EMOTIONS, read_fer(path, issues))
    archive = Archive(path)
    if classes is None and is_fer(archive):
        return ImportedDataset("FER-2013", EMOTIONS, read_fer(path, issues))
    if classes is None and is_utkface(archive):  # not cropped: no detector is needed to look at it
        faces = read_utkface(
            path, lambda photo: to_crop_size(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)), issues
        )
        return ImportedDataset("UTKFace", EMOTIONS, faces)
    folder = read_class_folders(path, classes, issues)
    return ImportedDataset("class folders", folder.labels, to_dataset(folder, issues))


def _logged(read: Callable[[ImportIssues], FaceDataset]) -> Callable[[], FaceDataset]:
    def read_and_log() -> FaceDataset:
        issues = ImportIssues()
        dataset = read(issues)
        issues.log()
        return dataset

    return read_and_log


def _fingerprint(path: Path) -> str:
    if path.suffix.lower() == ".csv":  # the votes are in a file beside it
        tables = [(p.name, p.stat()) for p in sorted(path.parent.glob("*.csv"))]
        return " ".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in tables)
    return Archive(path).fingerprint()
