"""What a catalogue has and lacks, counted, and drawn as a map."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from device.catalogue import survey_map
from device.catalogue.network import Network
from device.catalogue.polylines import SCALE, Lines
from device.catalogue.survey import Survey, survey
from device.catalogue.survey_map import MOST_DOTS, MOST_POINTS, WIDTH, View, draw, nice
from device.catalogue.survey_page import page
from device.config import PlaceConfig
from device.values import Item

HERE = PlaceConfig(latitude=60.17, longitude=24.94, timezone="Europe/Helsinki")
CAFE = Item(
    "cafe", "place", "A Café", "amenity/cafe", latitude=60.171, longitude=24.95, hours="24/7",
    link="https://example.org", source="Map 2019-04-21", credit="© them", titles={"fi": "Kahvila"},
)  # fmt: skip
SONG = Item("song", "song", "A Song", "pop", source="a friend", picture="song.jpg")
NOWHERE = Item("nowhere", "place", "Nowhere", "sights", hours="PH 10:00-12:00", source="a friend")


def surveyed(*items: Item, **about: object) -> Survey:
    given: dict = {
        "place": HERE,
        "languages": ("en",),
        "vocabulary": {"amenity/cafe", "pop"},
        "pictures": {},
        "never": {},
    }
    return survey(items, **(given | about))


def lacking(found: Survey) -> dict[str, tuple[int, int, tuple[str, ...]]]:
    return {gap.what: (gap.items, gap.of, gap.examples) for gap in found.gaps}


def test_items_are_counted_by_kind_category_source_credit_and_day_of_the_data() -> None:
    found = surveyed(CAFE, replace(CAFE, id="cafe-2"), SONG)
    assert found.kinds == {"place": 2, "song": 1}
    assert found.categories == {("place", "amenity/cafe"): 2, ("song", "pop"): 1}
    first, second = found.sources
    assert (first.name, first.date, first.credit, first.items) == (
        "Map 2019-04-21", "2019-04-21", "© them", 2,
    )  # fmt: skip
    assert (second.name, second.date, second.credit) == ("a friend", "", "")


def test_gaps_are_counted_among_those_that_could_have_it_with_examples() -> None:
    gaps = lacking(surveyed(CAFE, NOWHERE, SONG, languages=("en", "sv")))
    assert gaps["coordinates"] == (1, 2, ("nowhere",))
    assert gaps["opening hours"] == (0, 2, ())
    assert gaps["opening hours that are understood here"] == (1, 2, ("nowhere",))
    assert gaps["a picture"] == (2, 3, ("cafe", "nowhere"))
    assert gaps["a link"] == (2, 3, ("nowhere", "song"))
    assert gaps["a title of its own in sv"][0] == 3
    assert gaps["a title of its own in fi"] == (2, 3, ("nowhere", "song"))
    assert gaps["words for its category"] == (1, 3, ("nowhere",))


def test_pictures_are_counted_by_cell_and_by_name() -> None:
    named = replace(CAFE, picture="town/cafe.jpg")
    found = surveyed(named, SONG, NOWHERE, pictures={"cafe": "town/cafe.jpg", "song": "old.jpg"})
    assert found.pictures == (1, 1)


def test_items_that_are_never_shown_are_named_by_reason() -> None:
    (never,) = surveyed(CAFE, SONG, never={"hidden": [1]}).never
    assert (never.what, never.items, never.of, never.examples) == ("hidden", 1, 2, ("song",))


def circles(svg: str) -> list[ET.Element]:
    return [dot for layer in ET.fromstring(svg).iter("g") if "dots" in layer.get("class", "")
            for dot in layer]  # fmt: skip


def test_each_place_is_a_dot_with_its_title_and_the_kiosk_is_on_the_map() -> None:
    drawing = draw([CAFE, replace(CAFE, id="b", title="B", longitude=24.93), SONG], HERE)
    assert drawing
    told = [dot.findtext("title") for dot in circles(drawing.svg)]
    assert told == ["A Café · amenity/cafe · cafe", "B · amenity/cafe · b"]
    right, left = (float(dot.get("cx", 0)) for dot in circles(drawing.svg))
    assert left < right
    assert 'class="kiosk"' in drawing.svg
    assert drawing.groups == (("amenity", 2),)
    assert (drawing.outside, drawing.cell_m, drawing.kiosk_outside) == (0, None, False)


def test_without_a_coordinate_there_is_no_map() -> None:
    assert draw([SONG, NOWHERE], HERE) is None
    text = page(surveyed(SONG, NOWHERE), None, "x", "y", date(2026, 11, 29))
    assert "No item has coordinates" in text


def test_distances_on_the_map_are_true_north_and_east() -> None:
    view = View.of([(60.16, 24.90), (60.18, 24.98)], None)
    x, y = view.at(60.17, 24.94)
    north, east = view.at(60.18, 24.94), view.at(60.17, 24.96)
    assert (y - north[1]) * view.scale == pytest.approx(1112, rel=0.01)
    assert (east[0] - x) * view.scale == pytest.approx(1106, rel=0.01)  # 111.2 km cos(60.17)


def test_a_town_on_the_date_line_is_whole() -> None:
    view = View.of([(-16.8, 179.98), (-16.8, -179.98)], (-16.8, 180.0))
    left, right = view.at(-16.8, 179.98), view.at(-16.8, -179.98)
    assert 0 < left[0] < right[0] < WIDTH


def test_one_item_on_another_continent_does_not_make_the_town_a_point() -> None:
    town = [replace(CAFE, id=f"c{n}", latitude=60.16 + n / 50_000) for n in range(500)]
    drawing = draw([*town, replace(CAFE, id="far", latitude=-33.0, longitude=151.0)], HERE)
    assert drawing
    assert drawing.outside >= 1
    assert float(ET.fromstring(drawing.svg).get("data-metres", "")) < 10
    far = draw(town, PlaceConfig(latitude=43.7, longitude=7.4))
    assert far
    assert far.kiosk_outside
    assert 'class="kiosk"' not in far.svg


def test_a_hundred_thousand_items_make_few_dots_and_the_page_says_so() -> None:
    crowd = [
        replace(CAFE, id=f"c{n}", category=f"{n % 9}/x",
                latitude=60.1 + (n * 7919 % 100_000) / 1e6, longitude=24.8 + n / 400_000)
        for n in range(100_000)
    ]  # fmt: skip
    drawing = draw(crowd, HERE)
    assert drawing
    dots = circles(drawing.svg)
    assert len(dots) <= MOST_DOTS * 1.1
    told = (re.match(r"(\d+) items: ", dot.findtext("title") or "") for dot in dots)
    assert sum(int(many[1]) if many else 1 for many in told) == 100_000 - drawing.outside
    text = page(surveyed(CAFE), drawing, "x", "y", date(2026, 11, 29))
    assert "too many items to draw each" in text
    assert len(text) < 2_000_000


def test_what_people_wrote_is_text_and_never_markup() -> None:
    evil = '<script>alert("1")</script>&\'"'
    item = replace(CAFE, title=evil, category=evil, source=evil, credit=evil, id=evil)
    found = surveyed(item, vocabulary=())
    drawing = draw([item], HERE)
    text = page(found, drawing, evil, evil, date(2026, 11, 29))
    assert "<script>alert" not in text
    assert text.count("<script>") == 1
    body = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r'\b(src|href)="(?!data:)', body)


def test_lengths_of_scales_are_round() -> None:
    assert [nice(n) for n in (1, 1.9, 4, 7, 99, 250, 0.04)] == [1, 1, 2, 5, 50, 200, 0.02]
    assert survey_map.length(500) == "500 m"
    assert survey_map.length(2000) == "2 km"


def network(*lines: list[tuple[float, float]]) -> Network:
    points = [point for line in lines for point in line]
    starts = np.cumsum([0, *map(len, lines)])
    return Network(Lines((np.array(points) * SCALE).astype(np.int64), starts), ("© walkers",))


def ways(svg: str) -> list[list[list[float]]]:
    """Points of the ways that are drawn, line by line."""
    (path,) = (g[0] for g in ET.fromstring(svg).iter("g") if g.get("class") == "ways")
    lines = (path.get("d") or "").split("M")[1:]
    return [[[float(n) for n in point.split()] for point in line.split("L")] for line in lines]


def test_footways_are_drawn_where_the_items_are_and_their_credit_is_shown() -> None:
    here = [(60.170, 24.94), (60.171, 24.95), (60.171, 24.9501)]
    walks = network(here, [(48.0, 2.0), (48.1, 2.1)])
    drawing = draw([CAFE], HERE, walks)
    assert drawing
    (line,) = ways(drawing.svg)
    (dot,) = circles(drawing.svg)
    assert line[1] == pytest.approx([float(dot.get("cx", 0)), float(dot.get("cy", 0))], abs=0.3)
    text = page(surveyed(CAFE), drawing, "x", "y", date(2026, 11, 29), walks.credits)
    assert "<footer>© them · © walkers</footer>" in text
    assert draw([CAFE], HERE, Network(Lines(np.zeros((0, 2), np.int64), np.zeros(1, np.int64))))


def test_a_large_network_is_drawn_coarsely() -> None:
    dice = np.random.default_rng(1)
    starts = dice.uniform((60.165, 24.93), (60.175, 24.95), (40_000, 2))
    lines = [[tuple(p + step) for step in np.arange(4)[:, None] * 2e-5] for p in starts]
    drawing = draw([CAFE], HERE, network(*lines))
    assert drawing
    assert 1_000 < sum(map(len, ways(drawing.svg))) <= MOST_POINTS
