"""The hours of the screen are opening hours, and what is not known leaves it on."""

from __future__ import annotations

from datetime import datetime

import pytest

from device.config import PlaceConfig
from device.session.awake import Awake

TUESDAY = datetime(2026, 12, 8)
INDEPENDENCE_DAY = datetime(2027, 12, 6)  # a Monday


def awake(hours: str | None, at: datetime, **place: object) -> bool:
    return Awake(hours, PlaceConfig.model_validate(place)).at(at)


@pytest.mark.parametrize(
    ("hours", "hour", "on"),
    [
        (None, 3, True),
        ("06:00-23:30", 5, False),
        ("06:00-23:30", 6, True),
        ("18:00-03:00", 2, True),
        ("18:00-03:00", 3, False),
        ("Mo-Fr 06:00-22:00; Sa,Su 10:00-20:00", 9, True),
        ("Su 10:00-20:00", 12, False),
    ],
)
def test_the_screen_is_on_in_its_hours(hours: str | None, hour: int, on: bool) -> None:
    assert awake(hours, TUESDAY.replace(hour=hour)) is on


def test_a_holiday_is_that_of_the_kiosks_country() -> None:
    hours = "Mo-Fr 06:00-22:00; PH off"
    noon = INDEPENDENCE_DAY.replace(hour=12)
    assert not awake(hours, noon, country="FI")
    assert awake(hours, noon)


def test_hours_by_the_sun_leave_a_screen_on_whose_place_is_not_known() -> None:
    winter = TUESDAY.replace(hour=3)
    assert awake("sunrise-sunset", winter)
    helsinki = {"latitude": 60.17, "longitude": 24.94, "timezone": "Europe/Helsinki"}
    assert not awake("sunrise-sunset", winter, **helsinki)


def test_the_answer_follows_the_clock_minute_by_minute() -> None:
    hours = Awake("06:00-23:30", PlaceConfig())
    assert not hours.at(TUESDAY.replace(hour=5, minute=59, second=59))
    assert hours.at(TUESDAY.replace(hour=6))
    assert hours.at(None)
    assert not hours.at(TUESDAY.replace(hour=23, minute=30))
