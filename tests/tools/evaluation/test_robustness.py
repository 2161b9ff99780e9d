"""Corruptions that are the same in every run, and the cliffs that they cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from tools.datasets.covers import keypoints_in_crop
from tools.datasets.face_dataset import VALIDATION, FaceDataset, from_pictures
from tools.evaluation.robustness import (
    CONDITIONS,
    corrupted,
    glasses_area,
    mask_area,
    robustness,
)

SIZE = 64


def faces(count: int = 4) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, SIZE, SIZE)).astype(np.uint8)


def last(name: str, pictures: np.ndarray) -> np.ndarray:
    """Corrupted with the hardest strength."""
    return list(corrupted(pictures, name))[-1][1]


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_corruption_grows_with_strength_and_is_repeatable(name: str) -> None:
    pictures = faces()
    before = pictures.copy()
    changes = []
    for (strength, one), (_, again) in zip(
        corrupted(pictures, name), corrupted(pictures, name), strict=True
    ):
        assert one.shape == pictures.shape
        assert one.dtype == np.uint8
        assert (one == again).all(), strength
        changes.append(np.abs(one.astype(float) - pictures).mean())
    assert changes[0] > 0
    assert changes[-1] > changes[0]
    assert (pictures == before).all()


def test_a_stop_takes_half_of_the_light() -> None:
    white = np.full((1, SIZE, SIZE), 255, np.uint8)
    stops = CONDITIONS["dark"].strengths
    light = [(p / 255).mean() ** 2.2 for _, p in corrupted(white, "dark")]
    assert light == pytest.approx([0.5**stop for stop in stops], rel=0.1)


def area_at(area: np.ndarray, point: np.ndarray) -> float:
    column, row = np.clip(np.rint(point * SIZE).astype(int), 0, SIZE - 1)
    return float(area[row, column])


def test_a_mask_covers_mouth_and_nose_but_not_the_eyes() -> None:
    right, left, nose, mouth = keypoints_in_crop()[:4]
    worn, half, low = (mask_area(SIZE, height) for height in (1.0, 0.5, 0.25))
    assert [area_at(worn, p) for p in (right, left, nose, mouth)] == [0, 0, 1, 1]
    assert [area_at(half, p) for p in (nose, mouth)] == [0, 1]
    assert [area_at(low, p) for p in (nose, mouth)] == [0, 0]
    assert 0.15 < worn.mean() < 0.5


def test_sunglasses_cover_the_eyes_but_not_nose_and_mouth() -> None:
    right, left, nose, mouth = keypoints_in_crop()[:4]
    area = glasses_area(SIZE)
    assert [area_at(area, p) for p in (right, left, nose, mouth)] == [1, 1, 0, 0]
    black = last("sunglasses", faces())
    column, row = np.rint(right * SIZE).astype(int)
    assert (black[:, row, column] == 0).all()


def test_faces_are_rotated_to_both_sides() -> None:
    upright = np.zeros((SIZE, SIZE), np.uint8)
    upright[: SIZE // 2, SIZE // 2 - 2 : SIZE // 2 + 2] = 255  # a line from the middle up
    tilted = last("turn", np.stack([upright] * 20))
    lean = tilted[:, : SIZE // 2, : SIZE // 2].sum(axis=(1, 2)) > tilted[
        :, : SIZE // 2, SIZE // 2 :
    ].sum(axis=(1, 2))
    assert 0 < lean.sum() < 20


def by_light(pictures: np.ndarray) -> Mapping[str, np.ndarray]:
    """A model that predicts happy for bright pictures and angry for others."""
    happy = pictures.mean(axis=(1, 2)) > 80
    return {"emotion": np.eye(7, dtype=np.float32)[np.where(happy, 3, 0)]}


def bright(count: int) -> FaceDataset:
    pictures = np.full((count, SIZE, SIZE), 120, np.uint8)
    faces = from_pictures(pictures, VALIDATION, np.array([str(i) for i in range(count)]))
    return replace(faces, emotion=np.full(count, 3))


def test_a_cliff_has_the_mildest_strength_that_causes_it() -> None:
    faces = bright(10)
    report = robustness(by_light, {"fer2013": faces}, {"fer2013": by_light(faces.pictures)})
    assert report["clean"] == {"accuracy": 1.0}
    dark = report["conditions"]["dark"]
    # 120 is 87 after one stop and 64 after two.
    assert dark["curves"]["accuracy"] == [1.0, 0.0, 0.0, 0.0, 0.0]
    cliffs = {cliff["condition"]: cliff for cliff in report["cliffs"]}
    assert cliffs["dark"]["strength"] == 2
    assert cliffs["dark"]["usual"]
    assert "blur" not in cliffs  # blur does not change an even grey


def test_the_usual_strengths_at_a_kiosk_follow_their_order() -> None:
    pixels = CONDITIONS["pixels"]
    assert [s for s in pixels.strengths if pixels.is_usual(s)] == [48, 40, 32]
    assert not any(CONDITIONS["mask"].is_usual(s) for s in CONDITIONS["mask"].strengths)
