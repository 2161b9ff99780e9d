"""A place that is mapped twice is one place; two branches of a chain are two."""

# failure 48

from __future__ import annotations

from pathlib import Path

import pytest

from device.catalogue.imports.imported import Imported
from device.catalogue.imports.openstreetmap import read
from tests.device.catalogue.imports.town import Town


def imported(town: Town, folder: Path) -> Imported:
    return read(town.write(folder / "town.osm.pbf"), lambda done, total: None)


def test_an_entrance_in_its_building_is_one_place_that_knows_all_of_both(tmp_path: Path) -> None:
    town = Town()
    town.node(10, 90, name="Ateneum", tourism="museum", wheelchair="yes")
    town.square(
        0, 0, 200, name="ATENEUM", tourism="museum", wikidata="Q754507",
        website="https://ateneum.fi/", opening_hours="Tu-Su 10:00-17:00",
    )  # fmt: skip
    result = imported(town, tmp_path)
    (item,) = result.items
    assert (item.wheelchair, item.wikidata) == ("yes", "Q754507")
    assert item.hours == "Tu-Su 10:00-17:00"
    assert result.rows.counts == {"mapped twice": 1}


def test_the_same_name_a_few_metres_on_is_one_place_and_across_town_two(tmp_path: Path) -> None:
    town = Town()
    town.node(0, 0, name="Café Ursula", amenity="cafe")
    town.node(30, 0, name="cafe\u0301 Ursula", amenity="restaurant")
    town.node(400, 0, name="Café Ursula", amenity="cafe")
    assert len(imported(town, tmp_path).items) == 2


def test_merged_places_are_for_adults_if_one_of_them_is(tmp_path: Path) -> None:
    town = Town()
    town.node(0, 0, name="Casa", amenity="restaurant", cuisine="italian", website="https://a.fi")
    town.node(20, 0, name="Casa", amenity="bar")
    (item,) = imported(town, tmp_path).items
    assert item.category == "amenity/restaurant/italian"
    assert item.minimum_age == 18


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"addr__street": "A", "addr__housenumber": "1"},
         {"addr__street": "A", "addr__housenumber": "3"}),
        ({"branch": "East"}, {"branch": "West"}),
        ({"level": "0"}, {"level": "1"}),
        ({"brand": "Star"}, {"brand": "Star"}),
    ],
)  # fmt: skip
def test_branches_of_a_chain_stay_apart(
    tmp_path: Path, one: dict[str, str], other: dict[str, str]
) -> None:
    town = Town()
    town.node(0, 0, name="Star", amenity="cafe", **one)
    town.node(25, 0, name="Star", amenity="cafe", **other)
    assert len(imported(town, tmp_path).items) == 2


def test_namesakes_without_a_letter_in_their_names_are_compared_too(tmp_path: Path) -> None:
    town = Town()
    town.node(0, 0, name="!!!", amenity="cafe")
    town.node(5, 0, name="???", amenity="cafe")
    assert len(imported(town, tmp_path).items) == 2
