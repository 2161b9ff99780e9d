"""FER+'s majority label: what most of its annotators saw in a face of FER-2013.

Ten people labelled each picture anew (Barsoum et al. 2016, "Training Deep Networks for Facial
Expression Recognition with Crowd-Sourced Label Distribution"). The label is the emotion with the
most votes. A tie is no majority, and contempt is none of the seven classes that the device tells:
both are left out, and counted, so that nobody has to guess how many faces a figure is of.

The authors' own code (`src/ferplus.py` of microsoft/FERPlus, mode "majority") is stricter: it
drops single votes and wants more than half of the rest, votes for "unknown" and "no face" included.
Its published 85 % is of such clear faces; `clear` comes near them, from the shares of emotions
alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.datasets.load import VOTES

CONTEMPT = VOTES.index("contempt")


@dataclass(frozen=True, slots=True, eq=False)
class Majority:
    """label: (N,) int64 index into `VOTES`, -1 where there is none. clear: (N,) bool, more than
    half of the votes for emotions. contempt, ties, unvoted: faces left out, by the reason."""

    label: NDArray[np.int64]
    clear: NDArray[np.bool_]
    contempt: int
    ties: int
    unvoted: int


def majority(votes: NDArray[np.float32]) -> Majority:
    """The majority labels of (N, 8) shares of votes by `VOTES`; a row of zeros has none."""
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
