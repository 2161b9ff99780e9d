"""What all forms of FER-2013 share, and FER+: ten people's votes on each of its pictures.

Barsoum, Zhang, Canton Ferrer and Zhang, "Training Deep Networks for Facial Expression Recognition
with Crowd-Sourced Label Distribution", ICMI 2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.datasets.archive import Tree
from tools.datasets.face_dataset import TEST, TRAIN, VALIDATION
from tools.datasets.import_issues import Findings

SIDE = 48
"""Of FER-2013's pictures, in pixels."""

USAGES = {"Training": TRAIN, "PublicTest": VALIDATION, "PrivateTest": TEST}

TABLE = "fer2013new.csv"
"""FER+'s own table: a row for each row of Kaggle's, in its order."""

COLUMNS = (
    "anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt",
)  # fmt: skip
"""What FER+ calls the columns of `stills.VOTES`; its "unknown" and "NF" (no face) are left out."""

NO_VOTES = np.zeros(len(COLUMNS), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A picture (48, 48), its part, its class by `EMOTIONS`, and counts of votes (8,)."""

    picture: NDArray[np.uint8]
    part: int
    emotion: int
    votes: NDArray[np.float32]


def votes_of(row: Mapping[str, str], prefix: str = "") -> NDArray[np.float32]:
    """(8,) counts, zeros where the row has none.

    Raises:
        ValueError: a count that is no number, or below zero.
    """
    try:
        counts = np.array([float(row.get(prefix + name) or 0) for name in COLUMNS], np.float32)
        if np.isfinite(counts).all() and counts.min() >= 0:
            return counts
    except ValueError:  # not even a number
        pass
    raise ValueError("votes that cannot be counted")


@dataclass(frozen=True, slots=True, eq=False)
class Voted:
    """A row of FER+'s table. usage: the part it names, "" where it names none; counts: (8,)."""

    usage: str
    counts: NDArray[np.float32]


def read_votes(tree: Tree, findings: Findings) -> dict[int, Voted]:
    """Rows by the number of the line, where FER+'s table is in the tree; one whose votes cannot be
    counted has none."""
    found = [name for name in tree.names if name.split("/")[-1] == TABLE]
    votes = {}
    for number, row in tree.rows(found[0]) if found else ():
        counts = NO_VOTES
        try:
            counts = votes_of(row)
        except ValueError as error:
            findings.leave_out(f"{found[0]} row {number}", str(error))
        votes[number] = Voted(row.get("Usage", ""), counts)
    return votes
