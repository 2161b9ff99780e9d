"""FER+'s majority label of each face of FER-2013.

Ten annotators labelled each picture again (Barsoum et al. 2016, "Training Deep Networks for Facial
Expression Recognition with Crowd-Sourced Label Distribution"). The label is the emotion with the
most votes. Faces with a tie, or with contempt, which is none of the device's seven classes, have no
label; they are counted.

The authors' code (`src/ferplus.py` of microsoft/FERPlus, mode "majority") is stricter: it drops
single votes and requires more than half of the rest, including votes for "unknown" and "no face".
Their published 85 % is of those faces. `clear` approximates them from the shares of emotions alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.datasets.face_dataset import VOTES

CONTEMPT = VOTES.index("contempt")


@dataclass(frozen=True, slots=True, eq=False)
class Majority:
    """label: (N,) int64 index into `VOTES`, -1 for none. clear: (N,) bool, more than half of the
    votes agree. contempt, ties, unvoted: numbers of faces without a label, by reason."""

    label: NDArray[np.int64]
    clear: NDArray[np.bool_]
    contempt: int
    ties: int
    unvoted: int


def majority(votes: NDArray[np.float32]) -> Majority:
    """Majority labels of (N, 8) shares of votes by `VOTES`; a row of zeros has no votes."""
    most = votes.max(axis=1, keepdims=True)
    voted = most[:, 0] > 0
    tie = voted & (np.isclose(votes, most).sum(axis=1) > 1)
    top = votes.argmax(axis=1)
    contempt = voted & ~tie & (top == CONTEMPT)
    known = voted & ~tie & ~contempt
    return Majority(
        label=np.where(known, top, -1),
        clear=known & (most[:, 0] > 0.5),
        contempt=int(contempt.sum()),
        ties=int(tie.sum()),
        unvoted=int((~voted).sum()),
    )
