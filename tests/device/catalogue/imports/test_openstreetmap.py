"""An extract becomes places that a visitor may go to; what it does not say well is left out."""

# failure 48

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.catalogue.columns import COLUMNS
from device.catalogue.imports.imported import Imported
from device.catalogue.imports.openstreetmap import CREDIT, read
from device.catalogue.store import TAG_SEPARATOR
from device.presets.presets import names
from device.values import Item
from tests.device.catalogue.imports.town import HERE, Town

Import = Callable[[Town], Imported]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return lambda town: read(town.write(tmp_path / "town.osm.pbf"), lambda done, total: None)


@pytest.fixture
def place(imported: Import) -> Callable[..., Item]:
    """The item of one node with these tags."""

    def of(**tags: str) -> Item:
        town = Town()
        town.node(**{"name": "A Place", **tags})
        (item,) = imported(town).items
        return item

    return of


def test_a_place_has_all_that_the_map_says_of_it(place: Callable[..., Item]) -> None:
    item = place(
        name="Kiasma", name__sv="Kiasma", name__zh="奇亚斯玛当代艺术博物馆", tourism="museum",
        museum="art", website="https://kiasma.fi/", wikidata="Q1634254", wheelchair="yes",
        opening_hours="Tu 10:00-17:00; We-Fr 10:00-20:30", addr__street="Mannerheiminaukio",
        addr__housenumber="2", charge="18 EUR", fee="yes",
    )  # fmt: skip
    assert (item.id, item.kind, item.title) == ("osm-n1", "place", "Kiasma")
    assert item.category.startswith("tourism/museum")
    assert item.titles == {"sv": "Kiasma", "zh": "奇亚斯玛当代艺术博物馆"}
    assert item.address == "Mannerheiminaukio 2"
    assert item.hours == "Tu 10:00-17:00; We-Fr 10:00-20:30"
    assert (item.link, item.wikidata) == ("https://kiasma.fi/", "Q1634254")
    assert (item.wheelchair, item.price, item.minimum_age) == ("yes", "18 EUR", 0)
    assert (item.latitude, item.longitude) == pytest.approx((HERE[1], HERE[0]))
    assert item.stay == 90
    assert item.valence is not None
    assert "indoor" in item.tags
    assert item.credit == CREDIT
    assert item.source == "OpenStreetMap 2024-05-06"


def test_nodes_ways_and_relations_are_places_with_one_point_each(imported: Import) -> None:
    town = Town()
    town.node(0, 0, name="Node", amenity="cafe")
    town.way([(100, 0), (200, 0), (300, 0)], name="Line", man_made="pier")
    town.square(0, 100, 40, name="Square", leisure="park")
    outer = town.square(0, 300, 90)
    inner = town.square(30, 330, 30)
    town.relation(
        ("w", outer, "outer"), ("w", inner, "inner"), type="multipolygon", name="Ring",
        leisure="garden",
    )  # fmt: skip
    town.relation(("n", 1, ""), ("w", 2, ""), type="site", name="Site", tourism="museum")
    items = {item.title: item for item in imported(town).items}
    assert {title: item.id for title, item in items.items()} == {
        "Node": "osm-n1", "Line": "osm-w1", "Square": "osm-w2", "Ring": "osm-r1", "Site": "osm-r2",
    }  # fmt: skip
    assert metres(items["Line"]) == pytest.approx((200, 0), abs=0.2)
    assert metres(items["Square"]) == pytest.approx((20, 120), abs=0.2)
    assert metres(items["Site"]) == pytest.approx((10, 60), abs=0.2)
    east, north = metres(items["Ring"])
    assert 0 < east < 90
    assert 300 < north < 390
    assert not (30 < east < 60 and 330 < north < 360), "the point lies in the hole"


def test_the_point_of_a_bent_area_lies_on_it(imported: Import) -> None:
    town = Town()
    corners = [(0, 0), (100, 0), (100, 100), (80, 100), (80, 20), (20, 20), (20, 100), (0, 100)]
    town.way([*corners, corners[0]], name="Horseshoe", leisure="park")
    (item,) = imported(town).items
    east, north = metres(item)
    assert north < 20 or not 20 < east < 80


def test_what_the_extract_holds_only_in_part_is_where_its_part_is(imported: Import) -> None:
    town = Town()
    there = town.square(0, 0, 40)
    town.relation(
        ("w", there, "outer"), ("w", 999, "outer"), type="multipolygon", name="Cut", leisure="park"
    )
    town.relation(("w", 998, "outer"), type="multipolygon", name="Away", leisure="park")
    result = imported(town)
    assert [item.title for item in result.items] == ["Cut"]
    assert result.rows.counts["without coordinates"] == 1


