"""Comparison of architectures: trained once, by one recipe, timed together, in one table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.errors import UserError
from device.faces.crop import CROP_SIZE
from tools.datasets.face_dataset import TRAIN, VALIDATION, FaceDataset, from_pictures, join
from tools.evaluation.architectures import (
    as_table,
    milliseconds,
    rows_of,
    train_all,
)
from tools.training.networks import TINY
from tools.training.recipes import Recipe

TRIAL = Recipe(epochs=1, batch=16, mixup=0, design=TINY)
DESIGNS = {"tiny": TINY, "tiny and wide": replace(TINY, features=32)}


def faces(count: int, split: int, first: int) -> FaceDataset:
    rng = np.random.default_rng(first)
    pictures = rng.integers(0, 256, (count, CROP_SIZE, CROP_SIZE), np.uint8)
    names = np.array([str(first + n) for n in range(count)])
    return replace(from_pictures(pictures, split, names), emotion=np.arange(count) % 7)


def row(name: str, accuracy: float, kilobytes: float, ms: float) -> dict[str, Any]:
    return {
        "name": name, "parameters": 1_234_567, "int8_kb": kilobytes, "milliseconds": ms,
        "epochs": 3, "epoch_seconds": 60.2, "accuracy": accuracy,
        "float_accuracy": accuracy + 0.01, "macro_f1": 0.5,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_each_is_trained_once_and_all_are_in_one_table(tmp_path: Path) -> None:
    datasets = {"fer2013": join(faces(32, TRAIN, 0), faces(14, VALIDATION, 100))}
    train_all(datasets, tmp_path, TRIAL, {"tiny": TINY})
    result = tmp_path / "tiny" / "result.json"
    made = result.stat().st_mtime_ns
    train_all(datasets, tmp_path, TRIAL, DESIGNS)
    assert result.stat().st_mtime_ns == made
    rows = rows_of(tmp_path, [*DESIGNS, "not begun"])
    assert [one["name"] for one in rows] == list(DESIGNS)
    assert rows[0]["parameters"] < rows[1]["parameters"]
    assert set(rows[0]["int8"]) == {"fer2013 validation"}  # no test split is used
    assert rows[0]["accuracy"] == rows[0]["int8"]["fer2013 validation"]["accuracy"]
    assert all(one["milliseconds"] > 0 for one in rows)
    assert as_table(rows).count("\n") == 3
    with pytest.raises(UserError, match="made with another faces"):
        train_all({"fer2013": datasets["fer2013"].take(np.arange(20))}, tmp_path, TRIAL, DESIGNS)


def test_a_missing_figure_is_a_dash() -> None:
    rows = [row("a", 0.61, 600, 0.5), row("b", 0.7, 4_500, 4.25) | {"age_error": 5.124}]
    first, second = as_table(rows).split("\n")[2:]
    assert first == "| a | 1,234,567 | 600 | 0.50 | 0.6100 | 0.6200 | 0.5000 | – | 3 | 60 |"
    assert second == "| b | 1,234,567 | 4,500 | 4.25 | 0.7000 | 0.7100 | 0.5000 | 5.12 | 3 | 60 |"


def test_every_model_is_timed(root: Path) -> None:
    face = root / "models" / "face.tflite"
    found = milliseconds({"face": face, "again": face})
    assert set(found) == {"face", "again"}
    assert min(found.values()) > 0
