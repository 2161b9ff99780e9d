"""FER-2013 with FER+ votes, in each form it is distributed in.

A zip or folder with `labels.csv` (its rows hold the votes), a zip or folder of
`train|test/<class>/<Usage>_<n>.png`, or Kaggle's CSV file (`fer2013_csv.py`). As in the contest,
PublicTest is the validation split and PrivateTest the test split. Training pictures that are also
held out are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from device.values import EMOTIONS
from tools.datasets.archive import Archive
from tools.datasets.class_folders import label_of
from tools.datasets.face_dataset import (
    TEST,
    TRAIN,
    VALIDATION,
    FaceDataset,
    from_pictures,
    pixel_digest,
    without_leaks,
)
from tools.datasets.fer2013_csv import (
    NO_VOTES,
    SIDE,
    USAGES,
    VOTE_TABLE,
    Row,
    is_kaggle,
    read_kaggle,
    votes_of,
)
from tools.datasets.import_issues import ImportIssues

LABEL_FILE = "labels.csv"
FOLDERS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}

SAMPLED = 20
"""Pictures of which one must have FER-2013's size; some may be damaged."""


def read_fer(path: Path, issues: ImportIssues | None = None) -> FaceDataset:
    """All readable faces of FER-2013, 48x48. issues: receives what is skipped.

    Raises:
        UserError: none of the forms, no usable picture, or a skipped item and `issues` is strict.
    """
    issues = ImportIssues() if issues is None else issues
    rows = list(_rows(path, issues))
    if not rows:
        first = next((f" ({where}: {reason})" for where, reason in issues.skipped), "")
        raise UserError(f"{path}: no usable picture of FER-2013{first}")
    pictures = np.stack([row.picture for row in rows])
    votes = np.stack([row.votes for row in rows])
    dataset = replace(
        from_pictures(pictures, TRAIN, np.array([pixel_digest(p) for p in pictures])),
        split=np.array([row.split for row in rows], np.uint8),
        emotion=np.array([row.emotion for row in rows], np.int64),
        votes=votes / np.maximum(votes.sum(axis=1, keepdims=True), 1),
    )
    for index, label in enumerate(EMOTIONS):
        if not (dataset.emotion == index).any():
            issues.skip(f"{path.name}: {label}", "a class without a picture")
    clean = without_leaks(dataset)
    issues.notes.append(f"{(clean.votes.sum(axis=1) > 0).sum():,} faces have FER+ votes")
    if leaked := len(dataset) - len(clean):
        issues.notes.append(f"{leaked} training pictures are also held out: dropped")
    tested = clean.only(TEST).digest
    if both := int(np.isin(clean.only(VALIDATION).digest, tested).sum()):
        issues.notes.append(f"{both} validation pictures are also in the test split: kept")
    return clean


def is_fer(archive: Archive) -> bool:
    """Whether a folder or zip file is FER-2013 in one of the forms."""
    pictures = archive.pictures()
    return bool(
        archive.named(LABEL_FILE)
        or any(is_kaggle(archive, name) for name in archive.with_suffix(".csv"))
        or (
            pictures
            and all(_in_split_folder(name) for name in pictures)
            and any(_has_fer_size(archive, name) for name in pictures[:SAMPLED])
        )
    )


def _has_fer_size(archive: Archive, name: str) -> bool:
    """Tells FER-2013 from other emotion datasets with train and test folders."""
    picture = archive.picture(name)
    return picture is not None and picture.shape == (SIDE, SIDE)


def _in_split_folder(name: str) -> bool:
    folder, label, _ = _place(name)
    return folder.lower() in FOLDERS and label_of(label, EMOTIONS) is not None


def _place(name: str) -> tuple[str, str, str]:
    """The last two folders of a path, empty if there are none, and the file name."""
    folder, label, file = ["", "", *name.split("/")][-3:]
    return folder, label, file


def _rows(path: Path, issues: ImportIssues) -> Iterator[Row]:
    if path.suffix.lower() == ".csv" and path.is_file():
        return read_kaggle(Archive(path.parent), path.name, issues)
    archive = Archive(path)
    if label_files := archive.named(LABEL_FILE):
        return _labelled_rows(archive, label_files[0], issues)
    if tables := [name for name in archive.with_suffix(".csv") if is_kaggle(archive, name)]:
        return read_kaggle(archive, tables[0], issues)
    return _folder_rows(archive, issues)


def _labelled_rows(archive: Archive, name: str, issues: ImportIssues) -> Iterator[Row]:
    """Rows of `labels.csv`: path, usage, fer_label, and the votes as fp_*."""
    base = name.removesuffix(LABEL_FILE)
    for number, row in tqdm(archive.rows(name), "FER-2013", unit="face", disable=None):
        label, usage = row.get("fer_label", ""), row.get("usage", "")
        try:
            if label not in EMOTIONS:
                raise ValueError(f"unknown label {label!r}")
            if usage not in USAGES:
                raise ValueError(f"unknown usage {usage!r}")
            picture = _picture(archive, base + row.get("path", ""))
            votes = votes_of(row, "fp_")
            yield Row(picture, USAGES[usage], EMOTIONS.index(label), votes)
        except ValueError as error:
            issues.skip(f"{name} row {number} ({row.get('path', '')})", str(error))


def _folder_rows(archive: Archive, issues: ImportIssues) -> Iterator[Row]:
    """`train|test/<class>/<file>`; a usage at the start of a file name overrides the folder."""
    if archive.named(VOTE_TABLE):
        issues.notes.append(f"{VOTE_TABLE}: not used: its rows match Kaggle's CSV, not folders")
    for name in tqdm(archive.pictures(), "FER-2013", unit="face", disable=None):
        try:
            folder, label, file = _place(name)
            if folder.lower() not in FOLDERS:
                raise ValueError("not in train or test")
            known = label_of(label, EMOTIONS)
            if known is None:
                raise ValueError(f"unknown label {label!r}")
            split = USAGES.get(file.split("_")[0], FOLDERS[folder.lower()])
            yield Row(_picture(archive, name), split, EMOTIONS.index(known), NO_VOTES)
        except ValueError as error:
            issues.skip(name, str(error))


def _picture(archive: Archive, name: str) -> NDArray[np.uint8]:
    picture = archive.picture(name)
    if picture is None:
        raise ValueError("not a readable image")
    if picture.shape != (SIDE, SIDE):
        raise ValueError(f"not {SIDE}x{SIDE} pixels")
    return picture
