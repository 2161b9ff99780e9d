"""What a face dataset contains: counts by class and split, contact sheets, held-out digests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

from device.values import AGE_BAND_STARTS, AGE_BANDS
from tools.datasets.face_dataset import SPLITS, TRAIN, to_crop_size
from tools.datasets.load import ImportedDataset

matplotlib.use("Agg")

from matplotlib import pyplot

SAMPLES = 10
"""Faces of each class on a sheet."""

DPI = 100
FACE, GAP, LABELS, TITLE, MARGIN = 64, 6, 190, 46, 14
"""Sizes in pixels of a sheet."""

Row = tuple[str, Sequence[NDArray[np.uint8]]]


def class_masks(dataset: ImportedDataset) -> dict[str, NDArray[np.bool_]]:
    """Mask (N,) of the faces of each class: an emotion or label, or an age band and gender."""
    faces = dataset.faces
    if (faces.emotion >= 0).any():
        return {label: faces.emotion == index for index, label in enumerate(dataset.labels)}
    band = np.searchsorted(AGE_BAND_STARTS, faces.years, side="right") - 1
    return {
        f"{name}, {gender}": (band == index) & (faces.female == female)
        for index, name in enumerate(AGE_BANDS)
        for female, gender in ((1, "female"), (0, "male"))
    }


def as_table(dataset: ImportedDataset) -> str:
    """Numbers of faces: a line for each class, a column for each split, and the totals."""
    masks = class_masks(dataset) | {"all": np.ones(len(dataset.faces), np.bool_)}
    width = max(len(name) for name in masks) + 2
    lines = [" " * width + "".join(f"{split:>12}" for split in SPLITS)]
    for name, mask in masks.items():
        counts = np.bincount(dataset.faces.split[mask], minlength=len(SPLITS))
        lines.append(f"{name:{width}}" + "".join(f"{count:>12,}" for count in counts))
    return "\n".join(lines)


def draw_samples(dataset: ImportedDataset, title: str, path: Path) -> None:
    """A contact sheet with some faces of each class, drawn with a fixed seed."""
    rows = []
    for name, mask in class_masks(dataset).items():
        drawn = np.sort(np.random.default_rng(0).permutation(np.flatnonzero(mask))[:SAMPLES])
        count = int(mask.sum())
        label = f"{name}\n{count:,} {'face' if count == 1 else 'faces'}"
        rows.append((label, [dataset.faces.pictures[row] for row in drawn]))
    draw_sheet(title, rows, path)


def write_held_out(dataset: ImportedDataset, path: Path) -> None:
    """Digest and split of all validation and test faces as CSV, to check whether two measurements
    used the same faces."""
    faces = dataset.faces
    held_out = {
        (SPLITS[split], digest)
        for split, digest in zip(faces.split.tolist(), faces.digest.tolist(), strict=True)
        if split != TRAIN
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{digest},{split}\n" for split, digest in sorted(held_out))
    path.write_text(f"digest,split\n{rows}")


def draw_sheet(title: str, rows: Sequence[Row], path: Path) -> None:
    """Write a PNG with rows of grey faces of any size; a row's text may have a second line."""
    columns = max(len(faces) for _, faces in rows)
    pitch = FACE + GAP
    width = LABELS + columns * pitch + 2 * MARGIN
    height = TITLE + len(rows) * pitch + MARGIN
    sheet = np.full((height, width), 255, np.uint8)
    for line, (_, faces) in enumerate(rows):
        for column, face in enumerate(faces):
            top, left = TITLE + line * pitch, MARGIN + LABELS + column * pitch
            sheet[top : top + FACE, left : left + FACE] = to_crop_size(face)
    figure = pyplot.figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    figure.figimage(sheet, cmap="gray", vmin=0, vmax=255)

    def write(text: str, y: float, size: float, **style: str) -> None:
        figure.text(MARGIN / width, 1 - y / height, text, fontsize=size, va="center", **style)

    write(title, TITLE / 2, 12, weight="bold")
    for line, (text, _) in enumerate(rows):
        name, _, more = text.partition("\n")
        middle = TITLE + line * pitch + FACE / 2
        write(_shortened(name), middle - 9 * bool(more), 10)
        if more:
            write(more, middle + 10, 9, color="#666666")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)


def _shortened(name: str, longest: int = 24) -> str:
    """The end of a long name, which says more than its beginning."""
    return name if len(name) <= longest else f"...{name[3 - longest :]}"
