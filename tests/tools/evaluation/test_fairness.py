"""Figures by group, on faces with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.values import AGE_YEARS
from tools.datasets.face_dataset import RACES, VALIDATION, FaceDataset, from_pictures, join
from tools.evaluation.fairness import SMALL, fairness


def people(count: int, race: str, female: bool, years: float = 30) -> FaceDataset:
    pictures = np.zeros((count, 4, 4), np.uint8)
    faces = from_pictures(pictures, VALIDATION, np.array(["x"] * count))
    return replace(
        faces,
        race=np.full(count, RACES.index(race)),
        female=np.full(count, float(female), np.float32),
        years=np.full(count, years, np.float32),
    )


def outputs(faces: FaceDataset, wrong: np.ndarray, years: float = 30) -> dict[str, np.ndarray]:
    """Outputs with the wrong gender in the rows `wrong` and the same age for all."""
    logit = np.where(faces.female > 0.5, 3.0, -3.0)
    logit[wrong] *= -1
    age = np.where(years == AGE_YEARS, 0, -50).astype(np.float32)
    return {"female": logit[:, None].astype(np.float32), "age": np.tile(age, (len(faces), 1))}


def test_the_worst_group_is_named_with_its_gap() -> None:
    faces = join(
        people(200, "White", False), people(200, "Black", True), people(200, "Asian", True)
    )
    wrong = np.r_[200:230]  # 15 % of the Black women
    report = fairness(outputs(faces, wrong), faces)
    race, gender = report["gaps"]["race"], report["gaps"]["gender"]
    assert (race["worst"], race["value"]) == ("Black", pytest.approx(0.15))
    assert race["low"] < 0.15 < race["high"]
    assert not race["met"]
    assert (gender["worst"], gender["best"]) == ("female", "male")
    assert gender["value"] == pytest.approx(0.075)
    assert not gender["met"]
    assert report["groups"]["race and gender"]["Black, female"]["gender_accuracy"]["value"] == 0.85
    assert report["overall"]["age_error"]["value"] == pytest.approx(0, abs=1e-3)


def test_equal_groups_are_within_the_limits() -> None:
    faces = join(people(200, "White", False), people(200, "Indian", True))
    report = fairness(outputs(faces, np.r_[0:4, 200:206]), faces)
    assert report["gaps"]["race"]["met"]
    assert report["gaps"]["gender"]["met"]


def test_a_small_group_is_marked_and_makes_no_gap() -> None:
    faces = join(
        people(SMALL, "White", False), people(SMALL, "Asian", True), people(5, "Black", True)
    )
    report = fairness(outputs(faces, np.r_[2 * SMALL : 2 * SMALL + 5]), faces)
    assert report["groups"]["race"]["Black"]["small"]
    assert report["groups"]["race"]["Black"]["gender_accuracy"]["value"] == 0
    assert report["gaps"]["race"]["value"] == 0
    assert "age" not in report["gaps"]  # all are of one band


def test_age_groups_are_the_devices_bands() -> None:
    faces = join(people(10, "White", False, 8), people(10, "White", False, 30))
    report = fairness(outputs(faces, np.r_[0:0], years=30), faces)
    assert report["groups"]["age"]["child"]["age_error"]["value"] == pytest.approx(22, abs=1e-3)
    assert report["groups"]["age"]["adult"]["age_error"]["value"] == pytest.approx(0, abs=1e-3)


def test_what_has_no_labels_is_stated() -> None:
    nobody = from_pictures(np.zeros((3, 4, 4), np.uint8), VALIDATION, np.array(["a", "b", "c"]))
    report = fairness({"emotion": np.zeros((3, 7), np.float32)}, nobody)
    assert set(report) == {"not_measured"}
    assert "FER-2013" in report["not_measured"]
