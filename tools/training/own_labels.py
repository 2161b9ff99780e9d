"""Models for labels of one's own: from class folders to files that the device runs.

Such folders are small, so the shipped face network is fine-tuned (`finetune.py`) and its age and
gender heads are preserved. Guarantees: figures are of held-out sources; a test split is measured
and decides nothing; the output is a complete `models:` folder, which the device runs unchanged;
nothing is written there if int8 loses accuracy beyond chance.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from device.audience.mood import MoodTable
from device.errors import UserError
from device.values import MOODS
from tools.datasets.class_folders import read_class_folders, to_dataset
from tools.datasets.face_dataset import TEST, TRAIN, VALIDATION, FaceDataset, limited
from tools.datasets.import_issues import ImportIssues
from tools.places import THIRD_PARTY
from tools.scoring.metrics import measure
from tools.scoring.plots import draw_confusion
from tools.scoring.predict import predict_keras, predict_tflite
from tools.training.calibrate import scale_heads
from tools.training.clips import TemporalRecipe, halves
from tools.training.convert import MAX_LOSS
from tools.training.export import copy_models, export_temporal
from tools.training.finetune import Finetune, FinetuneRecipe, copied, with_new_head
from tools.training.model_cards import face_card, own_data, sha256_of, write_card
from tools.training.networks import INTERNAL_OUTPUTS, load_network, require_outputs
from tools.training.tflite import face_to_tflite, representative_faces

MIN_FACES = 10
"""Faces of a class: fewer cannot be measured."""

MIN_CALIBRATION_FACES = 100
"""Held-out faces from which a temperature can be estimated."""

CLIPS_PER_FACE = 5
"""Clips of each training face, up to the number in the temporal recipe."""


def read_own_faces(
    path: Path, issues: ImportIssues, limit: int | None = None
) -> tuple[tuple[str, ...], FaceDataset]:
    """Labels and faces of class folders, with training and validation splits.

    limit: faces of each split, for a trial.

    Raises:
        UserError: fewer than two classes, too few faces of one, or none held out.
    """
    folder = read_class_folders(path, None, issues)
    faces = to_dataset(folder, issues)
    if len(folder.labels) < 2:
        raise UserError(f"{path}: one class, {folder.labels[0]}; needs two or more")
    for index, label in enumerate(folder.labels):
        of_class = faces.take(faces.emotion == index)
        held_out = len(of_class.only(VALIDATION))
        if len(of_class) < MIN_FACES or not held_out or held_out == len(of_class):
            raise UserError(
                f"{path}: {label}: {len(of_class)} faces, {held_out} of them held out; needs "
                f"{MIN_FACES} or more of each class, from two photos or videos or more"
            )
    if limit is not None:
        faces = limited(faces, limit)
    if not all(len(half) for half in halves(faces.only(VALIDATION))):
        raise UserError(f"{path}: too few held-out faces; add some to each class, or raise --limit")
    return folder.labels, faces


def mood_notes(labels: Sequence[str]) -> list[str]:
    """How the device derives a mood from these labels, for the user."""
    if set(labels) <= set(MOODS):
        return ["every label is a mood: the device reports it as the visitor's mood"]
    known = MoodTable.load().labels
    return ["the device derives the mood from each label's place in device/audience/moods.yaml"] + [
        f"{label}: not in it, so it gives no mood; add its valence, arousal and dominance"
        for label in labels
        if label not in known
    ]


def digest_of(labels: Sequence[str], faces: FaceDataset, start: Path) -> str:
    """Eight hexadecimal digits of the labels, the faces and the start network."""
    columns = (faces.digest.tolist(), faces.emotion.tolist(), faces.split.tolist())
    content = repr((labels, sorted(zip(*columns, strict=True)), sha256_of(start)))
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def train_own_labels(
    path: Path, start: Path, runs: Path, out: Path, recipe: FinetuneRecipe,
    temporal: TemporalRecipe, command: str, issues: ImportIssues, limit: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Everything from class folders to the models in `out`; returns the face model's card.

    start: the `.keras` file of the face network to fine-tune.

    Raises:
        UserError: too few faces, no such network, or int8 loses too much.
    """
    labels, faces = read_own_faces(path, issues, limit)
    for line in (*issues.lines(), *mood_notes(labels)):
        print(line)
    train, held_out = faces.only(TRAIN), faces.only(VALIDATION)
    print(f"{len(labels)} labels, {len(train)} training faces, {len(held_out)} held-out faces")
    before = load_network(start)
    require_outputs(before, start, ("age", "female", *INTERNAL_OUTPUTS))
    tuning = Finetune(with_new_head(copied(before), len(labels)), before, recipe)
    tuning.train(train, held_out, runs / digest_of(labels, faces, start))
    network = tuning.network
    calibrated = len(held_out) >= MIN_CALIBRATION_FACES
    temperatures = scale_heads(network, held_out) if calibrated else {}

    folder = runs / "release"
    folder.mkdir(parents=True, exist_ok=True)
    face = folder / "face.tflite"
    face.write_bytes(face_to_tflite(network, representative_faces(train)))
    network.save(folder / "face.keras")
    title = f"{path.name} validation"
    outputs = _predict_both(network, face, held_out)
    max_loss = _refuse_loss(outputs, held_out, title)
    metrics = {kind: {title: measure(some, held_out)} for kind, some in outputs.items()}
    if len(test := faces.only(TEST)):
        for kind, some in _predict_both(network, face, test).items():
            metrics[kind][f"{path.name} test"] = measure(some, test)
    draw_confusion(metrics["int8"][title]["confusion"], folder / f"confusion {title}.png", labels)

    clips = max(1, CLIPS_PER_FACE * len(train))
    temporal = replace(
        temporal,
        clips=min(temporal.clips, clips),
        held_out_clips=min(temporal.held_out_clips, clips),
        batch=min(temporal.batch, clips),
    )
    data = own_data(path, labels)
    export_temporal(
        folder, network, train, held_out, temporal, labels, command,
        title=f"clips of {title} faces", data=data,
    )  # fmt: skip
    card = write_card(
        face, folder / "face.keras", labels, metrics, command, data=data, **face_card(network),
        conversion={"type": "int8", "max_loss": round(max_loss, 4)}, drift=tuning.drift(held_out),
        temperatures={head: round(value, 4) for head, value in temperatures.items()},
    )  # fmt: skip
    copy_models(folder, out)
    if (out / THIRD_PARTY.name).resolve() != THIRD_PARTY.resolve():
        shutil.copytree(THIRD_PARTY, out / THIRD_PARTY.name, dirs_exist_ok=True)
    return card


