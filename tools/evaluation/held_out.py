"""The sets of faces and clips of the gate's table, and the rows of a model over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from tqdm import tqdm

from device.camera.images import frame_of, is_picture, load_picture
from device.config import VisionConfig
from device.errors import UserError
from device.faces.crop import crop_face
from device.faces.pipeline import FacePipeline
from device.inference.litert import load_model
from device.values import EMOTIONS
from tools.datasets.class_folders import read_class_folders
from tools.datasets.development import load_development
from tools.datasets.face_dataset import (
    TEST,
    VALIDATION,
    FaceDataset,
    from_pictures,
    join,
    pixel_digest,
)
from tools.datasets.photos import find_with_border
from tools.datasets.videos import SUFFIXES
from tools.evaluation.gate import Row, clip_row, face_rows
from tools.evaluation.labelled_clips import label_in, read_crops
from tools.places import THIRD_PARTY
from tools.scoring.intervals import mean_with_interval
from tools.scoring.predict import Array, TFLiteModel
from tools.scoring.temporal import predict_clip, predict_clips
from tools.training.clips import TemporalRecipe, halves, run_backbone

TITLES = {"fer2013": "FER-2013", "utkface": "UTKFace"}
PARTS = {
    "fer2013": {VALIDATION: "PublicTest", TEST: "PrivateTest"},
    "utkface": {VALIDATION: "validation", TEST: "test"},
}

Crops = NDArray[np.uint8]


class Predictor(Protocol):
    """A model to measure."""

    def predict(self, pictures: Crops) -> dict[str, Array]:
        """Logits by name of (N, S, S) grey faces; at least "emotion"."""


class OverTime:
    """A face model with its temporal network, as a kiosk runs both on a clip."""

    def __init__(self, face: TFLiteModel, temporal: Path) -> None:
        """temporal: the file beside the face model."""
        self._face, self._temporal = face, load_model(temporal)

    def predict(self, pictures: Crops) -> dict[str, Array]:
        """The logarithms of the probabilities of each frame of one clip."""
        maps = self._face.predict(pictures, heads=("features",), quiet=True)["features"]
        return {"emotion": np.log(np.maximum(predict_clip(self._temporal, maps), 1e-7))}


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """emotion: index into `EMOTIONS`. crops: (T, 64, 64) of the nearest face; T may be 0."""

    emotion: int
    crops: Crops


@dataclass(frozen=True, slots=True)
class HeldOut:
    """faces, clips: by title. All of a title's faces are of one split."""

    faces: Mapping[str, FaceDataset]
    clips: Mapping[str, Sequence[LabelledClip]]

    def emotions_alone(self) -> HeldOut:
        """Without the faces whose emotion is not known."""
        known = {t: faces for t, faces in self.faces.items() if (faces.emotion >= 0).any()}
        return replace(self, faces=known)

    def rows(self, model: Predictor, over_time: Predictor | None = None) -> list[Row]:
        """The model's row of each set; over_time: reads the clips instead of it."""
        rows = [
            row
            for title, faces in self.faces.items()
            for row in face_rows(title, model.predict(faces.pictures), faces)
        ]
        reader = over_time or model
        for title, clips in self.clips.items():
            correct = [
                len(clip.crops) > 0 and _mean(reader.predict(clip.crops)) == clip.emotion
                for clip in tqdm(clips, title, delay=2, disable=None)
            ]
            rows.append(clip_row(title, correct, decides=False))
        return rows


def _mean(outputs: Mapping[str, Array]) -> int:
    """The emotion with the largest mean probability."""
    return int(softmax(outputs["emotion"], axis=-1).mean(axis=0).argmax())


def held_out_sets(
    datasets: Mapping[str, FaceDataset], splits: Sequence[int], data: Path, cache: Path,
    folders: Mapping[str, Path],
) -> HeldOut:  # fmt: skip
    """All sets of the table for these splits: both public datasets, the development set with the
    validation split, `video/mead` with the test split, and folders by name.

    Raises:
        UserError: data is missing.
    """
    faces = {
        f"{TITLES[name]} {PARTS[name][split]}": dataset.only(split)
        for split in splits
        for name, dataset in datasets.items()
    }
    clips: dict[str, Sequence[LabelledClip]] = {}
    if VALIDATION in splits:
        faces["development set"] = load_development(data, cache)
    if TEST in splits:
        clips["video/mead"] = read_clips(data / "video" / "mead")
    for name, folder in folders.items():
        some, found = read_folder(folder)
        faces |= {} if some is None else {name: some}
        clips |= {f"{name}, clips": found} if found else {}
    return HeldOut(faces, clips)