@pytest.mark.parametrize(
    "tags",
    [
        {"amenity": "casino", "tourism": "attraction"},
        {"tourism": "attraction", "gambling": "slot_machines"},
        {"leisure": "adult_gaming_centre"},
        {"leisure": "amusement_arcade"},
        {"amenity": "gambling_hall", "tourism": "attraction"},
        {"amenity": "nightclub;restaurant"},
        {"amenity": "restaurant; bar"},
        {"amenity": "cafe", "shop": "cannabis"},
        {"amenity": "bar"},
        {"amenity": "pub", "historic": "monument"},
        {"amenity": "hookah_lounge"},
        {"amenity": "cafe", "hookah": "yes"},
        {"shop": "tobacco"},
        {"shop": "e-cigarette"},
        {"shop": "erotic"},
        {"shop": "alcohol"},
        {"shop": "wine"},
        {"shop": "convenience;alcohol"},
        {"shop": "lottery"},
        {"shop": "bookmaker"},
        {"craft": "brewery", "tourism": "attraction"},
        {"amenity": "restaurant", "min_age": "21"},
        {"amenity": "restaurant", "name": "Sports Bar Casino Helsinki"},
    ],
)
def test_a_place_for_adults_is_one_whatever_else_it_is(
    place: Callable[..., Item], tags: dict[str, str]
) -> None:
    assert place(**tags).minimum_age >= 18


@pytest.mark.parametrize(
    "tags",
    [
        {"amenity": "cafe", "name": "Barbara"},
        {"amenity": "restaurant", "gambling": "no"},
        {"tourism": "museum"},
        {"shop": "books"},
        {"amenity": "fast_food", "cuisine": "burger"},
        {"leisure": "playground"},
    ],
)
def test_other_places_are_for_all_ages(place: Callable[..., Item], tags: dict[str, str]) -> None:
    assert place(**tags).minimum_age == 0


@pytest.mark.parametrize(
    "name",
    [
        "متحف بحيرة الغرب",
        "<b>Bar & Grill</b>",
        'The "Old" Well',
        "Ääkkönen",
        "🍕🍕🍕",
        "=1+1",
        "O'Brien",
    ],
)
def test_a_name_is_text_in_any_script(place: Callable[..., Item], name: str) -> None:
    assert place(name=name, shop="books").title == name


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"opening_hours": "Seasonal, only summer time"}, "hours: not understood"),
        ({"website": "https://not a host/"}, "link: not understood"),
        ({"website": "javascript:alert(1)"}, "link: not understood"),
        ({"wikidata": "the museum"}, "wikidata: not understood"),
        ({"addr:street": "s" * 250}, "address: not understood"),
        ({"charge": "c" * 100}, "price: not understood"),
        ({"name:fi": "n" * 200}, "title in another language: not understood"),
    ],
)
def test_a_cell_that_cannot_be_read_is_left_empty_and_counted(
    imported: Import, tags: dict[str, str], why: str
) -> None:
    town = Town()
    town.node(name="Whole", shop="books", **{key.replace(":", "__"): v for key, v in tags.items()})
    result = imported(town)
    assert [item.title for item in result.items] == ["Whole"]
    assert result.cells.counts == {why: 1}
    assert any(why in line for line in result.report("town.osm.pbf"))


def test_what_is_nothing_to_go_to_is_left_out_and_counted(imported: Import) -> None:
    town = Town()
    town.node(name="A Cafe", amenity="cafe")
    town.node(100, name="A Bank", amenity="bank")
    town.node(200, name="An Undertaker", shop="funeral_directors")
    town.node(300, name="A Firm", office="company")
    town.node(400, name="Gone", amenity="cafe", disused="yes")
    town.node(500, name="Members", leisure="garden", access="private")
    town.node(600, name="n" * 121, amenity="cafe")
    town.node(700, amenity="cafe")
    town.way([(0, 0), (10, 10)], name="A Street", highway="residential")
    result = imported(town)
    assert [item.title for item in result.items] == ["A Cafe"]
    assert result.rows.counts == {
        "not a place to go to: amenity": 1,
        "not a place to go to: shop": 1,
        "not a place to go to: office": 1,
        "closed for good": 1,
        "not open to the public": 1,
        "no name that can be shown": 1,
    }


