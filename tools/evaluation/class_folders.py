"""Evaluation of a face model on any folder of class folders.

Where the folders name held-out splits, only those are measured. Figures are written as JSON, as
Markdown and, for each model, as pictures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from device.errors import UserError
from tools.datasets.class_folders import LabelledFolder
from tools.datasets.face_dataset import SPLITS, TEST, VALIDATION
from tools.evaluation.plots import draw_reliability
from tools.scoring.metrics import classification_figures, confusion
from tools.scoring.plots import draw_confusion
from tools.scoring.reliability import reliability
from tools.scoring.tables import markdown, of_figures


def held_out(
    folder: LabelledFolder, split: str = "all", limit: int | None = None
) -> LabelledFolder:
    """The faces to measure: the validation and test splits, or one of them; all faces of a folder
    without splits. limit: at most this many of each split, drawn with a fixed seed, for a trial.

    Raises:
        UserError: a split is asked for that the folder does not name, or that has no faces.
    """
    if (folder.split < 0).all():
        if split != "all":
            raise UserError(
                f"--split {split}: the folder names no splits, such as {split}/<class>/"
            )
        rows = np.arange(len(folder.split))
    else:
        wanted = (VALIDATION, TEST) if split == "all" else (SPLITS.index(split),)
        rows = np.flatnonzero(np.isin(folder.split, wanted))
        if not len(rows):
            missing = "validation or test" if split == "all" else split
            raise UserError(f"--split {split}: the folder has no {missing} faces")
    if limit is not None:
        rng = np.random.default_rng(0)
        splits = [rows[folder.split[rows] == one] for one in np.unique(folder.split[rows])]
        rows = np.sort(np.concatenate([rng.permutation(one)[:limit] for one in splits]))
    return replace(
        folder, pictures=folder.pictures[rows], truth=folder.truth[rows],
        group=folder.group[rows], split=folder.split[rows],
    )  # fmt: skip


def measure_folder(
    name: str, logits: NDArray[np.float32], folder: LabelledFolder, labels: Sequence[str]
) -> dict[str, Any]:
    """Figures of (N, C) logits on a folder of class folders, and the recall of each class."""
    shares = softmax(logits, axis=-1)
    counts = confusion(shares, folder.truth)
    faces = counts.sum(axis=1)
    figures = classification_figures(shares, folder.truth)
    return {
        "model": name,
        "faces": len(folder.truth),
        **{key: round(value, 4) for key, value in figures.items()},
        "classes": {
            label: {"faces": int(faces[i]), "recall": round(float(counts[i, i] / faces[i]), 4)}
            for i, label in enumerate(labels)
            if faces[i]
        },
        "labels": list(labels),
        "confusion": counts.tolist(),
        "bins": reliability(shares, folder.truth).rows(),
        "skipped": list(folder.skipped),
    }


def as_table(reports: Sequence[Mapping[str, Any]]) -> str:
    """The figures of each model, and the recall of each class."""
    rows = [
        (label, row["faces"], *(f"{report['classes'][label]['recall']:.3f}" for report in reports))
        for label, row in reports[0]["classes"].items()
    ]
    figures = of_figures({report["model"]: report for report in reports})
    header = ("recall", "faces", *(report["model"] for report in reports))
    return f"{figures}\n\n{markdown(header, rows)}"


def write(reports: Sequence[Mapping[str, Any]], title: str, out: Path) -> list[Path]:
    """Write `report.json`, `report.md` and two pictures of each model into `out`; returns the
    files."""
    out.mkdir(parents=True, exist_ok=True)
    made = [out / "report.json", out / "report.md"]
    made[0].write_text(json.dumps(reports, indent=1), encoding="utf-8")
    made[1].write_text(f"# {title}\n\n{as_table(reports)}\n", encoding="utf-8")
    for number, report in enumerate(reports):
        heading = f"{Path(report['model']).name}, {title}"
        prefix = "" if number == 0 else "compared-"
        made += [out / f"{prefix}confusion.png", out / f"{prefix}reliability.png"]
        draw_confusion(report["confusion"], made[-2], report["labels"], heading)
        draw_reliability({"emotion": report}, made[-1], heading)
    return made