def composed_row(face: Path, temporal: Path, faces: FaceDataset, count: int = 100) -> Row:
    """The share of correct steps of clips composed of held-out faces, read over time.

    faces: of the validation split, with emotions; their second half, on which no epoch of the
    temporal network is chosen. count: of clips of ten seconds.
    """
    recipe = TemporalRecipe()
    some, steps = halves(faces)[1], round(recipe.held_out_s * recipe.fps)
    targets = np.eye(len(EMOTIONS), dtype=np.float32)[some.emotion]
    rate = (recipe.fps, recipe.fps)
    batch = run_backbone(load_model(face), some, targets, count, steps, recipe.seed + 2, rate)
    shares = predict_clips(load_model(temporal), batch)
    right = (shares.argmax(axis=-1) == batch.target.argmax(axis=-1)).mean(axis=1)
    figure = mean_with_interval(right.astype(np.float64))
    return Row("clips composed of faces, all steps", True, count, figure)


def model_rows(face: Path, sets: HeldOut) -> list[Row]:
    """All rows of a `.tflite`, with the temporal network beside it, if there is one."""
    model, temporal = TFLiteModel(face), face.with_name("temporal.tflite")
    if not temporal.is_file():
        return sets.rows(model)
    rows = sets.rows(model, OverTime(model, temporal))
    known = [f for f in sets.emotions_alone().faces.values() if f.split[0] == VALIDATION]
    return [*rows, composed_row(face, temporal, join(*known))] if known else rows


def read_clips(folder: Path) -> list[LabelledClip]:
    """The clips below a folder that have an emotion in their names, such as
    `M030_front_angry_level3_001.mp4`."""
    found = _named(folder, SUFFIXES)
    return [
        LabelledClip(emotion, read_crops(path, VisionConfig())[0])
        for path, emotion in tqdm(found.items(), folder.name, disable=None)
    ]


def _named(folder: Path, suffixes: Sequence[str]) -> dict[Path, int]:
    """Files with these suffixes and an emotion in their names."""
    files = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in suffixes)
    labels = {path: label_in(path.stem, EMOTIONS) for path in files}
    return {path: EMOTIONS.index(label) for path, label in labels.items() if label is not None}


def read_folder(folder: Path) -> tuple[FaceDataset | None, list[LabelledClip]]:
    """The faces and clips of a folder: class folders of face crops, or photos and clips with an
    emotion in their names.

    Raises:
        UserError: none of these in it.
    """
    if not folder.is_dir():
        raise UserError(f"--folder: {folder}: no such folder")
    clips = read_clips(folder)
    pictures = tuple({p.suffix.lower() for p in folder.rglob("*") if is_picture(p)})
    photos = _named(folder, pictures)
    if photos:
        found = [(_photo(path), emotion) for path, emotion in photos.items()]
        known = [(crop, emotion) for crop, emotion in found if crop is not None]
        if known:
            crops, emotions = zip(*known, strict=True)
            return _dataset(np.stack(crops), np.array(emotions)), clips
    if clips:
        return None, clips
    labelled = read_class_folders(folder, EMOTIONS)
    return _dataset(labelled.pictures, labelled.truth), []


def _photo(path: Path) -> Crops | None:
    """The crop of the largest face of a photo."""
    frame = frame_of(load_picture(path), 0.0)
    with closing(FacePipeline.open(VisionConfig(), THIRD_PARTY, eyes=False)) as pipeline:
        found = pipeline.find(frame) or find_with_border(pipeline.find, frame.rgb)
    return crop_face(frame.grey, max(found, key=lambda f: f.box.h)) if found else None


def _dataset(pictures: Crops, emotion: NDArray[np.int64]) -> FaceDataset:
    digest = np.array([pixel_digest(picture) for picture in pictures])
    return replace(from_pictures(pictures, TEST, digest), emotion=emotion)
