"""FER+'s majority label, and which faces have none."""

from __future__ import annotations

import numpy as np

from tools.datasets.face_dataset import VOTES
from tools.scoring.majority import majority


def shares(**counts: int) -> list[float]:
    return [counts.get(label, 0) / max(sum(counts.values()), 1) for label in VOTES]


def test_the_label_is_the_emotion_with_most_votes() -> None:
    found = majority(np.array([shares(sad=4, neutral=3, fear=3), shares(happy=10)], np.float32))
    assert [VOTES[label] for label in found.label] == ["sad", "happy"]
    assert found.clear.tolist() == [False, True]  # four of ten are most, but not half


def test_ties_contempt_and_faces_without_votes_have_no_label_and_are_counted() -> None:
    votes = [
        shares(sad=3, neutral=3, fear=1),
        shares(contempt=5, neutral=2),
        shares(),
        shares(contempt=4, angry=4),
        shares(angry=6, contempt=4),
    ]
    found = majority(np.array(votes, np.float32))
    assert found.label.tolist() == [-1, -1, -1, -1, VOTES.index("angry")]
    assert (found.ties, found.contempt, found.unvoted) == (2, 1, 1)
    assert found.clear.tolist() == [False] * 4 + [True]
