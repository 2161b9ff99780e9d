"""Figures of covered faces."""

from __future__ import annotations

import numpy as np
import pytest

from device.values import AGE_YEARS
from tools.evaluation.occlusion import changes, covered, known, row

BARE, COVERED = -4.0, 4.0


def outputs(occluded: list[list[float]], emotion: int = 3, years: int = 6) -> dict[str, np.ndarray]:
    count = len(occluded)
    return {
        "emotion": np.tile(9 * np.eye(7, dtype=np.float32)[emotion], (count, 1)),
        "age": np.tile(99 * np.eye(len(AGE_YEARS), dtype=np.float32)[years], (count, 1)),
        "female": np.ones((count, 1), np.float32),
        "occluded": np.array(occluded, np.float32),
    }


def test_a_covered_mouth_hides_the_emotion_and_covered_eyes_age_and_gender() -> None:
    read = outputs([[BARE, BARE], [BARE, COVERED], [COVERED, BARE], [COVERED, COVERED]])
    expected = [[True] * 3, [False, True, True], [True, False, False], [False] * 3]
    assert known(read).tolist() == expected
    assert covered(read).tolist() == [[False] * 2, [False, True], [True, False], [True] * 2]


def test_changes_are_of_the_reading_of_the_bare_face() -> None:
    bare, worn = outputs([[BARE, BARE]]), outputs([[BARE, COVERED]], emotion=4, years=8)
    emotion, years, gender = changes(bare, worn)
    assert (emotion.tolist(), gender.tolist()) == ([True], [False])
    assert years == pytest.approx([10])


def test_a_row_has_what_is_noticed_and_the_flips_that_are_still_reported() -> None:
    bare = outputs([[BARE, BARE]] * 4)
    worn = outputs([[BARE, COVERED]] * 3 + [[BARE, BARE]], emotion=4)
    cells = row("mask", np.array([[False, True]] * 4), bare, worn)
    assert cells[:3] == ["mask", "75.0%", "0.0%"]
    assert cells[3:6] == ["75.0%", "0.0%", "0.0%"]
    assert cells[6:] == ["100.0% to 25.0%", "0.0 to 0.0", "0.0% to 0.0%"]


def test_without_a_reported_age_its_change_is_a_dash() -> None:
    bare, worn = outputs([[BARE, BARE]]), outputs([[COVERED, BARE]], years=8)
    assert row("sunglasses", np.array([[True, False]]), bare, worn)[7] == "10.0 to –"
