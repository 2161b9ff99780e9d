"""A place is found without any service: by name, by coordinates, on a map of the kiosk's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.catalogue.network import Network
from device.catalogue.polylines import Lines
from device.config import load_config
from device.setup.places import MAP_M, MOST, search, streets, towns
from device.values import Item

LIBRARY = Item("p1", "place", "Oodi Library", "library", latitude=60.174, longitude=24.938,
               address="Töölönlahdenkatu 4")  # fmt: skip
FILM = Item("f1", "film", "The Library", "drama")


def test_a_place_of_the_table_is_found_by_words_of_its_title_or_address() -> None:
    for text in ("oodi", "LIBRARY oodi", "toolonlahden", "Töölönlahdenkatu"):
        (found,) = search(text, [FILM, LIBRARY])
        assert (found.name, found.latitude, found.longitude) == ("Oodi Library", 60.174, 24.938)


def test_a_town_is_found_with_its_time_zone_and_country() -> None:
    (found,) = search("sao paulo", [])
    assert (found.timezone, found.country, found.about) == ("America/Sao_Paulo", "BR", "Brazil")
    assert (found.latitude, found.longitude) == (-23.5333, -46.6167)


@pytest.mark.parametrize(
    "text",
    [
        "60.1699, 24.9384",
        "60.1699 24.9384",
        "geo:60.1699,24.9384?z=17",
        "https://www.openstreetmap.org/#map=17/60.1699/24.9384",
    ],
)
def test_coordinates_are_a_place_however_they_were_copied(text: str) -> None:
    (found,) = search(text, [])
    assert (found.latitude, found.longitude) == (60.1699, 24.9384)


@pytest.mark.parametrize(
    "text", ["", "  ", "91.5, 10.0", "no such place anywhere", "\N{MINUS SIGN}"]
)
def test_what_is_nowhere_is_not_found(text: str) -> None:
    assert search(text, [LIBRARY]) == []


def test_a_search_finds_few() -> None:
    assert len(search("a", [LIBRARY])) == MOST


def test_every_zone_has_a_town_on_the_globe() -> None:
    assert len(towns()) > 400
    for town in towns():
        assert abs(town.latitude) <= 90
        assert abs(town.longitude) <= 180


def test_the_map_is_in_metres_around_the_place() -> None:
    points = np.array([[60_170_000, 24_940_000], [60_171_000, 24_940_000]], np.int64)
    far = points + 1_000_000
    lines = Lines(np.concatenate([points, far]), np.array([0, 2, 4]))
    network = Network(lines, ("© OpenStreetMap contributors",))
    assert streets(network, 60.17, 24.94) == {
        "path": "M0 0L0 -111",
        "metres": MAP_M,
        "credits": ["© OpenStreetMap contributors"],
    }


def test_the_shipped_town_has_a_map_of_its_square_in_a_moment(root: Path) -> None:
    from device.catalogue.store import read_footways

    config = load_config(root / "config.yaml")
    drawn = streets(read_footways(config.matching.catalogue), 60.1699, 24.9384)
    assert 10_000 < len(drawn["path"]) < 400_000


def test_without_ways_there_is_no_map() -> None:
    assert streets(None, 60.17, 24.94)["path"] == ""
