"""A card says when an event is as people do, from the local time at which it is shown."""

from __future__ import annotations

from datetime import datetime

import pytest

from device.values import Reason
from device.words.words import load_words

EVENING = "2026-12-01T19:00+02:00/2026-12-01T21:00+02:00"
NIGHT = "2026-12-01T22:00+02:00/2026-12-02T03:00+02:00"
LONG = "2026-12-01T10:00+02:00/2026-12-06T17:00+02:00"
DAY = "2026-12-01T00:00+02:00/2026-12-02T00:00+02:00"
WEEK = "2026-12-01T00:00+02:00/2026-12-07T00:00+02:00"
AUTUMN = "2026-10-24T00:00+03:00/2026-10-26T00:00+02:00"

CASES = [
    (EVENING, "2026-11-30T00:00+02:00", "tomorrow 19:00"),
    (EVENING, "2026-11-29T12:00+02:00", "1 December, 19:00"),
    (EVENING, "2026-11-30T22:30+00:00", "today 19:00"),  # half past midnight there
    (EVENING, "2026-12-01T18:59+02:00", "today 19:00"),
    (EVENING, "2026-12-01T17:00+00:00", "now, until 21:00"),
    (EVENING, "2026-12-01T21:00+02:00", ""),
    (NIGHT, "2026-12-01T23:00+02:00", "now, until 03:00"),
    (NIGHT, "2026-12-02T02:00+02:00", "now, until 03:00"),
    (LONG, "2026-12-02T12:00+02:00", "now, until 6 December"),
    (LONG, "2026-12-06T02:00+02:00", "now, until 17:00"),
    (DAY, "2026-11-30T12:00+02:00", "tomorrow"),
    (DAY, "2026-12-01T12:00+02:00", "today"),
    (WEEK, "2026-12-01T12:00+02:00", "now, until 6 December"),
    (WEEK, "2026-12-06T12:00+02:00", "today"),
    (AUTUMN, "2026-10-25T12:00+02:00", "today"),
]
"""Interval, the time at which it is said, and the words."""


@pytest.mark.parametrize(("interval", "now", "says"), CASES)
def test_an_event_is_today_or_tomorrow_or_on_now(interval: str, now: str, says: str) -> None:
    said = load_words("en").say([Reason("when", interval)], datetime.fromisoformat(now))
    assert said == ((says,) if says else ())
