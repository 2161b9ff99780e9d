"""Sheets of sample faces for people: a row a class, its name and how many there are beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

from tools.datasets.class_folders import to_size

matplotlib.use("Agg")

from matplotlib import pyplot

DPI = 100
FACE = 64
GAP = 6
LABELS = 190
TITLE = 46
MARGIN = 14
"""All in pixels of the sheet."""

Row = tuple[str, Sequence[NDArray[np.uint8]]]


def draw_sheet(title: str, rows: Sequence[Row], path: Path) -> None:
    """Write a PNG of rows of grey faces of any size; a row's text may have a second line."""
    columns = max(len(faces) for _, faces in rows)
    pitch = FACE + GAP
    width = LABELS + columns * pitch + 2 * MARGIN
    height = TITLE + len(rows) * pitch + MARGIN
    sheet = np.full((height, width), 255, np.uint8)
    for line, (_, faces) in enumerate(rows):
        for column, face in enumerate(faces):
            top, left = TITLE + line * pitch, MARGIN + LABELS + column * pitch
            sheet[top : top + FACE, left : left + FACE] = to_size(face)
    figure = pyplot.figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    figure.figimage(sheet, cmap="gray", vmin=0, vmax=255)

    def write(text: str, x: float, y: float, size: float, colour: str, weight: str) -> None:
        figure.text(x / width, 1 - y / height, text, fontsize=size, color=colour, va="center",
                    weight=weight)  # fmt: skip

    write(title, MARGIN, TITLE / 2, 12, "black", "bold")
    for line, (text, _) in enumerate(rows):
        name, _, more = text.partition("\n")
        middle = TITLE + line * pitch + FACE / 2
        write(_short(name), MARGIN, middle - 9 * bool(more), 10, "black", "normal")
        if more:
            write(more, MARGIN, middle + 10, 9, "#666666", "normal")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)


def samples(rows: NDArray[np.int64], count: int, seed: int = 0) -> NDArray[np.int64]:
    """At most `count` of the row numbers, drawn by a seed, in order."""
    draw = np.random.default_rng(seed)
    return np.sort(draw.permutation(rows)[:count])


def _short(name: str, longest: int = 24) -> str:
    """The end of a long name tells more than its beginning."""
    return name if len(name) <= longest else f"...{name[3 - longest :]}"
