"""Openness of the eyes from the landmarks of the mesh model."""

from __future__ import annotations

import numpy as np
import pytest

from device.faces.eyes import LEFT, RIGHT, openness_of


def mesh_with(ratio: float) -> np.ndarray:
    """A mesh whose eyes are 20 pixels wide and have this aspect ratio."""
    landmarks = np.zeros((468, 3), np.float32)
    up = ratio * 20 / 2
    eye = np.array([[0, 0], [6, up], [14, up], [20, 0], [14, -up], [6, -up]], np.float32)
    for index in (RIGHT, LEFT):
        landmarks[list(index), :2] = eye
    return landmarks


def test_openness_is_limited_to_0_and_1() -> None:
    values = [openness_of(mesh_with(ratio)) for ratio in (0.05, 0.16, 0.21, 0.26, 0.5)]
    assert values[0] == 0
    assert values[2] == pytest.approx(0.5, abs=0.02)
    assert values[-1] == 1
    assert values == sorted(values)


def test_an_eye_turned_away_does_not_close_the_other() -> None:
    landmarks = mesh_with(0.3)
    landmarks[list(LEFT), 1] = 0
    assert openness_of(landmarks) == 1
