"""An event is shown from the day before it begins until it ends, and never after."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.rules import Rules
from device.values import Audience, Context, Item

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
WALK = Item("walk", "activity", "A Walk", "walking")
ZONES = ("Europe/Helsinki", "America/Santiago", "Pacific/Apia", "UTC")
AN_HOUR_AWAY = 70 * 60 / 1.3 / 111_195
"""Degrees of latitude that one walks in an hour."""


def shown(rules: Rules, items: list[Item], now: datetime | None, zone: str = "UTC") -> set[str]:
    here = PlaceConfig(latitude=0.0, longitude=0.0, timezone=zone)
    matcher = Matcher(Catalogue.of([WALK, *items]), rules, MatchingConfig(count=8), here)
    return {found.item.id for found in matcher.match(Audience(), Context(0.0, now))} - {"walk"}


def event(begins: datetime, ends: datetime, id: str = "event", **more: object) -> Item:
    return Item(id, "event", "E", "concert", begins=begins, ends=ends, **more)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=200)
@given(
    ahead=st.integers(-5000, 6000),
    minutes=st.integers(1, 8000),
    zone=st.sampled_from(ZONES),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    walk_min=st.sampled_from((None, 0.0, 1.0, 61.0, 600.0)),
)
@example(ahead=-60, minutes=60, zone="UTC", at=datetime(2026, 11, 16, 12), walk_min=None)
def test_shown_from_midnight_of_the_day_before_until_nobody_can_get_there(
    rules: Rules, ahead: int, minutes: int, zone: str, at: datetime, walk_min: float | None
) -> None:
    now = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    begins = (at + timedelta(minutes=ahead)).replace(tzinfo=UTC)
    ends = begins + timedelta(minutes=minutes)
    placed = (
        {} if walk_min is None else {"latitude": walk_min / 60 * AN_HOUR_AWAY, "longitude": 0.0}
    )
    found = bool(shown(rules, [event(begins, ends, **placed)], now, zone))
    is_day_before = begins.astimezone(ZoneInfo(zone)).date() <= now.date() + timedelta(days=1)
    left = ends - now - timedelta(minutes=walk_min or 0)
    if not is_day_before or left <= timedelta(0):
        assert not found
    elif left > timedelta(minutes=5, seconds=5):  # the clock is read in steps; walking is rounded
        assert found


def test_without_a_trusted_clock_there_are_no_events(rules: Rules) -> None:
    always = event(NOON - timedelta(days=400), NOON + timedelta(days=400))
    assert shown(rules, [always], NOON) == {"event"}
    assert shown(rules, [always], None) == set()


def test_of_a_repeating_event_only_the_next_date_is_shown(rules: Rules) -> None:
    hours = [event(NOON + timedelta(hours=n), NOON + timedelta(hours=n + 1), f"tour-{n}",
                   series="tour") for n in (4, -1, 2, 0, 1)]  # fmt: skip
    other = event(NOON, NOON + timedelta(hours=3), "other")
    assert shown(rules, [*hours, other], NOON) == {"tour-0", "other"}
    assert shown(rules, [*hours, other], NOON + timedelta(minutes=56)) == {"tour-1", "other"}
    far = [event(NOON, NOON + timedelta(minutes=30), "early", series="s", latitude=AN_HOUR_AWAY,
                 longitude=0.0), event(NOON + timedelta(days=1), NOON + timedelta(days=2), "late",
                                       series="s")]  # fmt: skip
    assert shown(rules, far, NOON) == {"late"}


def test_the_same_table_answers_by_the_time_that_it_is_asked(rules: Rules) -> None:
    items = [WALK, event(NOON, NOON + timedelta(hours=1))]
    matcher = Matcher(Catalogue.of(items), rules, MatchingConfig(), PlaceConfig())
    times = [
        None if n is None else NOON + timedelta(hours=n) for n in (-40, -1, 0, 1, None, 0.5, 2)
    ]
    counts = [len(matcher.match(Audience(), Context(0.0, now))) for now in times]
    assert counts == [1, 2, 2, 1, 1, 2, 1]


@pytest.mark.parametrize("size", [1, 40_000])
def test_events_are_left_out_of_tables_of_any_size(rules: Rules, size: int) -> None:
    over = event(NOON - timedelta(hours=2), NOON - timedelta(hours=1), popularity=1.0)
    items = [Item(f"w{n}", "activity", "W", "walking", popularity=0.0) for n in range(size)]
    matcher = Matcher(Catalogue.of([*items, over]), rules, MatchingConfig(count=1), PlaceConfig())
    (found,) = matcher.match(Audience(), Context(0.0, NOON))
    assert found.item.kind == "activity"
    assert math.isfinite(found.score)
