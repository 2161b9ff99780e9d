from __future__ import annotations

import numpy as np
import pytest

from device.audience.demographics import band_of
from device.audience.smoothing import Smoother
from device.config import AudienceConfig
from device.values import AGE_BANDS, UNKNOWN, Visitor
from tests.device.audience.people import HEIGHT, emotions, reading, track, years


def told(ages: list[float], females: list[float] | None = None, fps: float = 15) -> Visitor:
    """What is told of somebody after these mean ages and P(female)."""
    each = Smoother(AudienceConfig())
    for frame, age in enumerate(ages):
        at = frame / fps
        female = females[frame] if females else None
        look = reading(at, emotions(neutral=0.9), age=years(age), female=female)
        (visitor,) = each.update((track(),), (look,), at, HEIGHT)
    return visitor


def test_the_bands_are_those_of_the_values() -> None:
    ages = (0, 12, 13, 17, 18, 29, 30, 43, 44, 59, 60, 95)
    assert [band_of(age) for age in ages] == [band for band in AGE_BANDS for _ in range(2)]


def test_age_is_the_mean_of_all_that_was_seen() -> None:
    noisy = 40 + 10 * np.random.default_rng(1).standard_normal(300)
    visitor = told(noisy.tolist())
    assert visitor.years == pytest.approx(40, abs=1.5)
    assert visitor.age_band == "adult"


def test_age_is_unknown_until_enough_was_seen() -> None:
    assert told([35] * 4).age_band == UNKNOWN
    assert told([35] * 15).age_band == "adult"


def test_a_band_is_not_left_for_a_step_across_its_border() -> None:
    assert band_of(30.5) == "adult"
    assert band_of(30.5, "young") == "young"
    assert band_of(29.5, "adult") == "adult"
    assert band_of(33, "young") == "adult"
    assert band_of(99, "senior") == "senior"


@pytest.mark.parametrize(("age", "minor"), [(8, True), (16, True), (20, True), (35, False)])
def test_whoever_may_be_a_minor_is_taken_for_one(age: float, minor: bool) -> None:
    assert told([age] * 30).may_be_minor is minor


def test_until_something_is_known_everybody_may_be_a_minor() -> None:
    assert told([50] * 3).may_be_minor
    assert not told([50] * 30).may_be_minor


def test_gender_is_told_where_it_is_clear_and_unknown_in_between() -> None:
    assert told([30] * 30, [0.9] * 30).gender == "female"
    assert told([30] * 30, [0.1] * 30).gender == "male"
    assert told([30] * 30, [0.55] * 30).gender == UNKNOWN
    assert told([30] * 3, [0.9] * 3).gender == UNKNOWN


def test_a_gender_that_was_told_is_not_taken_back_for_a_doubt() -> None:
    course = [0.7] * 60
    assert told([30] * 120, course + [0.55] * 60).gender == "female"
    assert told([30] * 360, course + [0.45] * 300).gender == UNKNOWN
