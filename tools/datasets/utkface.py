"""UTKFace: photos of one face each, whose age, gender and group stand in their names.

A zip or folder of `<age>_<gender>_<race>_<stamp>.jpg`, with `utkface_labels.csv` or without. Parts
are drawn by the file's md5 (80 % train, 10 % validation, 10 % test), so that copies stay together.
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
from tools.datasets.archive import Tree
from tools.datasets.face_dataset import (
    RACES,
    TRAIN,
    Crop,
    Stills,
    from_pictures,
    part_of,
    without_leaks,
)
from tools.datasets.import_issues import Findings

LIST = "utkface_labels.csv"
OLDEST = 116
"""Years: the authors give the ages as 0 to 116."""

_NAME = re.compile(r"(\d+)_(\d+)_(\d+)_\d+\.jpe?g(?:\.chip\.jpg)?", re.IGNORECASE)


def read_utkface(path: Path, crop: Crop, findings: Findings | None = None) -> Stills:
    """All photos that can be read and in which `crop` finds a face; others are told to `findings`,
    or logged.

    Raises:
        UserError: no such file or folder, nothing that can be used, or a strict finding.
    """
    told, findings = findings, findings or Findings()
    tree = Tree(path)
    listed = _listed(tree)
    pictures, digests, known = [], [], []
    order = {file: number for number, file in enumerate(listed)}
    names = sorted(tree.pictures(), key=lambda name: order.get(name.split("/")[-1], -1))
    for name in tqdm(names, "UTKFace", unit="face", disable=None):
        file = name.split("/")[-1]
        labels = _labels(listed.get(file), file)
        if labels is None:
            findings.leave_out(name, "no age, gender and race in its name or in the list")
            continue
        photo = tree.picture(name, rgb=True)
        picture = None if photo is None else crop(photo)
        if picture is None:
            why = "not a picture that can be read" if photo is None else "no face found"
            findings.leave_out(name, why)
            continue
        pictures.append(picture)
        # The list's word stands, also where it is empty (of one photo): it made the parts so far.
        md5 = listed.get(file, {}).get("md5")
        digests.append(_md5(tree.read(name)) if md5 is None else md5)
        known.append(labels)
    if not pictures:
        raise UserError(f"{path}: no picture of UTKFace, <age>_<gender>_<race>_<stamp>.jpg")
    if told is None:
        findings.log()
    years, female, race = np.array(known).T
    return without_leaks(
        replace(
            from_pictures(np.stack(pictures), TRAIN, np.array(digests)),
            part=np.array([part_of(digest) for digest in digests], np.uint8),
            years=years.astype(np.float32),
            female=female.astype(np.float32),
            race=race.astype(np.int64),
        )
    )


def is_utkface(tree: Tree) -> bool:
    """Whether most pictures are named so."""
    pictures = tree.pictures()
    named = sum(_NAME.fullmatch(name.split("/")[-1]) is not None for name in pictures)
    return 2 * named > len(pictures)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _listed(tree: Tree) -> dict[str, dict[str, str]]:
    """Rows by file, where the list is there."""
    lists = [name for name in tree.names if name.split("/")[-1] == LIST]
    return {row.get("file", ""): row for _, row in tree.rows(lists[0])} if lists else {}


def _labels(row: Mapping[str, str] | None, file: str) -> tuple[int, int, int] | None:
    """Age in years, 0 male or 1 female, number of the group: of the list's row, else the name."""
    if row is not None:
        told = [row.get(column, "") for column in ("age", "gender(0=male,1=female)", "race")]
    else:
        meaning = _NAME.fullmatch(file)
        told = [] if meaning is None else list(meaning.groups()[:3])
    if len(told) != 3 or not all(text.isdecimal() for text in told):
        return None
    years, female, race = (int(text) for text in told)
    return (years, female, race) if years <= OLDEST and female < 2 and race < len(RACES) else None
