"""UTKFace: photos of one face each, with age, gender and group in the file name.

A zip or folder of `<age>_<gender>_<race>_<stamp>.jpg`, with or without `utkface_labels.csv`. The
split is drawn from the file's md5 (80 % train, 10 % validation, 10 % test), so that copies are in
one split.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from device.errors import UserError
from tools.datasets.archive import Archive
from tools.datasets.face_dataset import (
    RACES,
    TRAIN,
    Crop,
    FaceDataset,
    from_pictures,
    split_of,
    without_leaks,
)
from tools.datasets.import_issues import ImportIssues

LABEL_FILE = "utkface_labels.csv"
OLDEST = 116
"""Years: the authors give ages from 0 to 116."""

_NAME = re.compile(r"(\d+)_(\d+)_(\d+)_\d+\.jpe?g(?:\.chip\.jpg)?", re.IGNORECASE)


def read_utkface(path: Path, crop: Crop, issues: ImportIssues | None = None) -> FaceDataset:
    """All readable photos in which `crop` finds a face. issues: receives what is skipped.

    Raises:
        UserError: no such file or folder, no usable picture, or a skipped item and `issues` is
            strict.
    """
    issues = ImportIssues() if issues is None else issues
    archive = Archive(path)
    rows = _rows(archive)
    pictures, digests, labels = [], [], []
    order = {file: number for number, file in enumerate(rows)}
    names = sorted(archive.pictures(), key=lambda name: order.get(name.split("/")[-1], -1))
    for name in tqdm(names, "UTKFace", unit="face", disable=None):
        file = name.split("/")[-1]
        known = _labels(rows.get(file), file)
        if known is None:
            issues.skip(name, "no age, gender and race in the file name or label file")
            continue
        photo = archive.picture(name, rgb=True)
        picture = None if photo is None else crop(photo)
        if picture is None:
            issues.skip(name, "not a readable image" if photo is None else "no face found")
            continue
        pictures.append(picture)
        # The listed md5 counts even if it is empty (one photo): the published splits used it.
        md5 = rows.get(file, {}).get("md5")
        digests.append(_md5(archive.read(name)) if md5 is None else md5)
        labels.append(known)
    if not pictures:
        raise UserError(f"{path}: no picture of UTKFace, <age>_<gender>_<race>_<stamp>.jpg")
    years, female, race = np.array(labels).T
    return without_leaks(
        replace(
            from_pictures(np.stack(pictures), TRAIN, np.array(digests)),
            split=np.array([split_of(digest) for digest in digests], np.uint8),
            years=years.astype(np.float32),
            female=female.astype(np.float32),
            race=race.astype(np.int64),
        )
    )


def is_utkface(archive: Archive) -> bool:
    """Whether most pictures have UTKFace's file names."""
    pictures = archive.pictures()
    named = sum(_NAME.fullmatch(name.split("/")[-1]) is not None for name in pictures)
    return 2 * named > len(pictures)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _rows(archive: Archive) -> dict[str, dict[str, str]]:
    """Rows of the label file by file name; empty if there is none."""
    tables = archive.named(LABEL_FILE)
    return {row.get("file", ""): row for _, row in archive.rows(tables[0])} if tables else {}


def _labels(row: Mapping[str, str] | None, file: str) -> tuple[int, int, int] | None:
    """Age in years, 0 male or 1 female, and index into `RACES`, from the row or the file name."""
    if row is not None:
        cells = [row.get(column, "") for column in ("age", "gender(0=male,1=female)", "race")]
    else:
        match = _NAME.fullmatch(file)
        cells = [] if match is None else list(match.groups()[:3])
    if len(cells) != 3 or not all(text.isdecimal() for text in cells):
        return None
    years, female, race = (int(text) for text in cells)
    return (years, female, race) if years <= OLDEST and female < 2 and race < len(RACES) else None
