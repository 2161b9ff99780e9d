"""The picture of an evaluation: every model with its interval, a panel for each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tools.recommendation.ranking import Row
from tools.scoring.plots import BLUE, ORANGE, pyplot, save


def draw(rows: Sequence[Row], aims: Mapping[str, float], path: Path) -> None:
    """A dot and a bar for each model, with its figure; the aim is a dashed line."""
    panels = [(name, list(some)) for name, some in groupby(rows, lambda row: row.question)]
    heights = [len(some) + 1.3 for _, some in panels]
    figure, places = pyplot.subplots(
        len(panels), 1, figsize=(8, 0.36 * sum(heights) + 0.4), squeeze=False,
        gridspec_kw={"height_ratios": heights},
    )  # fmt: skip
    for axes, (question, some) in zip(places[:, 0], panels, strict=True):
        aim = aims[question]
        axes.axvline(aim, color=ORANGE, linewidth=1, linestyle="--")
        ends = [aim, *(end for row in some for end in (row.figure.low, row.figure.high))]
        span = max(ends) - min(ends)
        for place, row in enumerate(some):
            value = row.figure
            axes.hlines(place, value.low, value.high, color=BLUE, linewidth=2)
            axes.plot(value.value, place, "o", color=BLUE, markersize=5)
            axes.text(max(ends) + 0.04 * span, place, f"{value.value:.3f}", va="center", fontsize=8)
        axes.set_xlim(min(ends) - 0.05 * span, max(ends) + 0.14 * span)
        axes.set_ylim(len(some) - 0.5, -0.5)
        axes.set_yticks(range(len(some)), [row.model for row in some], fontsize=8)
        axes.tick_params(axis="x", labelsize=7)
        axes.tick_params(axis="y", length=0)
        axes.set_title(f"{question}; aim {aim:.3f}", fontsize=9, loc="left")
        axes.grid(axis="x", alpha=0.25)
        axes.spines[["top", "right", "left"]].set_visible(False)
    save(figure, path)
