"""Pictures that training and evaluation share, as PNG: the history of a run, a confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

from device.values import EMOTIONS

matplotlib.use("Agg")

from matplotlib import pyplot

BLUE, ORANGE, PALE_BLUE = "#0072b2", "#d55e00", "#d9e6f0"
CURVES = ((BLUE, "o"), (ORANGE, "s"), ("#009e73", "^"), ("#cc79a7", "D"), ("#e69f00", "v"))
"""Colours for all kinds of colour vision (Okabe and Ito 2008), and markers."""

DPI = 150

HISTORY_PANELS = {
    "loss, training": ("loss", "emotion_loss", "votes_loss", "age_loss", "female_loss"),
    "log loss, validation": ("val_loss", "val_nll", "val_votes_nll", "val_gender_nll"),
    "accuracy, validation": (
        "val_accuracy", "val_macro_f1", "val_votes_accuracy", "val_gender_accuracy",
        "val_age_band_accuracy",
    ),
    "age error, validation (years)": ("val_age_error",),
}  # fmt: skip
"""Panels of a history: title, columns."""


def draw_history(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Figures by epoch: those of `HISTORY_PANELS` that the rows have."""
    present = set().union(*rows)
    panels = {
        title: shown
        for title, keys in HISTORY_PANELS.items()
        if (shown := [key for key in keys if key in present])
    }
    epochs = [row["epoch"] for row in rows]
    figure, places = pyplot.subplots(1, len(panels), figsize=(4.3 * len(panels), 4), squeeze=False)
    for axes, (title, keys) in zip(places.flat, panels.items(), strict=True):
        for key, (colour, mark) in zip(keys, CURVES, strict=False):
            values = [row.get(key, np.nan) for row in rows]
            name = key.removeprefix("val_")
            axes.plot(epochs, values, label=name, color=colour, marker=mark, markersize=3)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.legend(
            fontsize=8, ncols=2, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14)
        )
    save(figure, path)


def draw_confusion(
    counts: Sequence[Sequence[int]],
    path: Path,
    labels: Sequence[str] = EMOTIONS,
    title: str = "",
) -> None:
    """A confusion matrix in shares of each row.

    counts: (rows, columns), truth by prediction, in the order of `labels`; either may lack the last
    labels.
    """
    table = np.asarray(counts, np.float64)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, axes = pyplot.subplots(figsize=(5.8, 5.2))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(table.shape[1]), labels[: table.shape[1]], rotation=45, ha="right")
    names = [f"{labels[i]} ({int(n)})" for i, n in enumerate(table.sum(axis=1))]
    axes.set_yticks(range(table.shape[0]), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("label (faces)")
    axes.set_title(title, fontsize=10)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row, column in np.ndindex(*shares.shape):
        share = shares[row, column]
        colour = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", color=colour, fontsize=8)
    save(figure, path)


def save(figure: pyplot.Figure, path: Path, bottom: float = 0.0) -> None:
    """Lay a figure out, write it as PNG, and close it. bottom: share of its height kept free."""
    figure.tight_layout(rect=(0, bottom, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)
