"""Age and gender over a visit, and who may be a minor."""

from __future__ import annotations

import numpy as np
import pytest

from device.audience.demographics import band_of
from device.audience.smoothing import Smoother
from device.config import AudienceConfig
from device.values import AGE_BANDS, UNKNOWN, Visitor
from tests.device.audience.people import HEIGHT, emotions, reading, track, years


def reported(ages: list[float], females: list[float] | None = None, fps: float = 15) -> Visitor:
    """The visitor after readings of these mean ages and P(female)."""
    each = Smoother(AudienceConfig())
    for frame, age in enumerate(ages):
        at = frame / fps
        female = females[frame] if females else None
        newest = reading(at, emotions(neutral=0.9), age=years(age), female=female)
        (visitor,) = each.update((track(),), (newest,), at, HEIGHT)
    return visitor


def test_the_bands_are_those_of_the_values() -> None:
    ages = (0, 12, 13, 17, 18, 29, 30, 43, 44, 59, 60, 95)
    assert [band_of(age) for age in ages] == [band for band in AGE_BANDS for _ in range(2)]


def test_age_is_the_mean_of_all_readings() -> None:
    noisy = 40 + 10 * np.random.default_rng(1).standard_normal(300)
    visitor = reported(noisy.tolist())
    assert visitor.years == pytest.approx(40, abs=1.5)
    assert visitor.age_band == "adult"


def test_age_is_unknown_until_enough_was_read() -> None:
    assert reported([35] * 4).age_band == UNKNOWN
    assert reported([35] * 15).age_band == "adult"


def test_a_band_is_kept_near_its_borders() -> None:
    assert band_of(30.5) == "adult"
    assert band_of(30.5, "young") == "young"
    assert band_of(29.5, "adult") == "adult"
    assert band_of(33, "young") == "adult"
    assert band_of(99, "senior") == "senior"


@pytest.mark.parametrize(("age", "minor"), [(8, True), (16, True), (20, True), (35, False)])
def test_a_visitor_near_the_age_of_majority_may_be_a_minor(age: float, minor: bool) -> None:
    assert reported([age] * 30).may_be_minor is minor


def test_every_visitor_may_be_a_minor_until_enough_was_read() -> None:
    assert reported([50] * 3).may_be_minor
    assert not reported([50] * 30).may_be_minor


def test_gender_is_reported_if_clear_and_else_unknown() -> None:
    assert reported([30] * 30, [0.9] * 30).gender == "female"
    assert reported([30] * 30, [0.1] * 30).gender == "male"
    assert reported([30] * 30, [0.55] * 30).gender == UNKNOWN
    assert reported([30] * 3, [0.9] * 3).gender == UNKNOWN


def test_a_reported_gender_is_kept_near_its_bound() -> None:
    changes = [0.7] * 60
    assert reported([30] * 120, changes + [0.55] * 60).gender == "female"
    assert reported([30] * 360, changes + [0.45] * 300).gender == UNKNOWN
