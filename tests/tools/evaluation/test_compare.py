"""Two models on the same faces."""

from __future__ import annotations

import numpy as np

from tools.evaluation.compare import difference


def scored(correct: int, of: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two classes, of which the first `correct` are predicted correctly."""
    truth = np.arange(of) % 2
    predicted = np.where(np.arange(of) < correct, truth, 1 - truth)
    return np.eye(2, dtype=np.float32)[predicted], truth


def test_the_consensus_is_compared_with_a_baseline_that_has_one_output() -> None:
    ours = {"emotion": scored(16), "consensus": scored(18), "consensus_by_label": scored(12)}
    theirs = {"emotion": scored(10), "emotion_by_votes": scored(8)}
    found = difference(ours | {"gender": scored(20)}, theirs)
    assert {name: round(row["value"], 2) for name, row in found.items()} == {
        "emotion": 0.3, "consensus": 0.5, "consensus_by_label": 0.1,
    }  # fmt: skip
    assert all(row["low"] <= row["value"] <= row["high"] for row in found.values())


def test_two_models_of_one_kind_are_compared_output_by_output() -> None:
    ours = {"consensus": scored(18), "emotion_by_votes": scored(9)}
    found = difference(ours, {"consensus": scored(17), "emotion_by_votes": scored(9)})
    assert round(found["consensus"]["value"], 2) == 0.05
    assert found["emotion_by_votes"]["value"] == 0
