"""Pictures of an evaluation, as PNG: calibration, robustness, groups, clips, architectures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from tools.scoring.plots import BLUE, CURVES, ORANGE, PALE_BLUE, save
from tools.scoring.temporal import ClipBatch, Shares

CLIPS = 3
"""Clips in the picture of a temporal evaluation."""


def draw_reliability(heads: Mapping[str, Mapping[str, Any]], path: Path, title: str = "") -> None:
    """A reliability diagram for each output, with the number of faces below.

    heads: by name the figures of `tools.evaluation.evaluate.calibration`.
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
        above.bar(starts, [row["accuracy"] for row in bins], color=BLUE, label="accuracy", **bar)
        confidence, accuracy = ([row[key] for row in bins] for key in ("confidence", "accuracy"))
        above.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle="--")
        above.vlines(
            confidence, accuracy, confidence, color=ORANGE, linewidth=2, label="gap to confidence"
        )
        above.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy")
        above.set_title(f"{name}\nECE {head['ece']:.3f}, log loss {head['nll']:.3f}", fontsize=9)
        above.legend(fontsize=7, loc="upper left", frameon=False)
        bar["edgecolor"] = BLUE
        below.bar(starts, [row["faces"] for row in bins], color=PALE_BLUE, **bar)
        below.set(xlabel="probability of the prediction", ylabel="faces")
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10)
    save(figure, path)


def draw_robustness(
    report: Mapping[str, Any], names: Mapping[str, str], path: Path, *, label: str, title: str = ""
) -> None:
    """A panel for each condition: figures by strength; the usual range at a kiosk is shaded.

    report: of `tools.evaluation.robustness.robustness`. names: figures to draw and their titles.
    label: of the y axis.
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
            axes.axvspan(0, row["strengths"].index(row["usual"]) + 1, color=PALE_BLUE, linewidth=0)
        for key, (colour, mark) in zip(drawn, CURVES[: len(drawn)], strict=True):
            curve = [report["clean"][key], *row["curves"][key]]
            axes.plot(places, curve, color=colour, marker=mark, markersize=3.5, linewidth=1.4)
        axes.set_xticks(places, ["clean", *(f"{s:g}" for s in row["strengths"])], fontsize=8)
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
    usual = Patch(color=PALE_BLUE, label="usual at a kiosk")
    rest[0].legend(handles=[*lines, usual], loc="center left", fontsize=9, frameon=False)
    figure.suptitle(title, fontsize=11)
    save(figure, path)


def draw_fairness(report: Mapping[str, Any], path: Path, title: str = "") -> None:
    """Gender accuracy and age error of every group with 95 % intervals; small groups are hollow.

    report: of `tools.evaluation.fairness.fairness`, with groups.
    """
    rows: list[tuple[str, Mapping[str, Any] | None]] = []
    for kind, members in report["groups"].items():
        rows.append((kind, None))
        rows += [(f"{name} ({row['faces']})", row) for name, row in members.items()]
    figure, panels = pyplot.subplots(1, 2, figsize=(9.5, 0.27 * len(rows) + 1.2), sharey=True)
    columns = {"gender_accuracy": "gender accuracy", "age_error": "age error (years)"}
    for axes, (key, unit) in zip(panels, columns.items(), strict=True):
        whole = report["overall"][key]
        axes.axvspan(whole["low"], whole["high"], color=PALE_BLUE, linewidth=0)
        axes.axvline(whole["value"], color=BLUE, linewidth=0.8)
        for place, (_, row) in enumerate(rows):
            if row is None:
                continue
            figures = row[key]
            axes.hlines(place, figures["low"], figures["high"], color=BLUE, linewidth=1.4)
            face = "white" if row["small"] else BLUE
            axes.plot(figures["value"], place, "o", color=BLUE, markerfacecolor=face, markersize=5)
        axes.set_xlabel(unit)
        axes.grid(axis="x", alpha=0.25)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    for tick, (_, row) in zip(panels[0].get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if row is None else "normal")
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    figure.suptitle(title, fontsize=10)
    save(figure, path)


def typical(truth: NDArray[np.int64], count: int = CLIPS) -> list[int]:
    """The first clips of three or more expressions in three or four stretches, then any others.

    truth: (N, T) true labels; predictions have no influence on the choice.
    """
    stretches = 1 + (truth[:, 1:] != truth[:, :-1]).sum(axis=1)
    expressions = np.array([len(set(row.tolist())) for row in truth])
    fits = (expressions >= 3) & (stretches <= 4)
    return np.argsort(~fits, kind="stable")[:count].tolist()


def draw_clips(
    methods: Mapping[str, Shares], batch: ClipBatch, labels: Sequence[str], path: Path
) -> None:
    """Probabilities over seconds, a row for each method and a column for each clip.

    The background has the colour of the true label; labels that a clip does not show are grey.
    """
    truth = batch.target.argmax(axis=-1)
    clips = typical(truth)
    colours = dict(enumerate(pyplot.get_cmap("tab10").colors[: len(labels)]))
    figure, axes = pyplot.subplots(
        len(methods), len(clips), figsize=(4.3 * len(clips), 1.9 * len(methods) + 0.9),
        sharex="col", sharey=True, squeeze=False,
    )  # fmt: skip
    for column, clip in enumerate(clips):
        seconds = np.arange(truth.shape[1]) / batch.fps[clip]
        edges = [0, *(np.flatnonzero(np.diff(truth[clip])) + 1).tolist(), truth.shape[1]]
        shown = set(truth[clip].tolist())
        for row, (name, shares) in enumerate(methods.items()):
            panel = axes[row][column]
            for begin, end in pairwise(edges):
                band = colours[int(truth[clip, begin])]
                panel.axvspan(
                    begin / batch.fps[clip], end / batch.fps[clip], color=band, alpha=0.13, lw=0
                )
            for label in range(len(labels)):
                bold = label in shown
                panel.plot(
                    seconds, shares[clip, :, label], lw=1.5 if bold else 0.6,
                    color=colours[label] if bold else "0.65", zorder=2 + bold,
                )  # fmt: skip
            panel.set_xlim(0, truth.shape[1] / batch.fps[clip])
            panel.set_ylim(0, 1)
            panel.spines[["top", "right"]].set_visible(False)
            if column == 0:
                panel.set_ylabel(name, fontsize=10)
            if row == len(methods) - 1:
                panel.set_xlabel("seconds")
    handles = [Patch(color=colours[index], label=label) for index, label in enumerate(labels)]
    figure.suptitle("Probability over time; the background is the true expression", fontsize=11)
    figure.legend(handles=handles, ncols=len(labels), loc="lower center", frameon=False, fontsize=9)
    save(figure, path, bottom=0.045)


def draw_architectures(rows: Sequence[Mapping[str, Any]], path: Path, shipped: str) -> None:
    """Emotion accuracy by int8 size on the left, by milliseconds on the right.

    rows: name, accuracy (0 to 1), int8_bytes and milliseconds. shipped: the name to highlight.
    """
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.6), sharey=True)
    for panel, key, scale, label in (
        (axes[0], "int8_bytes", 1e-6, "size of the int8 model (MB)"),
        (axes[1], "milliseconds", 1, "milliseconds a face"),
    ):
        across = [row[key] * scale for row in rows]
        for row, x in zip(rows, across, strict=True):
            y = 100 * row["accuracy"]
            colour = ORANGE if row["name"] == shipped else BLUE
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
    save(figure, path)
