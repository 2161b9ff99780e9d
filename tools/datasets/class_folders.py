"""Anyone's folder of class folders, each full of face crops: `DIR/<class>/<picture>`.

The usual spellings of the seven emotions are understood where those are asked for; a folder that is
asked for nothing names its own classes. A picture that cannot be read and a folder whose name is no
class are named and counted, never passed over in silence.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from device.faces.crop import CROP_SIZE
from tools.datasets.archive import Tree
from tools.datasets.face_dataset import (
    TEST,
    TRAIN,
    VALIDATION,
    Stills,
    from_pictures,
    pixels_digest,
)
from tools.datasets.import_issues import Findings
from tools.places import MADE, SHEET

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

HELD_OUT = 0.2
"""Share of each class's groups that training does not see."""


PART_FOLDERS = {
    "train": TRAIN, "training": TRAIN, "val": VALIDATION, "valid": VALIDATION,
    "validation": VALIDATION, "test": TEST,
}  # fmt: skip
"""What folders are called that hold a part of a set each, with the class folders inside."""


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """N faces by class. pictures: (N, 64, 64) uint8. truth: (N,) index into labels. group: (N,)
    what a picture was made from. part: (N,) TRAIN, VALIDATION or TEST, -1 where the folders do not
    say. skipped: what was left out, each with its reason."""

    pictures: NDArray[np.uint8]
    truth: NDArray[np.int64]
    group: NDArray[np.str_]
    part: NDArray[np.int64]
    labels: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """One folder of pictures. part: -1 where none is said. names: of the files in the tree."""

    path: str
    label: str
    part: int
    names: tuple[str, ...]


def label_of(name: str, labels: Sequence[str]) -> str | None:
    """The label that a folder's name means, or None."""
    plain = name.strip().lower()
    if plain not in labels:
        plain = SPELLINGS.get(plain, plain)
    return plain if plain in labels else None


def class_folders(tree: Tree) -> list[ClassFolder]:
    """Those of a folder or zip, empty ones too; below folders of parts, where it has those.

    Raises:
        UserError: it has such, and others beside them.
    """
    shown = set(tree.folders)
    top = {folder for folder in shown if "/" not in folder}
    root = ""
    if not tree.is_folder and len(top) == 1 and any("/" in folder for folder in shown):
        root = f"{top.pop()}/"  # a zip of one folder
        top = {f for f in shown if f.startswith(root) and "/" not in f.removeprefix(root)}
    parts = {f: PART_FOLDERS.get(f.removeprefix(root).lower(), -1) for f in top}
    within = {f.rpartition("/")[0] for f in shown}
    of_parts = sorted(f for f, part in parts.items() if part >= 0 and f in within)
    if of_parts and (others := sorted(f for f, part in parts.items() if part < 0)):
        raise UserError(
            f"{tree.path}: {others[0]}/ lies beside {of_parts[0]}/, which holds a part of the set; "
            "move it into one, or away"
        )
    if parts and min(parts.values()) >= 0:
        parts = {f: parts[f.rpartition("/")[0]] for f in shown if f.rpartition("/")[0] in parts}
    pictures = tree.pictures()
    return [
        ClassFolder(
            path, path.split("/")[-1].strip().lower(), part,
            tuple(name for name in pictures if name.startswith(f"{path}/")),
        )
        for path, part in sorted(parts.items())
    ]  # fmt: skip