def may_lose(exact: NDArray[np.bool_], quantized: NDArray[np.bool_]) -> float:
    """Share of the faces that int8 may lose: `MAX_LOSS` and two standard errors of the difference
    (McNemar 1947), since of a few dozen faces a single one is more than `MAX_LOSS`.

    exact, quantized: (N,) which faces each predicts correctly.
    """
    return float(MAX_LOSS + 2 * np.sqrt((exact ^ quantized).sum()) / len(exact))


def lost_beyond_chance(exact: NDArray[np.bool_], quantized: NDArray[np.bool_]) -> bool:
    """Whether int8 loses more than it may."""
    return bool(exact.mean() - quantized.mean() > may_lose(exact, quantized))


Outputs = dict[str, dict[str, NDArray[np.float32]]]
"""Outputs by name, by {"float", "int8"}."""


def _predict_both(network: keras.Model, tflite: Path, faces: FaceDataset) -> Outputs:
    return {
        "float": predict_keras(network, faces.pictures),
        "int8": predict_tflite(tflite, faces.pictures),
    }


def _refuse_loss(outputs: Outputs, held_out: FaceDataset, title: str) -> float:
    """What int8 may lose, for the card; UserError if it loses more."""
    correct = {k: o["emotion"].argmax(axis=1) == held_out.emotion for k, o in outputs.items()}
    if lost_beyond_chance(correct["float"], correct["int8"]):
        raise UserError(
            f"{title}: float predicts {correct['float'].sum()} of {len(held_out)} faces correctly, "
            f"int8 only {correct['int8'].sum()}; nothing was written"
        )
    return may_lose(correct["float"], correct["int8"])
