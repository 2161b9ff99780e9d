"""Soft targets by HSEmotion, a teacher that was trained on other data.

A student of FER-2013 alone is less accurate on other people's pictures; photos of UTKFace, whose
emotions nobody has labelled, show it such pictures with this teacher's probabilities. The teacher
sees each face once, in colour where there is colour, framed as in its own training.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.datasets.face_dataset import TRAIN, FaceDataset
from tools.datasets.load import find_dataset, load_fer
from tools.datasets.photos import ColourCropper
from tools.datasets.utkface import read_utkface
from tools.scoring.hsemotion import BOX, FILE, SHA256, HSEmotion
from tools.training.soft_targets import EXTERNAL, digest_rows, write_file

NAME = "hsemotion"


def write_hsemotion_targets(data: Path, cache: Path, folder: Path) -> Path:
    """Write the emotions of all training faces to `folder`/external/hsemotion.npz; returns it. A
    file that exists is kept.

    data: the data folder, with the teacher's file. cache: of the datasets.

    Raises:
        UserError: a dataset or the teacher is missing or unusable.
    """
    out = folder / EXTERNAL / f"{NAME}.npz"
    if not out.exists():
        teacher = HSEmotion(data / FILE)
        photos = read_utkface(find_dataset(data, "utkface"), ColourCropper(BOX))
        write_targets(teacher, (load_fer(data, cache).only(TRAIN), photos.only(TRAIN)), out)
    return out


def write_targets(teacher: HSEmotion, datasets: tuple[FaceDataset, ...], out: Path) -> None:
    """Write the teacher's emotions of faces that are framed for it, grey or in colour."""
    shares = [np.round(teacher.predict(faces.pictures) * 255) for faces in datasets]
    digests = np.concatenate([digest_rows(faces) for faces in datasets])
    asked = {"teacher": SHA256[:8]}
    write_file(out, asked, digests, {"emotion": np.concatenate(shares).astype(np.uint8)})
