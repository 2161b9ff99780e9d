"""Two models on the same faces."""

from __future__ import annotations

import numpy as np

from tools.evaluation.compare import difference


def scored(correct: int, of: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two classes, of which the first `correct` are predicted correctly."""
    truth = np.arange(of) % 2
    predicted = np.where(np.arange(of) < correct, truth, 1 - truth)
    return np.eye(2, dtype=np.float32)[predicted], truth


def test_two_models_of_one_kind_are_compared_output_by_output() -> None:
    ours = {"emotion": scored(18), "emotion_by_votes": scored(9), "gender": scored(20)}
    found = difference(ours, {"emotion": scored(17), "emotion_by_votes": scored(9)})
    assert set(found) == {"emotion", "emotion_by_votes"}
    assert round(found["emotion"]["value"], 2) == 0.05
    assert found["emotion_by_votes"]["value"] == 0
    assert all(row["low"] <= row["value"] <= row["high"] for row in found.values())
