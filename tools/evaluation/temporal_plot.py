"""A picture of what each rival told of a few clips, as time went by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

from tools.scoring.temporal import ClipBatch, Shares

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.patches import Patch

CLIPS = 3


def typical(truth: NDArray[np.int64], count: int = CLIPS) -> list[int]:
    """The first clips that show three or four stretches of different expressions, and then any.

    truth: (N, T). Nothing of what was told of them has a say.
    """
    stretches = 1 + (truth[:, 1:] != truth[:, :-1]).sum(axis=1)
    shown = np.array([len(set(row.tolist())) for row in truth])
    fits = (shown >= 3) & (stretches <= 4)
    return np.argsort(~fits, kind="stable")[:count].tolist()


def draw_moments(
    rivals: Mapping[str, Shares], batch: ClipBatch, labels: Sequence[str], path: Path
) -> None:
    """A row for each rival and a column for each clip: probabilities over seconds, on a band that
    has the colour of the label shown. Labels that are not shown in a clip are thin grey lines."""
    truth = batch.target.argmax(axis=-1)
    clips = typical(truth)
    colours = dict(enumerate(pyplot.get_cmap("tab10").colors[: len(labels)]))
    figure, axes = pyplot.subplots(
        len(rivals), len(clips), figsize=(4.3 * len(clips), 1.9 * len(rivals) + 0.9),
        sharex="col", sharey=True, squeeze=False,
    )  # fmt: skip
    for column, clip in enumerate(clips):
        seconds = np.arange(truth.shape[1]) / batch.fps[clip]
        edges = [0, *(np.flatnonzero(np.diff(truth[clip])) + 1).tolist(), truth.shape[1]]
        shown = set(truth[clip].tolist())
        for row, (name, shares) in enumerate(rivals.items()):
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
            if row == len(rivals) - 1:
                panel.set_xlabel("seconds")
    handles = [Patch(color=colours[index], label=label) for index, label in enumerate(labels)]
    figure.suptitle("Probability over time; the band is the expression shown", fontsize=11)
    figure.legend(handles=handles, ncols=len(labels), loc="lower center", frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.045, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
