"""How far a place is, is how far one walks to it, wherever that is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from device.catalogue.hand import NO_HAND, Hand
from device.catalogue.network import Network
from device.catalogue.polylines import SCALE, decode
from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.rules import Rules
from device.matching.ways import DETOUR, WALK_M_PER_MIN, Ways
from device.values import Audience, Context, Item, Reason, Suggestion
from tests.device.catalogue.streets import Street, metres, network, place

RIVER: tuple[Street, ...] = ([(0, 0), (1000, 0), (1000, 100), (0, 100)], [(0, 0), (-500, 0)])
"""Two streets along a river, and a bridge a kilometre away."""

NOON = datetime(2026, 11, 25, 12)


def spot(name: str, east: float, north: float, **fields: object) -> Item:
    latitude, longitude = place(east, north)
    return Item(name, "place", name, "cafe", latitude=latitude, longitude=longitude, **fields)  # type: ignore[arg-type]


BESIDE, ACROSS, AWAY = spot("beside", 100, 0), spot("across", 0, 100), spot("away", 0, -1000)
NOWHERE = Item("nowhere", "song", "nowhere", "pop")
LATITUDE, LONGITUDE = place(0, 0)
HERE = PlaceConfig(latitude=LATITUDE, longitude=LONGITUDE)


def suggested(
    rules: Rules,
    footways: Network | None,
    *items: Item,
    here: PlaceConfig = HERE,
    hand: Hand = NO_HAND,
) -> dict[str, Suggestion]:
    rules = rules.model_copy(update={"farthest_m": {}})
    who = Matcher(Catalogue.of(items, footways), rules, MatchingConfig(count=8), here, hand=hand)
    audience = Audience(size=1, age_band="adult", company="alone")
    return {s.item.id: s for s in who.match(audience, Context(at=0.0, now=NOON))}


def test_a_place_across_the_river_is_as_far_as_the_bridge_makes_it(rules: Rules) -> None:
    found = suggested(rules, network(*RIVER), BESIDE, ACROSS)
    across = found["across"]
    assert across.distance_m == pytest.approx(2100, abs=5)
    assert across.walk_min == pytest.approx(2100 / WALK_M_PER_MIN, abs=0.1)
    assert Reason("distance", round(across.distance_m or 0)) in across.why
    near = {name: {t.name: t.value for t in s.trace}["distance"] for name, s in found.items()}
    assert near["across"] < 0 < near["beside"]


def test_what_no_way_leads_to_is_estimated_from_the_straight_line(rules: Rules) -> None:
    found = suggested(rules, network(*RIVER), AWAY, NOWHERE)
    assert found["away"].distance_m == pytest.approx(1000 * DETOUR, abs=5)
    assert found["away"].walk_min == pytest.approx(1000 * DETOUR / WALK_M_PER_MIN, abs=0.1)
    assert (found["nowhere"].distance_m, found["nowhere"].walk_min) == (None, None)


@pytest.mark.parametrize("outside", [False, True])
def test_without_footways_around_the_kiosk_the_line_is_straight_and_the_time_longer(
    rules: Rules, outside: bool
) -> None:
    footways = (
        network(*([(e + 9000, n) for e, n in street] for street in RIVER)) if outside else None
    )
    found = suggested(rules, footways, ACROSS)
    assert found["across"].distance_m == pytest.approx(100, abs=1)
    assert found["across"].walk_min == pytest.approx(100 * DETOUR / WALK_M_PER_MIN, abs=0.1)


def test_what_closes_before_one_has_walked_there_is_left_out(rules: Rules) -> None:
    until = "Mo-Su 08:00-12:35"
    beside, across = (replace(each, hours=until, stay=10) for each in (BESIDE, ACROSS))
    assert suggested(rules, network(*RIVER), beside, across).keys() == {"beside"}
    assert suggested(rules, None, beside, across).keys() == {"beside", "across"}


def test_what_is_too_far_on_foot_for_the_company_is_left_out(rules: Rules) -> None:
    near = rules.model_copy(update={"farthest_m": {"alone": 1500.0}})
    who = Matcher(
        Catalogue.of([BESIDE, ACROSS], network(*RIVER)), near, MatchingConfig(count=8), HERE
    )
    audience = Audience(size=1, age_band="adult", company="alone")
    assert [s.item.id for s in who.match(audience, Context(at=0.0))] == ["beside"]


def test_a_corrected_place_is_as_far_as_it_is_now(rules: Rules) -> None:
    latitude, longitude = place(0, 100)
    moved = Hand(correct={"beside": {"latitude": str(latitude), "longitude": str(longitude)}})
    found = suggested(rules, network(*RIVER), BESIDE, hand=moved)
    assert found["beside"].distance_m == pytest.approx(2100, abs=5)


def test_a_route_leads_on_foot_from_the_kiosk_to_the_place(rules: Rules) -> None:
    found = suggested(rules, network(*RIVER), ACROSS, NOWHERE)
    here, there = (f"{lat:.5f},{lon:.5f}" for lat, lon in (place(0, 0), place(0, 100)))
    assert found["across"].route == (
        f"https://openstreetmap.org/directions?engine=fossgis_osrm_foot&route={here};{there}"
    )
    assert found["nowhere"].route == ""
    lost = suggested(rules, network(*RIVER), ACROSS, here=PlaceConfig())
    assert lost["across"].route == ""


def test_no_way_is_shorter_than_the_straight_line(helsinki: Catalogue) -> None:
    arrays = helsinki.arrays
    here = PlaceConfig(latitude=60.1699, longitude=24.9384)
    ways, straight = Ways(arrays, here, helsinki.network), Ways(arrays, here, None)
    assert ways.walk is not None
    known = np.isfinite(straight.metres)
    assert (np.isfinite(ways.metres) == known).all()
    assert (ways.metres[known] >= straight.metres[known]).all()
    assert 1.1 < np.median(ways.metres[known] / straight.metres[known]) < 1.5


def test_a_suggestion_has_the_way_there_its_direction_and_the_hours_of_the_day(
    rules: Rules,
) -> None:
    shop = spot("shop", 100, 20, hours="Mo-Su 10:00-20:00")
    found = suggested(rules, network(*RIVER), shop, ACROSS, AWAY, NOWHERE)
    lines = decode(f"{found['shop'].way}\n".encode())
    assert metres(lines.points[:, ::-1] / SCALE) == [(0, 0), (100, 0), (100, 20)]
    assert found["shop"].hours == ("10:00-20:00",)
    assert found["shop"].bearing == pytest.approx(78.7, abs=0.2)
    assert found["across"].bearing == pytest.approx(0, abs=0.1)
    assert found["away"].bearing == pytest.approx(180, abs=0.1)
    assert (found["across"].hours, found["away"].way) == (None, "")
    assert (found["nowhere"].way, found["nowhere"].bearing) == ("", None)


def test_without_footways_there_is_a_direction_and_no_way(rules: Rules) -> None:
    assert suggested(rules, None, BESIDE)["beside"].way == ""
    assert suggested(rules, None, BESIDE)["beside"].bearing == pytest.approx(90, abs=0.1)
