"""Models of anyone's own labels: from a folder of class folders to files that the device runs.

Such folders are small, so the face network that ships is taught the new labels rather than a new
one from nothing (`finetune.py`); its age and gender stay. Promises: what is measured is held out by
source; a part that is called test is measured and decides nothing; the output is a whole
`models:` folder, which the device runs unchanged; nothing is written there where int8 loses
accuracy beyond chance.
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
from tools.training.calibrate import calibrate
from tools.training.clips import TemporalRecipe, halves
from tools.training.convert import face_to_tflite, sha256_of
from tools.training.export import deliver, make_temporal
from tools.training.finetune import Finetune, FinetuneRecipe, untouched, with_new_head
from tools.training.model_cards import DATA, face_card, write_card
from tools.training.networks import INSIDE, load_network, require
from tools.training.quantized import MOST_LOST, calibration

LEAST = 10
"""Faces of a class; fewer teach nothing that could be measured."""

LEAST_TO_CALIBRATE = 100
"""Held-out faces from which the head's temperature is found; fewer would make it a guess."""

CLIPS_A_FACE = 5
"""Clips made of each training face, up to the temporal recipe's number."""


def read_labelled(
    path: Path, issues: ImportIssues, limit: int | None = None
) -> tuple[tuple[str, ...], FaceDataset]:
    """Labels and faces of a folder or zip of class folders, with training and validation parts.

    limit: so many faces of each part, for a trial.

    Raises:
        UserError: fewer than two classes, or too few faces of one, or nothing held out.
    """
    found = read_class_folders(path, None, issues)
    stills = to_dataset(found, issues)
    if len(found.labels) < 2:
        raise UserError(f"{path}: one class, {found.labels[0]}; takes two or more")
    for index, label in enumerate(found.labels):
        mine = stills.take(stills.emotion == index)
        held_out = len(mine.only(VALIDATION))
        if len(mine) < LEAST or not held_out or held_out == len(mine):
            raise UserError(
                f"{path}: {label}: {len(mine)} faces, {held_out} of them held out; takes {LEAST} "
                "or more of each class, from two photos or videos or more"
            )
    if limit is not None:
        stills = limited(stills, limit)
    if not all(len(half) for half in halves(stills.only(VALIDATION))):
        raise UserError(f"{path}: too few faces held out; add some to each class, or limit less")
    return found.labels, stills


def mood_notes(labels: Sequence[str]) -> list[str]:
    """What the device will make of these labels, for the user."""
    if set(labels) <= set(MOODS):
        return ["every label is a mood: the device tells it as the visitor's mood"]
    places = MoodTable.load().labels
    return ["the device tells the mood from where each label lies (device/audience/moods.yaml)"] + [
        f"{label}: not there, so it tells no mood; add its valence, arousal and dominance"
        for label in labels
        if label not in places
    ]


def digest_of(labels: Sequence[str], stills: FaceDataset, start: Path) -> str:
    """Of these labels and faces and of the network to begin with, wherever they lie: eight
    hexadecimal digits."""
    told = zip(stills.digest.tolist(), stills.emotion.tolist(), stills.split.tolist(), strict=True)
    made_of = repr((labels, sorted(told), sha256_of(start)))
    return hashlib.sha256(made_of.encode()).hexdigest()[:8]


def make_labelled(
    path: Path, start: Path, runs: Path, out: Path, recipe: FinetuneRecipe,
    temporal: TemporalRecipe, command: str, issues: ImportIssues, limit: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Everything from class folders to `out`; returns the face model's card.

    start: the `.keras` file of the face network to begin with.

    Raises:
        UserError: too few faces, no such network, or int8 loses too much.
    """
    labels, stills = read_labelled(path, issues, limit)
    for line in (*issues.lines(), *mood_notes(labels)):
        print(line)
    train, held_out = stills.only(TRAIN), stills.only(VALIDATION)
    print(f"{len(labels)} labels, {len(train)} faces to learn from, {len(held_out)} held out")
    before = load_network(start)
    require(before, start, ("age", "female", *INSIDE))
    tuning = Finetune(with_new_head(untouched(before), len(labels)), before, recipe)
    tuning.train(train, held_out, runs / digest_of(labels, stills, start))
    network = tuning.network
    temperatures = calibrate(network, held_out) if len(held_out) >= LEAST_TO_CALIBRATE else {}

    made = runs / "release"
    made.mkdir(parents=True, exist_ok=True)
    face = made / "face.tflite"
    face.write_bytes(face_to_tflite(network, calibration(train)))
    network.save(made / "face.keras")
    title = f"{path.name} validation"
    told = _told(network, face, held_out)
    _refuse_loss(told, held_out, title)
    metrics = {kind: {title: measure(outputs, held_out)} for kind, outputs in told.items()}
    if len(test := stills.only(TEST)):
        for kind, outputs in _told(network, face, test).items():
            metrics[kind][f"{path.name} test"] = measure(outputs, test)
    draw_confusion(metrics["int8"][title]["confusion"], made / f"confusion {title}.png", labels)

    most = max(1, CLIPS_A_FACE * len(train))
    temporal = replace(
        temporal,
        clips=min(temporal.clips, most),
        held_out_clips=min(temporal.held_out_clips, most),
        batch=min(temporal.batch, most),
    )
    own = {"name": f"{path.name} ({', '.join(labels)})", "terms": "its owner's"}
    data = [own, *DATA]
    make_temporal(
        made, network, train, held_out, temporal, labels, command,
        title=f"clips of {title} faces", data=data,
    )  # fmt: skip
    card = write_card(
        face, made / "face.keras", labels, metrics, command, data=data, **face_card(network),
        conversion={"type": "int8"}, kept=tuning.drift(held_out),
        temperatures={head: round(value, 4) for head, value in temperatures.items()},
    )  # fmt: skip
    deliver(made, out)
    if (out / THIRD_PARTY.name).resolve() != THIRD_PARTY.resolve():
        shutil.copytree(THIRD_PARTY, out / THIRD_PARTY.name, dirs_exist_ok=True)
    return card


def lost_beyond_chance(exact: NDArray[np.bool_], quantized: NDArray[np.bool_]) -> bool:
    """Whether int8 loses more than `MOST_LOST` and two standard errors of the difference (McNemar
    1947): of a few dozen faces a single one is more than the limit.

    exact, quantized: (N,) which faces each tells right.
    """
    lost, won = int((exact & ~quantized).sum()), int((quantized & ~exact).sum())
    return bool(lost - won > MOST_LOST * len(exact) + 2 * np.sqrt(lost + won))


Told = dict[str, dict[str, NDArray[np.float32]]]
"""Outputs by name, of {"float", "int8"}."""


def _told(network: keras.Model, tflite: Path, stills: FaceDataset) -> Told:
    return {
        "float": predict_keras(network, stills.pictures),
        "int8": predict_tflite(tflite, stills.pictures),
    }


def _refuse_loss(told: Told, held_out: FaceDataset, title: str) -> None:
    right = {k: o["emotion"].argmax(axis=1) == held_out.emotion for k, o in told.items()}
    if lost_beyond_chance(right["float"], right["int8"]):
        raise UserError(
            f"{title}: of {len(held_out)} faces float tells {right['float'].sum()} right and int8 "
            f"{right['int8'].sum()}, which is too few; nothing was written"
        )
