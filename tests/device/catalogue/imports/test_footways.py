"""Of the ways of an extract those are kept that people may walk on, in every file made of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from device.catalogue.imports.footways import walked
from device.catalogue.imports.importers import combine
from device.catalogue.imports.openstreetmap import read
from device.catalogue.network import Network
from device.catalogue.store import FOOTWAYS, Catalogue
from device.errors import UserError
from tests.device.catalogue.imports.test_importers import run
from tests.device.catalogue.imports.town import Town
from tests.device.catalogue.streets import Corner, edges

ALONG: list[Corner] = [(0, 0), (600, 0)]

Ways = Callable[[Town], list[list[Corner]]]


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    """The edges of the footways of a town, in metres."""

    def of(town: Town) -> list[list[Corner]]:
        network = imported(town, tmp_path / "town.sqlite").network
        return [] if network is None else edges(network)

    return of


def imported(town: Town, out: Path) -> Catalogue:
    town.node(50, 50, name="A Cafe", amenity="cafe")
    extract = town.write(out.with_suffix(".osm.pbf"), day="2025-01-02")
    combine([read(extract, lambda done, total: None)], out)
    return Catalogue.open(out)


@pytest.mark.parametrize(
    "tags",
    [
        *({"highway": kind} for kind in (
            "footway", "path", "steps", "pedestrian", "residential", "living_street", "service",
            "track", "primary", "secondary_link", "cycleway", "corridor", "unclassified",
        )),
        {"highway": "residential", "bridge": "yes", "layer": "1"},
        {"highway": "trunk", "foot": "designated"},
        {"highway": "service", "access": "private", "foot": "yes"},
        {"highway": "footway", "access": "customers"},
        {"highway": "residential", "tunnel": "yes", "layer": "-1"},
        {"man_made": "pier"},
        {"railway": "platform"},
        {"leisure": "track", "foot": "yes"},
    ],
)  # fmt: skip
def test_people_walk_on_it(tags: dict[str, str], ways: Ways) -> None:
    town = Town()
    town.way(ALONG, **tags)
    assert ways(town) == [ALONG]


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "motorway"},
        {"highway": "trunk_link"},
        {"highway": "primary", "motorroad": "yes"},
        {"highway": "cycleway", "foot": "no"},
        {"highway": "residential", "access": "private"},
        {"highway": "primary", "foot": "use_sidepath"},
        {"highway": "construction", "construction": "footway", "foot": "yes"},
        {"highway": "service", "tunnel": "yes", "layer": "-3"},
        {"route": "ferry", "foot": "yes"},
        {"railway": "rail"},
        {"waterway": "river"},
        {"building": "yes"},
    ],
)
def test_people_do_not_walk_on_it(tags: dict[str, str]) -> None:
    assert not walked(tags)


def test_a_motorway_is_no_way_to_the_other_side(ways: Ways) -> None:
    town = Town()
    town.way(ALONG, highway="residential")
    town.way([(600, 0), (600, 600)], highway="motorway")
    town.way([(600, 600), (0, 600)], highway="residential")
    assert sorted(ways(town)) == [ALONG, [(600, 600), (0, 600)][::-1]]


def test_squares_are_walked_by_their_outline(ways: Ways) -> None:
    town = Town()
    town.square(0, 0, 200, highway="pedestrian", area="yes")
    outline = town.square(0, 1000, 200)
    town.relation(("w", outline, "outer"), type="multipolygon", highway="pedestrian")
    town.square(0, 2000, 200)
    rings = ways(town)
    assert len(rings) == 2
    assert {min(north for _, north in ring) for ring in rings} == {0, 1000}


def test_a_gate_that_is_closed_to_the_public_cuts_a_way(ways: Ways) -> None:
    town = Town()
    corners: list[Corner] = [(0, 0), (700, 0), (750, 0), (800, 0), (1500, 0)]
    town.way(corners, highway="service")
    town.alter(3, barrier="gate", access="private")
    assert ways(town) == [corners[:2], corners[3:]]
    town.alter(3, barrier="gate")
    assert ways(town) == [corners]


def test_two_extracts_become_one_network(tmp_path: Path) -> None:
    west, east = Town(), Town()
    west.way([(0, 0), (600, 0), (700, 0)], highway="footway")
    east.way([(600, 0), (700, 0), (1400, 0)], highway="footway")
    west.node(0, 10, name="West", amenity="cafe")
    east.node(1400, 10, name="East", amenity="cafe")
    files = [west.write(tmp_path / "west.osm.pbf"), east.write(tmp_path / "east.osm.pbf")]
    run("import", *files, "--out", tmp_path / "both.sqlite")
    network = Catalogue.open(tmp_path / "both.sqlite").network
    assert network is not None
    assert edges(network) == [[(0, 0), (600, 0), (700, 0), (1400, 0)]]
    run("import", *files[::-1], "--out", tmp_path / "turned.sqlite")
    turned = Catalogue.open(tmp_path / "turned.sqlite").network
    assert turned is not None
    assert turned.encode() == network.encode()


def test_a_table_to_edit_has_the_footways_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = Town()
    town.node(50, 50, name="A Cafe", amenity="cafe")
    town.way(ALONG, highway="footway")
    extract = town.write(tmp_path / "town.osm.pbf", day="2025-01-02")
    table, direct, built = (tmp_path / name for name in ("town.csv", "a.sqlite", "b.sqlite"))
    run("import", extract, "--out", table)
    beside = table.with_suffix(".footways")
    assert capsys.readouterr().out.endswith(f"{table} and {beside}: 1 items, 1 km of footways\n")
    run("import", extract, "--out", direct)
    run("build", table, beside, "--out", built)
    assert built.read_bytes() == direct.read_bytes()
    assert run("check", table, beside) == 0
    assert f"{beside}: 1 footways" in capsys.readouterr().out
    said = Network.read(beside).credits
    assert said == ("OpenStreetMap 2025-01-02: © OpenStreetMap contributors, ODbL",)
    table.unlink()
    with pytest.raises(UserError, match=r"town\.footways: is there already"):
        run("import", extract, "--out", table)
    assert not table.exists()


def test_a_table_without_footways_has_none(tmp_path: Path) -> None:
    assert imported(Town(), tmp_path / "town.sqlite").network is None


def test_footways_that_have_changed_in_the_table_are_one_line(tmp_path: Path) -> None:
    town = Town()
    town.way(ALONG, highway="footway")
    path = tmp_path / "town.sqlite"
    network = imported(town, path).network
    assert network is not None
    content = network.encode()
    whole = path.read_bytes()
    assert whole.count(content) == 1
    path.write_bytes(whole.replace(content, content[:-3] + b"AA\n"))
    with pytest.raises(UserError) as caught:
        Catalogue.open(path)
    assert f"{FOOTWAYS} has changed" in str(caught.value)
    assert "\n" not in str(caught.value)
