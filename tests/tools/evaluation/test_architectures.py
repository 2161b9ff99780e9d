"""Architectures side by side: done once, by one recipe, timed together, in one table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.errors import UserError
from tools.datasets.load import TRAIN, VALIDATION, Stills, from_pictures, join
from tools.evaluation.architectures import (
    as_table,
    draw,
    milliseconds,
    rows_of,
    train_all,
)
from tools.training.batches import Recipe
from tools.training.networks import SIZE, TINY

TRIAL = Recipe(epochs=1, batch=8, mixup=0, design=TINY)
DESIGNS = {"tiny": TINY, "tiny and wide": replace(TINY, features=32)}


def faces(count: int, part: int, first: int) -> Stills:
    draw = np.random.default_rng(first)
    pictures = draw.integers(0, 256, (count, SIZE, SIZE), np.uint8)
    names = np.array([str(first + n) for n in range(count)])
    return replace(from_pictures(pictures, part, names), emotion=np.arange(count) % 7)


def row(name: str, accuracy: float, size: int, ms: float) -> dict[str, Any]:
    return {
        "name": name, "parameters": 1_234_567, "int8_bytes": size, "milliseconds": ms,
        "train_faces": 100, "epochs": 3, "epoch_seconds": 60.2,
        "float": {"fer2013 validation": {"accuracy": accuracy + 0.01}},
        "int8": {
            "fer2013 validation": {"accuracy": accuracy, "macro_f1": 0.5},
            "utkface validation": {"age_error": 5.124, "gender_accuracy": 0.91},
        },
    }  # fmt: skip


@pytest.mark.slow
def test_each_is_trained_once_and_all_stand_in_one_table(tmp_path: Path) -> None:
    tables = {"fer2013": join(faces(32, TRAIN, 0), faces(14, VALIDATION, 100))}
    train_all(tables, tmp_path, TRIAL, {"tiny": TINY})
    result = tmp_path / "tiny" / "result.json"
    made = result.stat().st_mtime_ns
    train_all(tables, tmp_path, TRIAL, DESIGNS)
    assert result.stat().st_mtime_ns == made
    rows = rows_of(tmp_path, [*DESIGNS, "not begun"])
    assert [one["name"] for one in rows] == list(DESIGNS)
    assert rows[0]["parameters"] < rows[1]["parameters"]
    assert set(rows[0]["int8"]) == {"fer2013 validation"}  # no test part is looked at
    assert all(one["milliseconds"] > 0 for one in rows)
    assert as_table(rows).count("\n") == 3
    with pytest.raises(UserError, match="made with another faces"):
        train_all({"fer2013": tables["fer2013"].take(np.arange(20))}, tmp_path, TRIAL, DESIGNS)


def test_the_table_tells_what_a_part_knows_and_leaves_the_rest_open() -> None:
    rows = [row("a", 0.61, 600_000, 0.5), row("b", 0.7, 4_500_000, 4.25)]
    del rows[0]["int8"]["utkface validation"]
    first, second = as_table(rows).split("\n")[2:]
    assert first == "| a | 1,234,567 | 600 | 0.50 | 0.6100 | 0.6200 | 0.5000 | – | – | 3 | 60 |"
    assert second.startswith("| b | 1,234,567 | 4,500 | 4.25 | 0.7000 | 0.7100 | 0.5000 | 5.12 | ")


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    rows = [row("a", 0.61, 600_000, 0.5), row("b", 0.7, 4_500_000, 4.25)]
    draw(rows, tmp_path / "new" / "plot.png", ours="b")
    assert (tmp_path / "new" / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_every_model_is_timed(root: Path) -> None:
    told = milliseconds({"face": root / "models/face.tflite", "again": root / "models/face.tflite"})
    assert set(told) == {"face", "again"}
    assert min(told.values()) > 0
