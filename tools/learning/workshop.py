"""From data to the models that ship: tables, backbone, temporal network, conversion, cards.

Each step leaves its result in the run's folder and is skipped when that is there, so a run that was
killed goes on where it was. What is measured at the end are the files that ship.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from device.values import EMOTIONS
from tools.faces.datasets import (
    TEST,
    TRAIN,
    VALIDATION,
    Stills,
    join,
    load_fer,
    load_utkface,
    resized,
)  # fmt: skip
from tools.faces.photos import DeviceCropper
from tools.learning.batches import Recipe, emotion_targets
from tools.learning.calibrate import calibrate
from tools.learning.cards import FACE, write_card
from tools.learning.clips import TemporalRecipe
from tools.learning.convert import face_to_tflite
from tools.learning.delivery import deliver, make_temporal
from tools.learning.networks import SIZE
from tools.learning.quantized import calibration, measure_all, refuse_loss
from tools.learning.teachers import load as load_lessons
from tools.learning.training import Run
from tools.measuring.plots import draw_confusion, draw_history
from tools.places import MODELS

LESSONS = MODELS / "lessons.npz"


def load_tables(data: Path, cache: Path, limit: int | None = None) -> dict[str, Stills]:
    """FER-2013 and UTKFace at the device's size; limit: so many faces of each part, for a trial.

    Raises:
        UserError: a set is missing or broken.
    """
    tables = {
        "fer2013": resized(load_fer(data, cache), SIZE),
        "utkface": load_utkface(data, cache, DeviceCropper),
    }
    return tables if limit is None else {n: first_of(t, limit) for n, t in tables.items()}


def first_of(stills: Stills, limit: int) -> Stills:
    """`limit` faces of each part, drawn by a fixed seed."""
    draw = np.random.default_rng(0)
    rows = [
        draw.permutation(np.flatnonzero(stills.part == p))[:limit]
        for p in (TRAIN, VALIDATION, TEST)
    ]
    return stills.take(np.sort(np.concatenate(rows)))


def make_models(
    data: Path, runs: Path, models: Path, phases: Sequence[Recipe], temporal: TemporalRecipe,
    command: str, limit: int | None = None, lessons: Path | None = LESSONS,
    start: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Everything from the zip files to `models/`; returns the face model's card.

    phases: recipes, each of which goes on from the best network of the one before.
    lessons: what `wayside-tools teach` kept, used where the file is there.
    start: a trained `.keras` network; the last recipe alone goes on from it.
    """
    tables = load_tables(data, runs / "cache", limit)
    together = join(*tables.values())
    train = together.of(TRAIN)
    taught = load_lessons(lessons, train) if lessons is not None and lessons.exists() else None
    for number, recipe in enumerate(phases, 1):
        if start is not None and number < len(phases):
            continue
        run = Run(runs / f"face-{number}", recipe, len(EMOTIONS), taught, start)
        network = run.train(train, together.of(VALIDATION))
        history = json.loads((run.folder / "history.json").read_text())
        draw_history(history, run.folder / "history.png")
        start = run.best
    return release(tables, network, runs, models, phases[-1], temporal, command)


def release(
    tables: Mapping[str, Stills], network: keras.Model, runs: Path, models: Path, recipe: Recipe,
    temporal: TemporalRecipe, command: str,
) -> dict[str, Any]:  # fmt: skip
    """Convert a trained backbone, train and convert the temporal network, measure, write cards."""
    made = runs / "release"
    made.mkdir(parents=True, exist_ok=True)
    together = join(*tables.values())
    temperatures = calibrate(network, together.of(VALIDATION))
    face = made / "face.tflite"
    face.write_bytes(face_to_tflite(network, calibration(together.of(TRAIN))))
    network.save(made / "face.keras")
    report = measure_all(tables, face, network, (VALIDATION,))
    refuse_loss(report)

    fer = tables["fer2013"]
    make_temporal(
        made, network, fer.of(TRAIN), fer.of(VALIDATION),
        lambda stills: emotion_targets(stills, len(EMOTIONS), recipe.votes_share),
        temporal, EMOTIONS, command, title="clips of PublicTest stills",
    )  # fmt: skip
    final = measure_all(tables, face, network, (TEST,))
    for kind in report:
        report[kind] |= final[kind]
    for title, figures in report["int8"].items():
        if "confusion" in figures:
            draw_confusion(figures["confusion"], made / f"confusion {title}.png")
    card = write_card(
        face, made / "face.keras", EMOTIONS, report, command, **FACE, conversion={"type": "int8"},
        temperatures={head: round(value, 4) for head, value in temperatures.items()},
    )  # fmt: skip
    deliver(made, models)
    return card
