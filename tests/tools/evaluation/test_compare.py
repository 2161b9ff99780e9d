"""Two models on the same faces."""

from __future__ import annotations

import numpy as np

from tools.evaluation.compare import difference


def told(right: int, of: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Shares of two classes of which the first `right` are told as they are."""
    truth = np.arange(of) % 2
    return np.eye(2, dtype=np.float32)[np.where(np.arange(of) < right, truth, 1 - truth)], truth


def test_what_the_kiosk_tells_is_held_against_a_rival_of_one_output() -> None:
    ours = {"emotion": told(16), "consensus": told(18), "consensus_by_label": told(12)}
    theirs = {"emotion": told(10), "emotion_by_votes": told(8)}
    found = difference(ours | {"gender": told(20)}, theirs)
    assert {name: round(row["value"], 2) for name, row in found.items()} == {
        "emotion": 0.3, "consensus": 0.5, "consensus_by_label": 0.1,
    }  # fmt: skip
    assert all(row["low"] <= row["value"] <= row["high"] for row in found.values())


def test_two_of_a_kind_are_compared_output_by_output() -> None:
    ours = {"consensus": told(18), "emotion_by_votes": told(9)}
    found = difference(ours, {"consensus": told(17), "emotion_by_votes": told(9)})
    assert round(found["consensus"]["value"], 2) == 0.05
    assert found["emotion_by_votes"]["value"] == 0