@pytest.mark.parametrize(
    ("tags", "link"),
    [
        ({"website": "www.example.fi"}, "http://www.example.fi"),
        ({"contact:website": "https://a.fi;https://b.fi"}, "https://a.fi"),
        ({"website": "https://not a host/", "wikipedia": "fi:Vanha kirkko"},
         "https://fi.wikipedia.org/wiki/Vanha_kirkko"),
        ({"wikipedia": "an article"}, "https://www.openstreetmap.org/node/1"),
        ({}, "https://www.openstreetmap.org/node/1"),
    ],
)  # fmt: skip
def test_a_card_links_to_the_place_to_an_article_or_to_the_map(
    place: Callable[..., Item], tags: dict[str, str], link: str
) -> None:
    tags = {key.replace(":", "__"): value for key, value in tags.items()}
    assert place(amenity="cafe", **tags).link == link


def test_what_others_wrote_of_a_place_raises_it_and_a_chain_is_lowered(
    place: Callable[..., Item],
) -> None:
    plain = place(amenity="cafe").popularity or 0
    assert (place(amenity="cafe", wikidata="Q1").popularity or 0) > plain
    assert (place(amenity="cafe", website="https://a.fi").popularity or 0) > plain
    assert (place(amenity="cafe", brand="Star").popularity or 0) < plain
    assert (place(amenity="cafe", brand="Star", website="https://a.fi").popularity or 0) < plain
    low = [{"shop": "convenience"}, {"historic": "memorial", "memorial": "plaque"}]
    for tags in low:
        assert (place(**tags).popularity or 0) < 0.1


def test_a_name_that_stands_in_three_streets_is_a_chain_without_a_brand(imported: Import) -> None:
    town = Town()
    for street, name in enumerate(["Star", "STAR", "Moon", "Star", "Moon"]):
        town.node(street * 300, 0, name=name, amenity="cafe", website="https://a.fi")
    found = {item.title.lower(): item.popularity or 0 for item in imported(town).items}
    assert found["star"] < found["moon"]


def test_an_extract_that_may_have_lost_its_ways_is_doubted(imported: Import) -> None:
    town = Town()
    town.node(name="A Cafe", amenity="cafe")
    assert imported(town).about.endswith("it holds nodes alone: is it the whole file?")
    town.square(0, 0, 9, name="A Park", leisure="park")
    assert "whole" not in imported(town).about


def test_the_day_of_the_data_is_that_of_the_extract(tmp_path: Path) -> None:
    town = Town()
    town.node(name="A Cafe", amenity="cafe")
    path = town.write(tmp_path / "town.osm.pbf", day="2025-01-02")
    (item,) = read(path, lambda done, total: None).items
    assert item.source == "OpenStreetMap 2025-01-02"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            ["name", "name:fi", "name:xx-yy", "opening_hours", "website", "wikidata", "wikipedia",
             "cuisine", "addr:street", "addr:housenumber", "min_age", "wheelchair", "charge",
             "amenity", "shop", "tourism", "gambling"]
        ),
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
            st.sampled_from(["cafe", "museum", "24/7", "yes", "Q1", "fi:A", ";;", "a;b", "https://"]),
        ),
    )
)  # fmt: skip
def test_no_text_of_a_tag_breaks_an_import(tmp_path: Path, tags: dict[str, str]) -> None:
    town = Town()
    town.node(**{"amenity": "cafe", **{key.replace(":", "__"): v for key, v in tags.items()}})
    for item in read(town.write(tmp_path / "t.osm.pbf"), lambda done, total: None).items:
        for column in COLUMNS:
            value = getattr(item, column.name)
            cell = TAG_SEPARATOR.join(value) if isinstance(value, tuple) else str(value)
            assert column.value("" if value is None else cell) == value, column.name


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("town", "rows", "no_shops", "hours"),
    [("helsinki", 1040, 575, 465), ("monaco", 305, 200, 52)],
)
def test_a_real_town_becomes_a_full_table(
    wayside_data: Path, town: str, rows: int, no_shops: int, hours: int
) -> None:
    path = wayside_data / "catalogue" / "osm" / f"{town}.osm.pbf"
    result = read(path, lambda done, total: None)
    items = result.items
    assert len(items) >= rows
    assert sum(not item.category.startswith("shop") for item in items) >= no_shops
    known = sum(bool(item.hours) for item in items)
    assert known >= hours
    assert result.cells.counts["hours: not understood"] <= 0.035 * known
    assert sum("/" not in item.category for item in items) <= 0.02 * len(items)
    assert all(names("en").get(item.category) for item in items)
    assert len({item.id for item in items}) == len(items)
    casinos = [item for item in items if "casino" in item.category]
    assert casinos
    assert all(item.minimum_age >= 18 for item in casinos)


def metres(item: Item) -> tuple[float, float]:
    """Metres east and north of the town's middle."""
    assert item.longitude is not None
    assert item.latitude is not None
    return (item.longitude - HERE[0]) * 55_300, (item.latitude - HERE[1]) * 111_195
