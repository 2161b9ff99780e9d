"""Pictures of an evaluation."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tools.evaluation.plots import draw_architectures, draw_clips, typical
from tools.scoring.temporal import ClipBatch


def test_clips_are_chosen_by_what_they_show_and_drawn(tmp_path: Path) -> None:
    shown = np.array([[0] * 30, [0] * 10 + [1] * 10 + [2] * 10, [0] * 15 + [1] * 15])
    assert typical(shown, 2) == [1, 0]
    shares = np.eye(3, dtype=np.float32)[shown]
    maps = np.zeros((*shown.shape, 1, 1, 1), np.uint8)
    batch = ClipBatch(maps, 9 * shares, shares, np.full(3, 10, np.float32))
    draw_clips({"frame": shares, "mean": shares}, batch, "abc", tmp_path / "clips.png")
    assert cv2.imread(str(tmp_path / "clips.png")).std() > 10


def test_architectures_are_drawn_into_a_new_folder(tmp_path: Path) -> None:
    rows = [
        {"name": "a", "accuracy": 0.61, "int8_bytes": 600_000, "milliseconds": 0.5},
        {"name": "b", "accuracy": 0.7, "int8_bytes": 4_500_000, "milliseconds": 4.25},
    ]
    draw_architectures(rows, tmp_path / "new" / "plot.png", "b")
    assert cv2.imread(str(tmp_path / "new" / "plot.png")).std() > 10
