"""FER-2013 with FER+'s votes, in the forms it goes about in.

A zip or folder with `labels.csv` (the votes stand in its rows), a zip or folder of
`train|test/<class>/<Usage>_<n>.png`, or Kaggle's one table (`kaggle.py`). Validation is PublicTest
and test is PrivateTest, as in the contest; training pictures that stand in either are dropped.
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
from tools.datasets.archive import Tree
from tools.datasets.class_folders import label_of
from tools.datasets.face_dataset import (
    TEST,
    TRAIN,
    VALIDATION,
    Stills,
    from_pictures,
    pixels_digest,
    without_leaks,
)  # fmt: skip
from tools.datasets.ferplus import NO_VOTES, SIDE, TABLE, USAGES, Row, votes_of
from tools.datasets.import_issues import Findings
from tools.datasets.kaggle import is_kaggle, read_kaggle

LIST = "labels.csv"
FOLDERS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}

LOOKED_AT = 20
"""Pictures of which one must have FER-2013's size, some of which may be broken."""


def read_fer(path: Path, findings: Findings | None = None) -> Stills:
    """All of FER-2013 that can be read, 48x48; what cannot is told to `findings`, or logged.

    Raises:
        UserError: none of the forms, nothing that can be used, or a strict finding.
    """
    told, findings = findings, findings or Findings()
    rows = list(_rows(path, findings))
    if not rows:
        first = next((f" ({where}: {why})" for where, why in findings.left_out), "")
        raise UserError(f"{path}: no picture of FER-2013 that can be used{first}")
    pictures = np.stack([row.picture for row in rows])
    votes = np.stack([row.votes for row in rows])
    stills = replace(
        from_pictures(pictures, TRAIN, np.array([pixels_digest(p) for p in pictures])),
        part=np.array([row.part for row in rows], np.uint8),
        emotion=np.array([row.emotion for row in rows], np.int64),
        votes=votes / np.maximum(votes.sum(axis=1, keepdims=True), 1),
    )
    for index, label in enumerate(EMOTIONS):
        if not (stills.emotion == index).any():
            findings.leave_out(f"{path.name}: {label}", "a class without a picture")
    clean = without_leaks(stills)
    findings.notes.append(f"{(clean.votes.sum(axis=1) > 0).sum():,} faces have votes of FER+")
    if leaked := len(stills) - len(clean):
        findings.notes.append(f"{leaked} training pictures stand in a test part too: dropped")
    tested = clean.digest[clean.part == TEST]
    if both := int(np.isin(clean.digest[clean.part == VALIDATION], tested).sum()):
        findings.notes.append(f"{both} validation pictures stand in the test part too: kept")
    if told is None:
        findings.log()
    return clean


def is_fer(tree: Tree) -> bool:
    """Whether a folder or zip looks like one of the forms."""
    pictures = tree.pictures()
    return bool(
        _lists(tree)
        or any(is_kaggle(tree, name) for name in tree.ending(".csv"))
        or (
            pictures
            and all(_in_a_part(name) for name in pictures)
            and any(_of_its_size(tree, name) for name in pictures[:LOOKED_AT])
        )
    )


def _of_its_size(tree: Tree, name: str) -> bool:
    """Anyone's emotions can lie in train and test; FER-2013's pictures have one size."""
    picture = tree.picture(name)
    return picture is not None and picture.shape == (SIDE, SIDE)


def _in_a_part(name: str) -> bool:
    part, label, _ = _place(name)
    return part.lower() in FOLDERS and label_of(label, EMOTIONS) is not None


def _place(name: str) -> tuple[str, str, str]:
    """The last two folders of a name, empty where there are none, and the file."""
    folder, label, file = ["", "", *name.split("/")][-3:]
    return folder, label, file


def _lists(tree: Tree) -> list[str]:
    return [name for name in tree.names if name.split("/")[-1] == LIST]


def _rows(path: Path, findings: Findings) -> Iterator[Row]:
    if path.suffix.lower() == ".csv" and path.is_file():
        return read_kaggle(Tree(path.parent), path.name, findings)
    tree = Tree(path)
    if lists := _lists(tree):
        return _of_list(tree, lists[0], findings)
    tables = [name for name in tree.ending(".csv") if is_kaggle(tree, name)]
    if tables:
        return read_kaggle(tree, tables[0], findings)
    return _of_folders(tree, findings)


def _of_list(tree: Tree, name: str, findings: Findings) -> Iterator[Row]:
    """By `labels.csv`: path, usage, fer_label, and the votes as fp_*."""
    base = name.removesuffix(LIST)
    for number, row in tqdm(tree.rows(name), "FER-2013", unit="face", disable=None):
        label, usage = row.get("fer_label", ""), row.get("usage", "")
        try:
            if label not in EMOTIONS:
                raise ValueError(f"unknown label {label!r}")
            if usage not in USAGES:
                raise ValueError(f"unknown usage {usage!r}")
            picture = _picture(tree, base + row.get("path", ""))
            votes = votes_of(row, "fp_")
            yield Row(picture, USAGES[usage], EMOTIONS.index(label), votes)
        except ValueError as error:
            findings.leave_out(f"{name} row {number} ({row.get('path', '')})", str(error))


def _of_folders(tree: Tree, findings: Findings) -> Iterator[Row]:
    """`train|test/<class>/<file>`; the usage in front of a file's name counts for more."""
    if any(name.split("/")[-1] == TABLE for name in tree.names):
        findings.notes.append(
            f"{TABLE}: not taken: its rows are those of Kaggle's CSV, not folders'"
        )
    for name in tqdm(tree.pictures(), "FER-2013", unit="face", disable=None):
        try:
            folder, label, file = _place(name)
            if folder.lower() not in FOLDERS:
                raise ValueError("not in train or test")
            known = label_of(label, EMOTIONS)
            if known is None:
                raise ValueError(f"unknown label {label!r}")
            part = USAGES.get(file.split("_")[0], FOLDERS[folder.lower()])
            yield Row(_picture(tree, name), part, EMOTIONS.index(known), NO_VOTES)
        except ValueError as error:
            findings.leave_out(name, str(error))


def _picture(tree: Tree, name: str) -> NDArray[np.uint8]:
    picture = tree.picture(name)
    if picture is None:
        raise ValueError("not a picture that can be read")
    if picture.shape != (SIDE, SIDE):
        raise ValueError(f"not {SIDE}x{SIDE} pixels")
    return picture
