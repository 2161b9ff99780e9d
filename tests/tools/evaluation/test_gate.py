"""A model replaces the shipped one only if it loses nowhere and gains somewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tools.datasets.face_dataset import TEST, VALIDATION, from_pictures
from tools.evaluation.gate import Row, as_table, clip_row, face_rows, refusals
from tools.scoring.intervals import Estimate


def row(title: str, value: float, *, decides: bool = True, years: bool = False) -> Row:
    return Row(title, decides, 100, Estimate(value, value - 0.05, value + 0.04), years=years)


def test_a_row_may_fall_within_its_interval_if_another_gains() -> None:
    shipped = [row("faces", 0.70), row("others", 0.60)]
    assert refusals(shipped, [row("faces", 0.66), row("others", 0.61)]) == []
    assert refusals(shipped, [row("faces", 0.66), row("others", 0.60)]) == [
        "no development row gains"
    ]
    (reason,) = refusals(shipped, [row("faces", 0.64), row("others", 0.90)])
    assert reason == "faces: from 0.7000 to 0.6400, worse by more than 0.0500"


def test_of_an_error_in_years_less_is_better() -> None:
    shipped = [row("age", 4.80, years=True)]
    assert refusals(shipped, [row("age", 4.70, years=True)]) == []
    assert refusals(shipped, [row("age", 4.85, years=True)])[0].startswith("age: from 4.8000")


def test_test_rows_decide_nothing() -> None:
    shipped = [row("faces", 0.70), row("tested", 0.70, decides=False)]
    assert refusals(shipped, [row("faces", 0.71), row("tested", 0.10, decides=False)]) == []


def test_faces_have_a_row_for_each_label() -> None:
    faces = from_pictures(np.zeros((4, 8, 8), np.uint8), VALIDATION, np.array(list("abcd")))
    faces = replace(faces, emotion=np.array([3, 3, 0, 1]), years=np.full(4, 40, np.float32))
    outputs = {
        "emotion": np.eye(7, dtype=np.float32)[[3, 3, 0, 0]] * 20,
        "age": np.eye(21, dtype=np.float32)[[8, 8, 8, 10]] * 20,
    }
    emotion, age = face_rows("faces", outputs, faces)
    assert emotion.title == "faces, emotion by the label"
    assert (emotion.count, emotion.figure.value) == (4, 0.75)
    assert emotion.macro_recall == pytest.approx(2 / 3)
    assert age.figure.value == pytest.approx(2.5, abs=0.01)
    assert age.years
    assert len(face_rows("faces", {"emotion": outputs["emotion"]}, faces)) == 1  # no such output
    assert emotion.decides
    assert not face_rows("faces", outputs, replace(faces, split=np.full(4, TEST)))[0].decides


def test_the_table_begins_with_the_rows_that_decide() -> None:
    table = as_table([clip_row("clips", [True, False], decides=False), row("faces", 0.7)])
    _, _, first, second = table.splitlines()
    assert first.startswith("| faces | development | 100 | 0.700 (0.650 to 0.740) |")
    assert second.startswith("| clips | test | 2 | 0.500")
