"""Architectures side by side: trained by one recipe, made int8, measured, and put into one table.

Promises: only validation parts are looked at; what is done is not done again, and is never put
beside what another recipe or other faces made; all are timed in one go and in turns, so that a busy
moment of the machine hurts none more than another.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import keras
import matplotlib
from tqdm import tqdm

from device.inference.litert import Model, load_model
from device.values import EMOTIONS
from tools.datasets.load import PARTS, TRAIN, VALIDATION, Stills, join
from tools.scoring.tables import markdown
from tools.training.batches import Recipe
from tools.training.fit import Run
from tools.training.networks import Architecture

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.ticker import LogLocator

ROUNDS, CALLS = 7, 40
"""How often each model is timed in turn, and calls of each turn."""

Row = dict[str, Any]


def train_all(
    tables: Mapping[str, Stills],
    folder: Path,
    recipe: Recipe,
    architectures: Mapping[str, Architecture],
    *,
    measured: bool = True,
) -> None:
    """Train, convert and measure each in `folder/<name>`, one after the other.

    What has its `result.json` is done; what was stopped goes on where it was.
    measured: False leaves conversion and measuring, which need TensorFlow, to a later call.

    Raises:
        UserError: the folder holds one that was made by another recipe or with other faces.
    """
    together = join(*tables.values())
    train, held_out = together.of(TRAIN), together.of(VALIDATION)
    runs = {
        name: Run(folder / name, replace(recipe, design=architecture), len(EMOTIONS))
        for name, architecture in architectures.items()
    }
    for run in runs.values():
        run.checkpoint(train).refuse_another()
    for name, run in runs.items():
        if not (run.folder / "result.json").exists():
            print(f"\n{name}", flush=True)
            network = run.train(train, held_out)
            if measured:
                _measure(name, network, tables, run.folder)


def _measure(name: str, network: keras.Model, tables: Mapping[str, Stills], folder: Path) -> None:
    from tools.training.convert import face_to_tflite
    from tools.training.quantized import calibration, measure_all

    train = join(*tables.values()).of(TRAIN)
    history = json.loads((folder / "history.json").read_text())
    tflite = folder / "face.tflite"
    tflite.write_bytes(face_to_tflite(network, calibration(train)))
    result = {
        "name": name,
        "parameters": network.count_params(),
        "int8_bytes": tflite.stat().st_size,
        "train_faces": len(train),
        "epochs": len(history),
        "epoch_seconds": round(median(row["seconds"] for row in history), 1),
        **measure_all(tables, tflite, network, (VALIDATION,)),
    }
    part = folder / "result.part.json"
    part.write_text(json.dumps(result, indent=1) + "\n")
    part.replace(folder / "result.json")


def rows_of(folder: Path, names: Iterable[str]) -> list[Row]:
    """What is done of these, with the milliseconds of a call as they are now."""
    done = [name for name in names if (folder / name / "result.json").exists()]
    spent = milliseconds({name: folder / name / "face.tflite" for name in done})
    rows = [json.loads((folder / name / "result.json").read_text()) for name in done]
    return [row | {"milliseconds": spent[row["name"]]} for row in rows]


def milliseconds(models: Mapping[str, Path]) -> dict[str, float]:
    """Of one call of each `.tflite` in the kiosk's runtime: the median of its quickest turn."""
    loaded = {name: load_model(path) for name, path in models.items()}
    turns: dict[str, list[float]] = {name: [] for name in loaded}
    for _ in tqdm(range(ROUNDS), "timing", disable=None, leave=False):
        for name, model in loaded.items():
            turns[name].append(median(_call_ms(model) for _ in range(CALLS)))
    return {name: round(min(times), 3) for name, times in turns.items()}


def _call_ms(model: Model) -> float:
    began = time.perf_counter()
    model.invoke()
    return 1000 * (time.perf_counter() - began)


def figure(row: Row, key: str, kind: str = "int8") -> float | None:
    """A figure of whichever validation part has it, of {"int8", "float"}."""
    parts = (part for title, part in row[kind].items() if title.endswith(PARTS[VALIDATION]))
    return next((part[key] for part in parts if key in part), None)


HEADER = (
    "architecture", "parameters", "int8 (kB)", "ms", "emotion accuracy", "float", "macro-F1",
    "age error (years)", "gender accuracy", "epochs", "s an epoch",
)  # fmt: skip


def as_table(rows: Sequence[Row]) -> str:
    """Markdown, a row for each architecture. Accuracies are of the int8 model."""
    cells = (
        (
            row["name"],
            f"{row['parameters']:,}",
            f"{row['int8_bytes'] / 1000:,.0f}",
            f"{row['milliseconds']:.2f}",
            _number(figure(row, "accuracy"), 4),
            _number(figure(row, "accuracy", "float"), 4),
            _number(figure(row, "macro_f1"), 4),
            _number(figure(row, "age_error"), 2),
            _number(figure(row, "gender_accuracy"), 4),
            row["epochs"],
            f"{row['epoch_seconds']:.0f}",
        )
        for row in rows
    )
    return markdown(HEADER, cells)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def draw(rows: Sequence[Row], path: Path, ours: str) -> None:
    """Emotion accuracy over int8 size on the left, over milliseconds on the right; as PNG."""
    whole, axes = pyplot.subplots(1, 2, figsize=(11, 4.6), sharey=True)
    told = [100 * (figure(row, "accuracy") or 0) for row in rows]
    for panel, key, scale, label in (
        (axes[0], "int8_bytes", 1e-6, "size of the int8 model (MB)"),
        (axes[1], "milliseconds", 1, "milliseconds a face"),
    ):
        across = [row[key] * scale for row in rows]
        for row, x, y in zip(rows, across, told, strict=True):
            colour = "tab:orange" if row["name"] == ours else "tab:blue"
            panel.plot(x, y, "o", color=colour, markersize=8)
            panel.annotate(
                row["name"], (x, y), (0, 9), textcoords="offset points", ha="center", fontsize=9,
                color=colour,
            )  # fmt: skip
        panel.set_xscale("log")
        panel.set_xlim(min(across) / 2.2, max(across) * 2.2)
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.set_minor_formatter("")
        panel.set_xlabel(label)
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    axes[0].margins(y=0.15)
    axes[0].set_ylabel("emotion accuracy, PublicTest (%)")
    whole.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.savefig(path, dpi=150)
    pyplot.close(whole)
