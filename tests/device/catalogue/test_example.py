"""The example that ships: what it holds, and that it claims no more than it knows."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from device.catalogue.build import read
from device.catalogue.imports import openstreetmap
from device.catalogue.imports.character import characters
from device.catalogue.imports.meanings import Table, meanings
from device.matching.rules import load_rules
from device.presets.presets import names
from device.values import Item
from device.words.table import FOLDER

CUISINES = {
    "african", "american", "asian", "barbecue", "breakfast", "burger", "chinese", "crepe",
    "curry", "donut", "finnish", "fish", "fish-and-chips", "french", "georgian", "german",
    "greek", "indian", "italian", "japanese", "kebab", "korean", "lebanese", "mediterranean",
    "mexican", "middle-eastern", "nepalese", "nordic", "pasta", "persian", "pizza", "ramen",
    "regional", "russian", "salad", "sandwich", "seafood", "soup", "spanish", "steak-house",
    "sushi", "tapas", "thai", "turkish", "vietnamese",
}  # fmt: skip
"""Values of OpenStreetMap's key `cuisine` that have words."""

TABLES: tuple[Table, ...] = get_args(Table)

UNVERIFIED = "common knowledge, unverified"


@pytest.fixture(scope="module")
def items(root: Path) -> list[Item]:
    shipped = root / "catalogue"
    return read([shipped / "hangzhou" / "places.csv", *sorted(shipped.glob("*.csv"))])


def test_there_are_enough_of_each_kind(items: list[Item]) -> None:
    counts = Counter(item.kind for item in items)
    assert counts["place"] >= 60
    assert counts["film"] >= 60
    assert counts["song"] >= 60
    assert counts["activity"] >= 40


def test_every_category_has_several_items_to_choose_from(items: list[Item]) -> None:
    counts = Counter((item.kind, item.category) for item in items)
    assert {name: count for name, count in counts.items() if count < 3} == {}


def test_every_item_says_what_it_is_like_and_where_that_is_known_from(items: list[Item]) -> None:
    assert all(len(item.tags) >= 2 and item.source for item in items)


def test_films_and_songs_have_a_maker_and_a_year(items: list[Item]) -> None:
    works = [item for item in items if item.kind in ("film", "song")]
    assert all(item.creator for item in works)
    assert [item.title for item in works if item.year is None] == ["Cello Suite No. 1, Prelude"]


def test_hours_and_addresses_stand_only_where_a_source_is_named(items: list[Item]) -> None:
    for item in items:
        if item.hours:
            assert "hours" in item.source, item.id
        assert item.latitude is None, item.id
        assert not item.price, item.id
        if item.source == UNVERIFIED:
            assert not item.hours, item.id
            assert not item.address, item.id


def test_nothing_scary_or_alcoholic_is_for_all_ages(items: list[Item]) -> None:
    for item in items:
        if item.category in ("horror", "thriller", "action"):
            assert item.minimum_age >= 12, item.id
        if item.category == "horror":
            assert item.minimum_age >= 16, item.id
        if item.category == "clubs and bars" or "cocktails" in item.tags or "Bar" in item.title:
            assert item.minimum_age >= 18, item.id


def test_there_is_something_of_each_kind_for_all_ages(items: list[Item]) -> None:
    counts = Counter(item.kind for item in items if item.minimum_age == 0)
    assert min(counts[kind] for kind in ("place", "film", "song", "activity")) >= 15


def test_the_rules_and_the_example_speak_of_the_same_tags(root: Path, items: list[Item]) -> None:
    rules = load_rules(root / "catalogue" / "rules.yaml")
    liked = [*rules.age.values(), *rules.gender.values(), *rules.company.values()]
    liked += [*rules.weather.values(), *(part.likes for part in rules.hours)]
    words = json.loads((FOLDER / "en.json").read_text(encoding="utf-8"))["tags"]
    named = {*rules.affect, *words, *(name for likes in liked for name in likes)}
    tags = {tag for item in items for tag in item.tags}
    categories = {item.category for item in items}
    assert tags - named == set()
    assert named - tags - categories - {item.kind for item in items} - imported_tags() == set()
    assert categories - set(rules.affect) == set()


def imported_tags() -> set[str]:
    """Tags and categories that `wayside catalogue import` gives, cuisines among them."""
    presets = names("en")
    known = {tag for name in presets if (like := characters().of(name)) for tag in like.tags}
    known |= {tag for _, _, tag in openstreetmap.FEATURE_TAGS}
    for table in TABLES:
        known |= {name for row in meanings(table).rows for name in (row.category, *row.tags)}
    return known | CUISINES


@pytest.mark.real_data
def test_places_go_by_the_categories_of_emopoi(wayside_data: Path, items: list[Item]) -> None:
    path = wayside_data / "ancestry" / "emopoi_places.csv"
    with path.open(encoding="utf-8", newline="") as file:
        known = {row["category"] for row in csv.DictReader(file)}
    assert {item.category for item in items if item.kind == "place"} == known


def test_every_activity_is_as_the_table_of_activities_says(items: list[Item]) -> None:
    known = meanings("activities")
    for item in items:
        if item.kind == "activity":
            row = known.within(item.title)[0]
            said = (item.category, item.valence, item.arousal, item.suits, item.stay)
            assert said == (row.category, row.valence, row.arousal, row.suits, row.stay), item.id
            assert not {"indoor", "outdoor"} <= {*row.tags, *item.tags}, item.id
