"""Pictures of a run for people, as PNG: how training went, and what `evaluate` measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from device.values import EMOTIONS

matplotlib.use("Agg")

from matplotlib import pyplot

INK, SECOND, PALE = "#0072b2", "#d55e00", "#d9e6f0"
CURVES = ((INK, "o"), (SECOND, "s"), ("#009e73", "^"), ("#cc79a7", "D"), ("#e69f00", "v"))
"""Colours that people who see red and green alike can tell apart (Okabe and Ito 2008)."""

DPI = 150


COURSES = {
    "loss, training": ("loss", "emotion_loss", "votes_loss", "age_loss", "female_loss"),
    "log loss, validation": ("val_loss", "val_nll", "val_votes_nll", "val_gender_nll"),
    "accuracy, validation": (
        "val_accuracy", "val_macro_f1", "val_votes_accuracy", "val_gender_accuracy",
        "val_age_band_accuracy",
    ),
    "age error, validation (years)": ("val_age_error",),
}  # fmt: skip
"""What is drawn of a history, a panel each."""


def draw_history(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """How a training went, by epoch: of `COURSES` what the rows tell."""
    told = set().union(*rows)
    panels = {
        title: shown for title, keys in COURSES.items() if (shown := [k for k in keys if k in told])
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
    _save(figure, path)


def draw_confusion(
    counts: Sequence[Sequence[int]],
    path: Path,
    labels: Sequence[str] = EMOTIONS,
    title: str = "",
) -> None:
    """Rows are the truth, columns what was told, in shares of the row.

    counts: (rows, columns), both by `labels`; the last labels may have no row or no column.
    """
    table = np.asarray(counts, np.float64)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, axes = pyplot.subplots(figsize=(5.8, 5.2))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(table.shape[1]), labels[: table.shape[1]], rotation=45, ha="right")
    names = [f"{labels[i]} ({int(n)})" for i, n in enumerate(table.sum(axis=1))]
    axes.set_yticks(range(table.shape[0]), names)
    axes.set_xlabel("told")
    axes.set_ylabel("label (faces)")
    axes.set_title(title, fontsize=10)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row, column in np.ndindex(*shares.shape):
        share = shares[row, column]
        colour = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", color=colour, fontsize=8)
    _save(figure, path)


def draw_reliability(heads: Mapping[str, Mapping[str, Any]], path: Path, title: str = "") -> None:
    """A panel for each output: accuracy against confidence, and below how many faces.

    heads: by name what `tools.evaluation.evaluate.calibration` gives.
    """
    figure, panels = pyplot.subplots(
        2, len(heads), figsize=(3.4 * len(heads), 4.4), sharex=True, squeeze=False,
        gridspec_kw={"height_ratios": (3, 1)},
    )  # fmt: skip
    for (above, below), (name, head) in zip(panels.T, heads.items(), strict=True):
        bins = head["bins"]
        starts = [row["from"] for row in bins]
        width = bins[0]["to"] - bins[0]["from"]
        bar = {"width": width, "align": "edge", "edgecolor": "white", "linewidth": 0.5}
        above.bar(starts, [row["accuracy"] for row in bins], color=INK, label="accuracy", **bar)
        sure, right = ([row[key] for row in bins] for key in ("confidence", "accuracy"))
        above.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle="--")
        above.vlines(sure, right, sure, color=SECOND, linewidth=2, label="gap to confidence")
        above.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy")
        above.set_title(f"{name}\nECE {head['ece']:.3f}, log loss {head['nll']:.3f}", fontsize=9)
        above.legend(fontsize=7, loc="upper left", frameon=False)
        below.bar(starts, [row["faces"] for row in bins], color=PALE, **(bar | {"edgecolor": INK}))
        below.set(xlabel="probability of what was told", ylabel="faces")
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10)
    _save(figure, path)


def draw_curves(
    report: Mapping[str, Any], names: Mapping[str, str], path: Path, *, label: str, title: str = ""
) -> None:
    """A panel for each condition: the figures against strength; what is usual is shaded.

    report: what `tools.evaluation.robustness.robustness` gives. names: figures to draw, and what
    to call them. label: of the upright axis.
    """
    conditions = report["conditions"]
    drawn = {key: name for key, name in names.items() if key in report["clean"]}
    values = [report["clean"][key] for key in drawn]
    values += [v for row in conditions.values() for key in drawn for v in row["curves"][key]]
    low, high = min(values), max(values)
    edge = 0.06 * max(high - low, 0.01)
    across = 4
    down = -(-(len(conditions) + 1) // across)
    figure, panels = pyplot.subplots(down, across, figsize=(11, 2.7 * down), squeeze=False)
    for axes, row in zip(panels.flat, conditions.values(), strict=False):
        places = range(len(row["strengths"]) + 1)
        if row["usual"] is not None:
            axes.axvspan(0, row["strengths"].index(row["usual"]) + 1, color=PALE, linewidth=0)
        for key, (colour, mark) in zip(drawn, CURVES[: len(drawn)], strict=True):
            curve = [report["clean"][key], *row["curves"][key]]
            axes.plot(places, curve, color=colour, marker=mark, markersize=3.5, linewidth=1.4)
        axes.set_xticks(places, ["as is", *(f"{s:g}" for s in row["strengths"])], fontsize=8)
        axes.set_xlim(-0.15, len(row["strengths"]) + 0.15)
        axes.set_ylim(low - edge, high + edge)
        axes.set_title(row["title"], fontsize=10)
        axes.set_xlabel(row["unit"], fontsize=8)
        axes.tick_params(axis="y", labelsize=8)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel(label, fontsize=9)
    rest = list(panels.flat)[len(conditions) :]
    for axes in rest:
        axes.axis("off")
    lines = [
        pyplot.Line2D([], [], color=colour, marker=mark, markersize=4, label=name)
        for name, (colour, mark) in zip(drawn.values(), CURVES[: len(drawn)], strict=True)
    ]
    usual = pyplot.Rectangle((0, 0), 1, 1, color=PALE, label="usual at a kiosk")
    rest[0].legend(handles=[*lines, usual], loc="center left", fontsize=9, frameon=False)
    figure.suptitle(title, fontsize=11)
    _save(figure, path)


def draw_fairness(report: Mapping[str, Any], path: Path, title: str = "") -> None:
    """Gender accuracy and age error of every group with 95 % intervals; small groups are hollow.

    report: what `tools.evaluation.fairness.fairness` gives, with groups.
    """
    rows: list[tuple[str, Mapping[str, Any] | None]] = []
    for kind, members in report["groups"].items():
        rows.append((kind, None))
        rows += [(f"{name} ({row['faces']})", row) for name, row in members.items()]
    figure, panels = pyplot.subplots(1, 2, figsize=(9.5, 0.27 * len(rows) + 1.2), sharey=True)
    for axes, key, unit in zip(
        panels,
        ("gender_accuracy", "age_error"),
        ("gender accuracy", "age error (years)"),
        strict=True,
    ):
        whole = report["overall"][key]
        axes.axvspan(whole["low"], whole["high"], color=PALE, linewidth=0)
        axes.axvline(whole["value"], color=INK, linewidth=0.8)
        for place, (_, row) in enumerate(rows):
            if row is None:
                continue
            told = row[key]
            axes.hlines(place, told["low"], told["high"], color=INK, linewidth=1.4)
            face = "white" if row["small"] else INK
            axes.plot(told["value"], place, "o", color=INK, markerfacecolor=face, markersize=5)
        axes.set_xlabel(unit)
        axes.grid(axis="x", alpha=0.25)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    for tick, (_, row) in zip(panels[0].get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if row is None else "normal")
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    figure.suptitle(title, fontsize=10)
    _save(figure, path)


def _save(figure: pyplot.Figure, path: Path) -> None:
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)
