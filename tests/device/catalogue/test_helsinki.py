"""The table of Helsinki that ships: places of the map, credited, dated, and fit to be suggested."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device.catalogue.imports.importers import combine
from device.catalogue.imports.openstreetmap import CREDIT, read
from device.catalogue.store import Catalogue
from device.config import load_config
from device.matching.match import Matcher
from device.matching.reasons import reasons
from device.matching.rules import Rules
from device.values import Audience, Context, Item
from device.words.words import load_words

FRIDAY = datetime(2026, 11, 27, tzinfo=ZoneInfo("Europe/Helsinki"))


@pytest.fixture(scope="module")
def places(helsinki: Catalogue) -> list[Item]:
    return [item for item in helsinki if item.kind == "place"]


def test_every_place_is_in_helsinki_credited_and_dated(places: list[Item], root: Path) -> None:
    assert len(places) >= 1040
    for item in places:
        assert item.latitude is not None, item.id
        assert item.longitude is not None, item.id
        assert 60.16 < item.latitude < 60.18, item.id
        assert 24.93 < item.longitude < 24.96, item.id
        assert (item.source, item.credit) == ("OpenStreetMap 2019-04-21", CREDIT)
        assert item.link, item.id
    licence = (root / "catalogue" / "helsinki" / "LICENSE.md").read_text(encoding="utf-8")
    assert "2019-04-21" in licence
    assert "Open Database License" in licence


def test_places_have_hours_and_names_in_three_languages(places: list[Item]) -> None:
    assert sum(bool(item.hours) for item in places) >= 465
    for language in ("fi", "sv", "en"):
        assert sum(language in item.titles for item in places) >= 100, language


def test_it_suggests_what_is_near_open_and_for_whoever_stands_there(
    root: Path, helsinki: Catalogue, rules: Rules
) -> None:
    config = load_config(root / "config.yaml")
    words = load_words("en")
    matcher = Matcher(helsinki, rules, config.matching, config.place, words.tags)
    moods, hours = ("happy", "sad", "bored", "exhausted"), (9, 13, 18, 22)
    for mood, hour, age in itertools.product(moods, hours, ("child", "teen", "adult")):
        minors = 0 if age == "adult" else 1
        audience = Audience(size=1, mood=mood, age_band=age, company="alone", minors=minors)
        now = FRIDAY.replace(hour=hour)
        cards = matcher.match(audience, Context(at=0.0, now=now))
        assert len(cards) == config.matching.count
        for card in cards:
            assert words.say(card.why, now), card.item.id
            assert card.distance_m is None or card.distance_m < 2000, card.item.id
            assert "closed" not in {reason.code for reason in card.why}, card.item.id
            if minors:
                assert card.item.minimum_age == 0, card.item.id
                assert card.item.category not in ("shop/convenience", "historic/memorial/plaque")


def test_a_card_says_what_its_place_is(places: list[Item]) -> None:
    words = load_words("en")
    said = {item.category: words.say(reasons(item, words.tags), FRIDAY) for item in places}
    assert said["shop/clothes"] == ("Clothing Store", "under a roof")
    assert said["amenity/restaurant/sushi"][0] == "sushi"
    assert said["amenity/library"][0] == "books"
    assert said["tourism/hotel"] == ("Hotel",)
    for category, phrases in said.items():
        assert set(phrases) - {"under a roof", "in the open air"}, category


@pytest.mark.real_data
def test_it_is_what_the_importer_makes_of_the_extract(
    wayside_data: Path, root: Path, tmp_path: Path
) -> None:
    extract = wayside_data / "catalogue" / "osm" / "helsinki.osm.pbf"
    combine([read(extract, lambda done, total: None)], tmp_path / "places.csv")
    for name in ("places.csv", "places.footways"):
        shipped = root / "catalogue" / "helsinki" / name
        assert (tmp_path / name).read_bytes() == shipped.read_bytes()