def read_folder(
    path: Path, labels: Sequence[str] | None = None, findings: Findings | None = None
) -> Folder:
    """All pictures of all class folders of a folder or zip, grey and 64x64.

    labels: the classes; None: the names of the folders that have a picture, in lower case and in
    order.

    Raises:
        UserError: no such folder, no picture of a known class in it, or a strict finding.
    """
    findings = Findings() if findings is None else findings
    if not path.exists():
        raise UserError(f"{path}: no such folder; it takes one folder for each class")
    tree = Tree(path)
    folders = class_folders(tree)
    own = labels is None
    if labels is None:
        labels = sorted({folder.label for folder in folders if folder.names})
    pictures, truth, group, parts = [], [], [], []
    for folder in folders:
        label = label_of(folder.label, labels)
        if label is None and not own:
            findings.leave_out(f"{folder.path}/", f"not one of {', '.join(labels)}")
            continue
        if label is None or not folder.names:
            findings.leave_out(f"{folder.path}/", "no picture")
            continue
        for name in tqdm(folder.names, folder.path, unit="face", leave=False, disable=None):
            picture = tree.picture(name)
            if picture is None:
                findings.leave_out(name, "not a picture that can be read")
                continue
            pictures.append(to_size(picture))
            truth.append(labels.index(label))
            source, made, _ = name.removeprefix(f"{folder.path}/").partition(MADE)
            group.append(source if made else name)  # a clip's frames can be of several classes
            parts.append(folder.part)
    for name in _others(tree, folders):
        findings.leave_out(name, "no picture of a class")
    if not pictures:
        wanted = f" named after one of {', '.join(labels)}" if labels else ""
        raise UserError(f"{path}: no picture in a folder{wanted}")
    return Folder(
        np.stack(pictures), np.array(truth, np.int64), np.array(group), np.array(parts, np.int64),
        tuple(labels), tuple(f"{where}: {why}" for where, why in findings.left_out),
    )  # fmt: skip


def _others(tree: Tree, folders: Sequence[ClassFolder]) -> list[str]:
    """Files that are no pictures by their names, and pictures that lie in no class folder."""
    known = {name for folder in folders for name in folder.names}
    return [n for n in tree.names if n not in known and n.split("/")[-1] != SHEET]


def stills_of(folder: Folder, findings: Findings | None = None) -> Stills:
    """The table of a folder, `emotion` by the folder's own labels, without copies of a picture.

    Parts are the folder's own. Where it names no validation, that is a fifth of the groups of each
    class that are not test, drawn by the digests of their pictures: the same on every machine and
    whatever the files are called, and what was made from one photo or clip stays together, in
    whatever classes it is. Of copies one stays; where they stand in two classes, none.
    """
    findings = Findings() if findings is None else findings
    digest = np.array([pixels_digest(picture) for picture in folder.pictures])
    keep = _without_copies(folder, digest, findings)
    part = np.where(folder.part < 0, TRAIN, folder.part).astype(np.uint8)
    if not (part == VALIDATION).any():
        rows = keep[part[keep] == TRAIN]
        drawn = _held_out(folder.group[rows], folder.truth[rows], digest[rows])
        part[rows[drawn]] = VALIDATION
    stills = from_pictures(folder.pictures, TRAIN, digest)
    return replace(stills, part=part, emotion=folder.truth).take(keep)


def _held_out(
    group: NDArray[np.str_], truth: NDArray[np.int64], digest: NDArray[np.str_]
) -> NDArray[np.bool_]:
    """Which pictures are held out, (N,): whole groups, a fifth or more of those of each class."""
    lowest: dict[str, str] = {}
    for name, value in zip(group.tolist(), digest.tolist(), strict=True):
        lowest[name] = min(value, lowest.get(name, value))
    order = sorted(lowest, key=lambda name: hashlib.sha256(lowest[name].encode()).hexdigest())
    drawn: set[str] = set()
    for label in np.unique(truth):
        mine = set(group[truth == label].tolist())
        drawn.update([name for name in order if name in mine][: math.ceil(HELD_OUT * len(mine))])
    return np.isin(group, list(drawn))


def _without_copies(
    folder: Folder, digest: NDArray[np.str_], findings: Findings
) -> NDArray[np.int64]:
    """Rows of which no earlier one is a copy, and none is of another class."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, value in enumerate(digest.tolist()):
        rows[value].append(row)
    keep = []
    for copies in rows.values():
        classes = sorted({folder.labels[folder.truth[row]] for row in copies})
        if len(classes) > 1:
            where = ", ".join(folder.group[row] for row in copies)
            findings.leave_out(where, f"one picture in {' and '.join(classes)}")
            continue
        keep.append(copies[0])
        for row in copies[1:]:
            findings.leave_out(str(folder.group[row]), "a copy of another picture of its class")
    return np.sort(np.array(keep, np.int64))


def to_size(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(64, 64), averaged down or interpolated up."""
    way = cv2.INTER_AREA if max(picture.shape) > CROP_SIZE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (CROP_SIZE, CROP_SIZE), interpolation=way), np.uint8)
