"""Faces that are spoilt the same way at every run, and the cliffs that are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from tools.datasets.load import VALIDATION, Stills, from_pictures
from tools.evaluation.robustness import (
    CONDITIONS,
    glasses_area,
    keypoints_in_crop,
    mask_area,
    robustness,
    spoilt,
)

SIZE = 64


def faces(count: int = 4) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, SIZE, SIZE)).astype(np.uint8)


def last(name: str, pictures: np.ndarray) -> np.ndarray:
    """Spoilt as hard as it goes."""
    return list(spoilt(pictures, name))[-1][1]


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_spoils_more_and_more_and_every_time_alike(name: str) -> None:
    pictures = faces()
    before = pictures.copy()
    changes = []
    for (strength, one), (_, again) in zip(
        spoilt(pictures, name), spoilt(pictures, name), strict=True
    ):
        assert one.shape == pictures.shape
        assert one.dtype == np.uint8
        assert (one == again).all(), strength
        changes.append(np.abs(one.astype(float) - pictures).mean())
    assert changes[0] > 0
    assert changes[-1] > changes[0]
    assert (pictures == before).all()


def test_darkness_takes_half_of_the_light_a_stop() -> None:
    white = np.full((1, SIZE, SIZE), 255, np.uint8)
    stops = CONDITIONS["dark"].strengths
    light = [(p / 255).mean() ** 2.2 for _, p in spoilt(white, "dark")]
    assert light == pytest.approx([0.5**stop for stop in stops], rel=0.1)


def area_at(area: np.ndarray, point: np.ndarray) -> float:
    column, row = np.clip(np.rint(point * SIZE).astype(int), 0, SIZE - 1)
    return float(area[row, column])


def test_a_mask_covers_mouth_and_nose_and_leaves_the_eyes() -> None:
    right, left, nose, mouth = keypoints_in_crop()[:4]
    worn, half, low = (mask_area(SIZE, height) for height in (1.0, 0.5, 0.25))
    assert [area_at(worn, p) for p in (right, left, nose, mouth)] == [0, 0, 1, 1]
    assert [area_at(half, p) for p in (nose, mouth)] == [0, 1]
    assert [area_at(low, p) for p in (nose, mouth)] == [0, 0]
    assert 0.15 < worn.mean() < 0.5


def test_sunglasses_cover_the_eyes_and_leave_nose_and_mouth() -> None:
    right, left, nose, mouth = keypoints_in_crop()[:4]
    area = glasses_area(SIZE)
    assert [area_at(area, p) for p in (right, left, nose, mouth)] == [1, 1, 0, 0]
    black = last("sunglasses", faces())
    column, row = np.rint(right * SIZE).astype(int)
    assert (black[:, row, column] == 0).all()


def test_heads_are_tilted_to_both_sides() -> None:
    upright = np.zeros((SIZE, SIZE), np.uint8)
    upright[: SIZE // 2, SIZE // 2 - 2 : SIZE // 2 + 2] = 255  # a line up from the middle
    tilted = last("turn", np.stack([upright] * 20))
    lean = tilted[:, : SIZE // 2, : SIZE // 2].sum(axis=(1, 2)) > tilted[
        :, : SIZE // 2, SIZE // 2 :
    ].sum(axis=(1, 2))
    assert 0 < lean.sum() < 20


def by_light(pictures: np.ndarray) -> Mapping[str, np.ndarray]:
    """A model that tells happy from all that is bright, and angry from all else."""
    happy = pictures.mean(axis=(1, 2)) > 80
    return {"emotion": np.eye(7, dtype=np.float32)[np.where(happy, 3, 0)]}


def bright(count: int) -> Stills:
    pictures = np.full((count, SIZE, SIZE), 120, np.uint8)
    stills = from_pictures(pictures, VALIDATION, np.array([str(i) for i in range(count)]))
    return replace(stills, emotion=np.full(count, 3))


def test_a_cliff_is_told_with_the_mildest_strength_that_makes_it() -> None:
    stills = bright(10)
    report = robustness(by_light, {"fer2013": stills}, {"fer2013": by_light(stills.pictures)})
    assert report["clean"] == {"accuracy": 1.0}
    dark = report["conditions"]["dark"]
    # 120 is 87 after one stop and 64 after two.
    assert dark["curves"]["accuracy"] == [1.0, 0.0, 0.0, 0.0, 0.0]
    cliffs = {cliff["condition"]: cliff for cliff in report["cliffs"]}
    assert cliffs["dark"]["strength"] == 2
    assert cliffs["dark"]["usual"]
    assert "blur" not in cliffs  # an even grey stays what it is


def test_what_is_usual_at_a_kiosk_follows_the_order_of_strength() -> None:
    pixels = CONDITIONS["pixels"]
    assert [s for s in pixels.strengths if pixels.is_usual(s)] == [48, 40, 32]
    assert not any(CONDITIONS["mask"].is_usual(s) for s in CONDITIONS["mask"].strengths)
