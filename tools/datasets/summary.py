"""What is in a face set: how many faces of each class stand in each part, and a sheet of some."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.values import AGE_BAND_STARTS, AGE_BANDS
from tools.datasets.contact_sheets import draw_sheet, samples
from tools.datasets.load import PARTS, TRAIN, FaceSet

ACROSS = 10
"""Faces of each class on a sheet."""


def groups_of(found: FaceSet) -> dict[str, NDArray[np.bool_]]:
    """Which faces (N,) are of each class: an emotion or label, or an age band and gender."""
    stills = found.stills
    if (stills.emotion >= 0).any():
        return {label: stills.emotion == index for index, label in enumerate(found.labels)}
    band = np.searchsorted(AGE_BAND_STARTS, stills.years, side="right") - 1
    return {
        f"{name}, {gender}": (band == index) & (stills.female == female)
        for index, name in enumerate(AGE_BANDS)
        for female, gender in ((1, "female"), (0, "male"))
    }


def as_table(found: FaceSet) -> str:
    """A line a class, a column a part, and the sums."""
    groups = groups_of(found) | {"all": np.ones(len(found.stills), np.bool_)}
    wide = max(len(name) for name in groups) + 2
    lines = [" " * wide + "".join(f"{part:>12}" for part in PARTS)]
    for name, mine in groups.items():
        counts = [int((mine & (found.stills.part == part)).sum()) for part in range(len(PARTS))]
        lines.append(f"{name:{wide}}" + "".join(f"{count:>12,}" for count in counts))
    return "\n".join(lines)


def draw_samples(found: FaceSet, title: str, path: Path) -> None:
    """Some faces of each class, drawn by a seed."""
    rows = []
    for name, mine in groups_of(found).items():
        which = samples(np.flatnonzero(mine), ACROSS)
        count = int(mine.sum())
        said = f"{name}\n{count:,} {'face' if count == 1 else 'faces'}"
        rows.append((said, [found.stills.pictures[row] for row in which]))
    draw_sheet(title, rows, path)


def write_held_out(found: FaceSet, path: Path) -> None:
    """The digests of all validation and test faces, with their part, as CSV: who has the list can
    tell that two measurements are of the same faces."""
    stills = found.stills
    held_out = {
        (PARTS[part], digest)
        for part, digest in zip(stills.part.tolist(), stills.digest.tolist(), strict=True)
        if part != TRAIN
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{digest},{part}\n" for part, digest in sorted(held_out))
    path.write_text(f"digest,part\n{rows}")
