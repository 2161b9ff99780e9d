"""A face model on other people's faces: any folder of class folders.

Promises: where the folders say which faces are held out, the others are not measured; what was
measured is written as JSON, as Markdown and as pictures, of each model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import UserError
from tools.datasets.class_folders import Folder
from tools.datasets.load import PARTS, TEST, VALIDATION
from tools.scoring.metrics import confusion, macro_f1, softmax
from tools.scoring.plots import draw_confusion, draw_reliability
from tools.scoring.reliability import log_loss, reliability
from tools.scoring.tables import markdown, of_figures


def held_out(folder: Folder, part: str = "all", limit: int | None = None) -> Folder:
    """What is measured of a folder: its validation and test parts, or one of them; of a folder that
    names no parts all. limit: so many faces of each, drawn by a fixed seed, for a trial.

    Raises:
        UserError: it names no parts and one is asked for, or has no face of it.
    """
    if (folder.part < 0).all():
        if part != "all":
            raise UserError(f"--part {part}: the folder names no parts, such as {part}/<class>/")
        rows = np.arange(len(folder.part))
    else:
        wanted = (VALIDATION, TEST) if part == "all" else (PARTS.index(part),)
        rows = np.flatnonzero(np.isin(folder.part, wanted))
        if not len(rows):
            missing = "validation or test" if part == "all" else part
            raise UserError(f"--part {part}: the folder has no {missing} faces")
    if limit is not None:
        draw = np.random.default_rng(0)
        parts = [rows[folder.part[rows] == one] for one in np.unique(folder.part[rows])]
        rows = np.sort(np.concatenate([draw.permutation(one)[:limit] for one in parts]))
    return replace(
        folder, pictures=folder.pictures[rows], truth=folder.truth[rows],
        group=folder.group[rows], part=folder.part[rows],
    )  # fmt: skip


def measure_folder(
    name: str, logits: NDArray[np.float32], folder: Folder, labels: Sequence[str]
) -> dict[str, Any]:
    """Figures of (N, C) logits on a folder of class folders, and the recall of each class."""
    counts = confusion(folder.truth, logits.argmax(axis=1), len(labels))
    faces = counts.sum(axis=1)
    shares = softmax(logits)
    found = reliability(shares, folder.truth)
    return {
        "model": name,
        "faces": int(faces.sum()),
        "accuracy": round(float(np.diag(counts).sum() / faces.sum()), 4),
        "macro_f1": round(macro_f1(counts), 4),
        "ece": round(found.error, 4),
        "nll": round(log_loss(shares, folder.truth), 4),
        "classes": {
            label: {"faces": int(faces[i]), "recall": round(float(counts[i, i] / faces[i]), 4)}
            for i, label in enumerate(labels)
            if faces[i]
        },
        "labels": list(labels),
        "confusion": counts.tolist(),
        "bins": found.rows(),
        "skipped": list(folder.skipped),
    }


def as_table(reports: Sequence[Mapping[str, Any]]) -> str:
    """The figures of each model, and below how many of each class it told right."""
    classes = list(reports[0]["classes"])
    rows = [
        (label, reports[0]["classes"][label]["faces"],
         *(f"{report['classes'][label]['recall']:.3f}" for report in reports))
        for label in classes
    ]  # fmt: skip
    names = [report["model"] for report in reports]
    figures = of_figures({report["model"]: report for report in reports})
    return f"{figures}\n\n{markdown(('told right', 'faces', *names), rows)}"


def write(reports: Sequence[Mapping[str, Any]], title: str, out: Path) -> list[Path]:
    """`report.json`, `report.md` and two pictures of each model in the folder `out`; returns all
    files."""
    out.mkdir(parents=True, exist_ok=True)
    made = [out / "report.json", out / "report.md"]
    made[0].write_text(json.dumps(reports, indent=1), encoding="utf-8")
    made[1].write_text(f"# {title}\n\n{as_table(reports)}\n", encoding="utf-8")
    for number, report in enumerate(reports):
        words = f"{Path(report['model']).name}, {title}"
        first = "" if number == 0 else "compared-"
        made += [out / f"{first}confusion.png", out / f"{first}reliability.png"]
        draw_confusion(report["confusion"], made[-2], report["labels"], words)
        draw_reliability({"emotion": report}, made[-1], words)
    return made
