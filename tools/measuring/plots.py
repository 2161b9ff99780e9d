"""Pictures of a run for people: losses and accuracy by epoch, confusion matrices; as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

from device.values import EMOTIONS

matplotlib.use("Agg")

from matplotlib import pyplot


def draw_history(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Losses on the left; accuracy, gender and age error of the validation parts on the right."""
    epochs = [row["epoch"] for row in rows]
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13, 4))
    for key in ("loss", "emotion_loss", "votes_loss", "age_loss", "female_loss"):
        left.plot(epochs, [row.get(key, np.nan) for row in rows], label=key)
    for key in ("val_accuracy", "val_macro_f1", "val_gender_accuracy", "val_age_band_accuracy"):
        middle.plot(epochs, [row.get(key, np.nan) for row in rows], label=key)
    right.plot(epochs, [row.get("val_age_error", np.nan) for row in rows], label="val_age_error")
    for axes in (left, middle, right):
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    _save(figure, path)


def draw_confusion(
    counts: Sequence[Sequence[int]], path: Path, labels: Sequence[str] = EMOTIONS
) -> None:
    """Rows are the truth, columns what was told, in shares of the row."""
    table = np.asarray(counts, np.float64)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, axes = pyplot.subplots(figsize=(5.5, 5))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("told")
    axes.set_ylabel("label")
    for row, column in np.ndindex(*shares.shape):
        share = shares[row, column]
        colour = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", color=colour, fontsize=8)
    _save(figure, path)


def _save(figure: pyplot.Figure, path: Path) -> None:
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
