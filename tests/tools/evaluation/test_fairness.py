"""Who is served worse, on faces whose answers are known beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.values import AGE_YEARS
from tools.datasets.load import RACES, VALIDATION, Stills, from_pictures, join
from tools.evaluation.fairness import SMALL, fairness
from tools.scoring.intervals import mean_with_interval


def people(count: int, race: str, female: bool, years: float = 30) -> Stills:
    pictures = np.zeros((count, 4, 4), np.uint8)
    stills = from_pictures(pictures, VALIDATION, np.array(["x"] * count))
    return replace(
        stills,
        race=np.full(count, RACES.index(race)),
        female=np.full(count, float(female), np.float32),
        years=np.full(count, years, np.float32),
    )


def told(stills: Stills, wrong: np.ndarray, years: float = 30) -> dict[str, np.ndarray]:
    """Outputs that err in the gender of the rows of `wrong` alone and say one age of all."""
    logit = np.where(stills.female > 0.5, 3.0, -3.0)
    logit[wrong] *= -1
    age = np.where(years == AGE_YEARS, 0, -50).astype(np.float32)
    return {"female": logit[:, None].astype(np.float32), "age": np.tile(age, (len(stills), 1))}


def test_the_group_that_is_served_worst_is_named_with_its_gap() -> None:
    stills = join(
        people(200, "White", False), people(200, "Black", True), people(200, "Asian", True)
    )
    wrong = np.r_[200:230]  # 15 % of the Black women
    report = fairness(told(stills, wrong), stills)
    race, gender = report["gaps"]["race"], report["gaps"]["gender"]
    assert (race["worst"], race["value"]) == ("Black", pytest.approx(0.15))
    assert race["low"] < 0.15 < race["high"]
    assert not race["met"]
    assert (gender["worst"], gender["best"]) == ("female", "male")
    assert gender["value"] == pytest.approx(0.075)
    assert not gender["met"]
    assert report["groups"]["race and gender"]["Black, female"]["gender_accuracy"]["value"] == 0.85
    assert report["overall"]["age_error"]["value"] == pytest.approx(0, abs=1e-3)


def test_groups_alike_are_within_the_limits() -> None:
    stills = join(people(200, "White", False), people(200, "Indian", True))
    report = fairness(told(stills, np.r_[0:4, 200:206]), stills)
    assert report["gaps"]["race"]["met"]
    assert report["gaps"]["gender"]["met"]


def test_a_small_group_is_named_as_such_and_makes_no_gap() -> None:
    stills = join(
        people(SMALL, "White", False), people(SMALL, "Asian", True), people(5, "Black", True)
    )
    report = fairness(told(stills, np.r_[2 * SMALL : 2 * SMALL + 5]), stills)
    assert report["groups"]["race"]["Black"]["small"]
    assert report["groups"]["race"]["Black"]["gender_accuracy"]["value"] == 0
    assert report["gaps"]["race"]["value"] == 0
    assert "age" not in report["gaps"]  # all are of one band


def test_ages_are_grouped_by_the_devices_bands() -> None:
    stills = join(people(10, "White", False, 8), people(10, "White", False, 30))
    report = fairness(told(stills, np.r_[0:0], years=30), stills)
    assert report["groups"]["age"]["child"]["age_error"]["value"] == pytest.approx(22, abs=1e-3)
    assert report["groups"]["age"]["adult"]["age_error"]["value"] == pytest.approx(0, abs=1e-3)


def test_what_no_label_lets_us_measure_is_said_in_words() -> None:
    nobody = from_pictures(np.zeros((3, 4, 4), np.uint8), VALIDATION, np.array(["a", "b", "c"]))
    report = fairness({"emotion": np.zeros((3, 7), np.float32)}, nobody)
    assert set(report) == {"not_measured"}
    assert "FER-2013" in report["not_measured"]


def test_an_interval_is_repeatable_and_holds_the_truth() -> None:
    draw = np.random.default_rng(0)
    held = 0
    for _ in range(40):
        found = mean_with_interval((draw.random(300) < 0.8).astype(float))
        held += found.low <= 0.8 <= found.high
    assert held >= 34  # 95 % of 40 are 38; chance alone goes below 34 once in three hundred runs
    values = draw.random(50)
    assert mean_with_interval(values, 3) == mean_with_interval(values, 3)
