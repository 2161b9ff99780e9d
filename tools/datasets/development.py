"""The development set: other people's faces, by which choices of the emotion are made.

`models/development.csv` names faces of UTKFace's validation split and frames of seven clips of
`video/unlabelled`, with labels given by eye, from contact sheets, in two passes by two readers. It
has the faces on which both agreed; "unclear" is a label too. No network labelled them. Half of
UTKFace's faces were drawn at random, half from those that one of two networks gave most of an
emotion, so that rare emotions occur. It has no disgust: no face was called that twice.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from device.config import VisionConfig
from device.errors import UserError
from device.faces.crop import crop_face
from device.faces.pipeline import FacePipeline
from device.values import EMOTIONS
from tools.datasets.face_dataset import VALIDATION, FaceDataset, cached, from_pictures, join
from tools.datasets.load import load_utkface
from tools.datasets.videos import read_frames
from tools.places import MODELS, THIRD_PARTY

LABELS = MODELS / "development.csv"

UNCLEAR = "unclear"


def load_development(data: Path, cache: Path) -> FaceDataset:
    """The faces of the development set with a clear emotion, as the device crops them.

    data: the folder with UTKFace and `video/unlabelled`. cache: of the datasets.

    Raises:
        UserError: a dataset or a clip is missing, or is another file.
    """
    rows = [row for row in csv.DictReader(LABELS.open()) if row["emotion"] != UNCLEAR]
    photos = {row["md5"]: row["emotion"] for row in rows if not row["second"]}
    found = load_utkface(data, cache).only(VALIDATION)
    found = found.take(np.isin(found.digest, list(photos)))
    known = np.array([EMOTIONS.index(photos[digest]) for digest in found.digest.tolist()])
    frames = [row for row in rows if row["second"]]
    source = hashlib.sha256(LABELS.read_bytes()).hexdigest()
    clips = cached(cache / "development.npz", lambda: _read_clips(data, frames), source)
    return join(replace(found, emotion=known), clips)


def clip_labels() -> dict[str, dict[float, int]]:
    """The emotions, indices into `EMOTIONS`, of the labelled seconds of each clip, by its path in
    the data folder; unclear ones are left out."""
    found: dict[str, dict[float, int]] = defaultdict(dict)
    for row in csv.DictReader(LABELS.open()):
        if row["second"] and row["emotion"] != UNCLEAR:
            found[row["file"]][float(row["second"])] = EMOTIONS.index(row["emotion"])
    return found


def _read_clips(data: Path, rows: list[dict[str, str]]) -> FaceDataset:
    """The largest face of each of these frames."""
    wanted: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in rows:
        wanted[row["file"]][row["second"]] = row
    pictures, digests, emotions = [], [], []
    with closing(FacePipeline.open(VisionConfig(), THIRD_PARTY, eyes=False)) as faces:
        for file, frames in wanted.items():
            clip = data / file
            if not clip.is_file():
                raise UserError(f"{clip}: no such file; the development set has frames of it")
            for frame in read_frames(clip, seconds=1.0):
                row = frames.get(f"{frame.at:.3f}")
                seen = faces.find(frame) if row else ()
                if row is None or not seen:
                    continue
                if _md5(clip) != row["md5"]:
                    raise UserError(f"{clip}: another file than the one that was labelled")
                pictures.append(crop_face(frame.grey, max(seen, key=lambda face: face.box.h)))
                digests.append(f"{row['md5']}@{row['second']}")
                emotions.append(EMOTIONS.index(row["emotion"]))
    dataset = from_pictures(np.stack(pictures), VALIDATION, np.array(digests))
    return replace(dataset, emotion=np.array(emotions, np.int64))


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
