"""Comparison of architectures: trained by one recipe, converted to int8, measured in one table.

Only validation splits are used. A finished network is not trained again, and never compared with
one of another recipe or other faces. All are timed in turns, so that other load on the machine
affects all alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import keras
from tqdm import tqdm

from device.inference.litert import load_model
from device.values import EMOTIONS
from tools.datasets.face_dataset import SPLITS, TRAIN, VALIDATION, FaceDataset, join
from tools.scoring.predict import median_ms
from tools.scoring.tables import of_figures
from tools.training.fit import TrainingRun
from tools.training.networks import Architecture
from tools.training.recipes import Recipe

ROUNDS, CALLS = 7, 40
"""Turns in which each model is timed, and calls of each turn."""

COLUMNS = {
    "parameters": ("parameters", "{:,}"),
    "int8_kb": ("int8 (kB)", "{:,.0f}"),
    "milliseconds": ("ms", "{:.2f}"),
    "accuracy": ("emotion accuracy", "{:.4f}"),
    "float_accuracy": ("float", "{:.4f}"),
    "macro_f1": ("macro-F1", "{:.4f}"),
    "age_error": ("age error (years)", "{:.2f}"),
    "gender_accuracy": ("gender accuracy", "{:.4f}"),
    "epochs": ("epochs", "{}"),
    "epoch_seconds": ("s an epoch", "{:.0f}"),
}
"""Key, title and format. Accuracies are of the int8 model on the validation splits."""

Row = dict[str, Any]


def train_all(
    datasets: Mapping[str, FaceDataset],
    folder: Path,
    recipe: Recipe,
    architectures: Mapping[str, Architecture],
    *,
    measured: bool = True,
) -> None:
    """Train, convert and measure each in `folder/<name>`, one after the other.

    One with a `result.json` is finished; an interrupted one is continued. measured: False leaves
    conversion and measurement, which need TensorFlow, to a later call.

    Raises:
        UserError: the folder holds one of another recipe or other faces.
    """
    together = join(*datasets.values())
    train, held_out = together.only(TRAIN), together.only(VALIDATION)
    runs = {
        name: TrainingRun(folder / name, replace(recipe, design=architecture), len(EMOTIONS))
        for name, architecture in architectures.items()
    }
    for run in runs.values():
        run.checkpoint(train).refuse_another()
    for name, run in runs.items():
        if not (run.folder / "result.json").exists():
            print(f"\n{name}", flush=True)
            network = run.train(train, held_out)
            if measured:
                _measure(name, network, datasets, run.folder)


def _measure(
    name: str, network: keras.Model, datasets: Mapping[str, FaceDataset], folder: Path
) -> None:
    from tools.training.convert import measure_both
    from tools.training.tflite import face_to_tflite, representative_faces

    train = join(*datasets.values()).only(TRAIN)
    history = json.loads((folder / "history.json").read_text())
    tflite = folder / "face.tflite"
    tflite.write_bytes(face_to_tflite(network, representative_faces(train)))
    result = {
        "name": name,
        "parameters": network.count_params(),
        "int8_bytes": tflite.stat().st_size,
        "train_faces": len(train),
        "epochs": len(history),
        "epoch_seconds": round(median(row["seconds"] for row in history), 1),
        **measure_both(datasets, tflite, network, (VALIDATION,)),
    }
    part = folder / "result.part.json"
    part.write_text(json.dumps(result, indent=1) + "\n")
    part.replace(folder / "result.json")


def rows_of(folder: Path, names: Iterable[str]) -> list[Row]:
    """The results of the finished ones with the figures of `COLUMNS`; milliseconds as timed now."""
    done = [name for name in names if (folder / name / "result.json").exists()]
    spent = milliseconds({name: folder / name / "face.tflite" for name in done})
    rows = [json.loads((folder / name / "result.json").read_text()) for name in done]
    return [row | _figures(row) | {"milliseconds": spent[row["name"]]} for row in rows]


def _figures(row: Row) -> Row:
    """Of all validation splits: each dataset has figures of its own."""
    int8, exact = (
        {
            key: value
            for title, figures in row[kind].items()
            if title.endswith(SPLITS[VALIDATION])
            for key, value in figures.items()
            if key in COLUMNS
        }
        for kind in ("int8", "float")
    )
    return int8 | {
        "float_accuracy": exact.get("accuracy"),
        "int8_kb": row["int8_bytes"] / 1000,
    }


def milliseconds(models: Mapping[str, Path]) -> dict[str, float]:
    """Milliseconds of a call of each `.tflite` in the kiosk's runtime: the median of its fastest
    turn."""
    loaded = {name: load_model(path) for name, path in models.items()}
    turns: dict[str, list[float]] = {name: [] for name in loaded}
    for _ in tqdm(range(ROUNDS), "timing", disable=None, leave=False):
        for name, model in loaded.items():
            turns[name].append(median_ms(model, CALLS))
    return {name: round(min(times), 3) for name, times in turns.items()}


def as_table(rows: Sequence[Row]) -> str:
    """Markdown, a row for each architecture."""
    cells = {
        row["name"]: {
            key: form.format(row[key])
            for key, (_, form) in COLUMNS.items()
            if row.get(key) is not None
        }
        for row in rows
    }
    return of_figures(cells, {key: title for key, (title, _) in COLUMNS.items()})
