"""Folders or zip files of class folders with face crops: `DIR/<class>/<picture>`.

Guarantees: the usual spellings of the seven emotions are accepted if those are the classes; if no
classes are given, the folder names are the classes. An unreadable picture and a folder that is not
a class are reported, never silently skipped.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from tools.datasets.archive import Archive
from tools.datasets.face_dataset import (
    TEST,
    TRAIN,
    VALIDATION,
    FaceDataset,
    from_pictures,
    pixel_digest,
    to_crop_size,
)
from tools.datasets.import_issues import ImportIssues
from tools.places import CONTACT_SHEET, SOURCE_MARK

SYNONYMS = {
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
"""Other datasets' names for the classes of FER-2013."""

HELD_OUT_SHARE = 0.2
"""Share of each class's groups in the validation split, if the folders name no such split."""

SPLIT_FOLDERS = {
    "train": TRAIN, "training": TRAIN, "val": VALIDATION, "valid": VALIDATION,
    "validation": VALIDATION, "test": TEST,
}  # fmt: skip
"""Names of folders that hold the class folders of one split."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFolder:
    """N faces by class. pictures: (N, 64, 64) uint8. truth: (N,) index into labels. group: (N,)
    the photo or video a picture was made from. split: (N,) TRAIN, VALIDATION or TEST, -1 if the
    folders name none. skipped: what was not used, each with the reason."""

    pictures: NDArray[np.uint8]
    truth: NDArray[np.int64]
    group: NDArray[np.str_]
    split: NDArray[np.int64]
    labels: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """One folder of pictures. split: -1 if none is named. names: paths in the archive."""

    path: str
    label: str
    split: int
    names: tuple[str, ...]


def label_of(name: str, labels: Sequence[str]) -> str | None:
    """The label that a folder name stands for, or None."""
    plain = name.strip().lower()
    if plain not in labels:
        plain = SYNONYMS.get(plain, plain)
    return plain if plain in labels else None


def class_folders(archive: Archive) -> list[ClassFolder]:
    """The class folders, empty ones included; below split folders if there are any.

    Raises:
        UserError: there are split folders and other folders beside them.
    """
    folders = set(archive.folders)
    top = {folder for folder in folders if "/" not in folder}
    root = ""
    if not archive.is_folder and len(top) == 1 and any("/" in folder for folder in folders):
        root = f"{top.pop()}/"  # a zip file of one folder
        top = {f for f in folders if f.startswith(root) and "/" not in f.removeprefix(root)}
    splits = {f: SPLIT_FOLDERS.get(f.removeprefix(root).lower(), -1) for f in top}
    parents = {f.rpartition("/")[0] for f in folders}
    split_folders = sorted(f for f, split in splits.items() if split >= 0 and f in parents)
    if split_folders and (others := sorted(f for f, split in splits.items() if split < 0)):
        raise UserError(
            f"{archive.path}: {others[0]}/ is beside the split folder {split_folders[0]}/; move it "
            "into a split folder, or remove it"
        )
    if splits and min(splits.values()) >= 0:
        splits = {
            f: splits[f.rpartition("/")[0]] for f in folders if f.rpartition("/")[0] in splits
        }
    pictures = archive.pictures()
    return [
        ClassFolder(
            path, path.split("/")[-1].strip().lower(), split,
            tuple(name for name in pictures if name.startswith(f"{path}/")),
        )
        for path, split in sorted(splits.items())
    ]  # fmt: skip


def read_class_folders(
    path: Path, labels: Sequence[str] | None = None, issues: ImportIssues | None = None
) -> LabelledFolder:
    """All pictures of all class folders of a folder or zip file, grey and 64x64.

    labels: the classes; None: the names of the folders that have a picture, in lower case, sorted.

    Raises:
        UserError: no such folder, no picture of a known class in it, or a skipped item and
            `issues` is strict.
    """
    issues = ImportIssues() if issues is None else issues
    if not path.exists():
        raise UserError(f"{path}: no such folder; name a folder with one folder for each class")
    archive = Archive(path)
    folders = class_folders(archive)
    own = labels is None
    if labels is None:
        labels = sorted({folder.label for folder in folders if folder.names})
    pictures, truth, group, split = [], [], [], []
    for folder in folders:
        label = label_of(folder.label, labels)
        if label is None and not own:
            issues.skip(f"{folder.path}/", f"not one of {', '.join(labels)}")
            continue
        if label is None or not folder.names:
            issues.skip(f"{folder.path}/", "no picture")
            continue
        for name in tqdm(folder.names, folder.path, unit="face", leave=False, disable=None):
            picture = archive.picture(name)
            if picture is None:
                issues.skip(name, "not a readable image")
                continue
            pictures.append(to_crop_size(picture))
            truth.append(labels.index(label))
            source, mark, _ = name.removeprefix(f"{folder.path}/").partition(SOURCE_MARK)
            group.append(source if mark else name)  # frames of one video can be in several classes
            split.append(folder.split)
    in_class = {name for folder in folders for name in folder.names}
    for name in archive.names:
        if name not in in_class and name.split("/")[-1] != CONTACT_SHEET:
            issues.skip(name, "not a picture in a class folder")
    if not pictures:
        wanted = f" named after one of {', '.join(labels)}" if labels else ""
        raise UserError(f"{path}: no picture in a folder{wanted}")
    return LabelledFolder(
        np.stack(pictures), np.array(truth, np.int64), np.array(group), np.array(split, np.int64),
        tuple(labels), tuple(f"{where}: {reason}" for where, reason in issues.skipped),
    )  # fmt: skip


def to_dataset(folder: LabelledFolder, issues: ImportIssues | None = None) -> FaceDataset:
    """The faces of a folder without copies, `emotion` an index into the folder's labels.

    The splits are the folder's own. If it names no validation split, a fifth of the groups of each
    class that are not in the test split are drawn by the digests of their pictures: the same faces
    on every machine and whatever the files are called, and pictures of one photo or video are in
    one split, whatever their classes. One copy of a picture is used; none if copies are in two
    classes.
    """
    issues = ImportIssues() if issues is None else issues
    digest = np.array([pixel_digest(picture) for picture in folder.pictures])
    rows = _without_copies(folder, digest, issues)
    split = np.where(folder.split < 0, TRAIN, folder.split).astype(np.uint8)
    if not (split == VALIDATION).any():
        train = rows[split[rows] == TRAIN]
        drawn = _held_out(folder.group[train], folder.truth[train], digest[train])
        split[train[drawn]] = VALIDATION
    dataset = from_pictures(folder.pictures, TRAIN, digest)
    return replace(dataset, split=split, emotion=folder.truth).take(rows)


def _held_out(
    group: NDArray[np.str_], truth: NDArray[np.int64], digest: NDArray[np.str_]
) -> NDArray[np.bool_]:
    """Mask (N,) of the held-out pictures: whole groups, at least a fifth of those of each class."""
    lowest: dict[str, str] = {}
    for name, value in zip(group.tolist(), digest.tolist(), strict=True):
        lowest[name] = min(value, lowest.get(name, value))
    order = sorted(lowest, key=lambda name: hashlib.sha256(lowest[name].encode()).hexdigest())
    drawn: set[str] = set()
    for label in np.unique(truth):
        groups = set(group[truth == label].tolist())
        count = math.ceil(HELD_OUT_SHARE * len(groups))
        drawn.update([name for name in order if name in groups][:count])
    return np.isin(group, list(drawn))


def _without_copies(
    folder: LabelledFolder, digest: NDArray[np.str_], issues: ImportIssues
) -> NDArray[np.int64]:
    """Row numbers of the first copy of each picture whose copies are all of one class."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, value in enumerate(digest.tolist()):
        rows[value].append(row)
    kept = []
    for copies in rows.values():
        classes = sorted({folder.labels[folder.truth[row]] for row in copies})
        if len(classes) > 1:
            where = ", ".join(folder.group[row] for row in copies)
            issues.skip(where, f"one picture in {' and '.join(classes)}")
            continue
        kept.append(copies[0])
        for row in copies[1:]:
            issues.skip(str(folder.group[row]), "a copy of another picture of its class")
    return np.sort(np.array(kept, np.int64))
