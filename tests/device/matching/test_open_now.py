"""What the resting screen says is open: true, for everybody, and not always the same."""

from __future__ import annotations

from datetime import datetime, timedelta

from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.open_now import ALIKE, MOST, TURN_MIN, OpenNow
from device.matching.rules import Rules
from device.values import Item, OpenPlace
from tests.device.catalogue.streets import place

NOON = datetime(2026, 11, 25, 12)
LATITUDE, LONGITUDE = place(0, 0)
HERE = PlaceConfig(latitude=LATITUDE, longitude=LONGITUDE)


def spot(name: str, hours: str = "09:00-18:00", *, kind: str = "place", east: float = 100,
         category: str = "cafe", age: int = 0, fame: float | None = None) -> Item:  # fmt: skip
    latitude, longitude = place(east, 0)
    return Item(
        name, kind, name, category, latitude=latitude, longitude=longitude, hours=hours,  # type: ignore[arg-type]
        minimum_age=age, popularity=fame,
    )  # fmt: skip


def told(rules: Rules, *items: Item, now: datetime | None = NOON) -> list[str]:
    return [one.item.id for one in open_now(rules, *items).at(now)]


def open_now(rules: Rules, *items: Item) -> OpenNow:
    return OpenNow(Matcher(Catalogue.of(items), rules, MatchingConfig(), HERE))


def test_a_place_is_told_with_when_it_closes_and_how_far_it_is(rules: Rules) -> None:
    cafe = spot("cafe")
    (said,) = open_now(rules, cafe).at(NOON)
    assert isinstance(said, OpenPlace)
    assert (said.item.id, said.until) == ("cafe", "18:00")
    assert 1 < (said.walk_min or 0) < 3


def test_what_is_closed_closes_soon_never_closes_or_is_not_known_is_not_told(rules: Rules) -> None:
    assert told(
        rules,
        spot("closed", "14:00-18:00"),
        spot("closes soon", "09:00-12:20"),
        spot("a park", "24/7"),
        spot("not known", ""),
        spot("on request", 'Mo-Su 09:00-18:00 "by appointment"'),
        spot("open"),
    ) == ["open"]


def test_nothing_is_told_for_adults_only_or_from_far_away_or_that_is_no_place(rules: Rules) -> None:
    assert told(
        rules,
        spot("bar", age=18),
        spot("far", east=5000),
        spot("run", kind="activity"),
        spot("open"),
    ) == ["open"]


def test_nothing_is_told_without_the_time(rules: Rules) -> None:
    assert told(rules, spot("open"), now=None) == []


def test_the_best_known_come_first_and_no_category_alone(rules: Rules) -> None:
    cafes = [spot(f"cafe {n}", fame=0.9) for n in range(2 * ALIKE)]
    found = told(rules, *cafes, spot("museum", category="museum", fame=0.5), now=NOON)
    assert len(found) == ALIKE + 1
    assert "museum" in found


def test_after_ten_minutes_it_is_the_turn_of_others_and_until_then_of_the_same(
    rules: Rules,
) -> None:
    who = open_now(rules, *(spot(f"p{n}", category=f"c{n}") for n in range(2 * MOST)))
    first = who.at(NOON)
    assert len(first) == MOST
    assert who.at(NOON + timedelta(minutes=TURN_MIN - 1)) is first
    then = who.at(NOON + timedelta(minutes=TURN_MIN))
    assert {one.item.id for one in first} & {one.item.id for one in then} == set()
