"""A card leads somewhere: touched, it opens and says when, for how much and how to get there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from device.catalogue.build import write
from device.catalogue.store import Catalogue
from device.config import PlaceConfig
from device.matching.ways import Ways
from device.values import Item
from tests.brokers import wait_until
from tests.device.catalogue.streets import network, place
from tests.device.display.misplaced import misplaced_in_any_language
from tests.device.display.stage import (
    FILM,
    FINISH,
    ON_FOOT,
    ROUTE,
    SIZES,
    Stage,
    message,
    site,
)
from tests.device.display.test_codes import decode
from tests.device.display.test_layout import LONG
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

LATITUDE, LONGITUDE = place(0, 0)
TOWN = network([(-400, 0), (300, 0), (600, 0)], [(300, 0), (300, 400)], [(-400, 60), (600, 60)])
SHOP_LATITUDE, SHOP_LONGITUDE = place(300, 200)
SHOP = Item(
    "place-1", "place", "A", "cafe", latitude=SHOP_LATITUDE, longitude=SHOP_LONGITUDE, source="me"
)

REASONS = [
    {"code": "tag", "argument": "quiet"},
    {"code": "distance", "argument": 480},
    {"code": "open_until", "argument": "18:00"},
]

LINES = """
const map = document.querySelector(".map");
const d = (name) => map.querySelector(name)?.getAttribute("d") ?? "";
return { streets: (d(".streets").match(/M/g) ?? []).length, walk: d(".walk"),
  size: [map.clientWidth, map.clientHeight], credit: map.querySelector("figcaption")?.innerText };
"""
"""What a map has drawn."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome) -> Iterator[Stage]:
    """The page of a kiosk in a town with four streets, and a picture."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "pictures").mkdir()
    cv2.imwrite(str(folder / "pictures" / "shop.png"), np.full((60, 90, 3), 120, np.uint8))
    write([SHOP], folder / "town.sqlite", TOWN)
    town = {
        "place": {"latitude": LATITUDE, "longitude": LONGITUDE},
        "matching": {"catalogue": str(folder / "town.sqlite")},
    }
    with site(folder, browser, folder / "pictures", **town) as stage:
        yield stage


@pytest.fixture
def stage(loaded: Stage, request: pytest.FixtureRequest) -> Stage:
    """The same page, loaded again, at rest."""
    return loaded.again(request.function.__name__)


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    """A card with everything, as the kiosk makes it."""
    here = PlaceConfig(latitude=LATITUDE, longitude=LONGITUDE)
    ways = Ways(Catalogue.of([SHOP]).arrays, here, TOWN)
    return {
        **ON_FOOT,
        "reasons": REASONS,
        "hours": ["09:00-12:00", "13:00-18:00"],
        "price": "5 €",
        "wheelchair": "limited",
        "way": ways.line(SHOP),
        "bearing": round(ways.bearing(SHOP) or 0),
    }


ASKED = """return performance.getEntriesByType("resource")
  .filter((each) => each.name.endsWith("map.json")).length"""
"""How often the page has asked for its streets."""


def touch(stage: Stage, number: int = 0) -> None:
    """Open a card."""
    stage.driver.find_elements(By.CSS_SELECTOR, ".choose")[number].click()
    stage.script(FINISH)
    assert stage.find("#back").is_displayed()


def lines(stage: Stage) -> list[str]:
    return [line.text for line in stage.driver.find_elements(By.CSS_SELECTOR, ".why li")]


def test_an_opened_card_says_how_far_when_for_how_much_and_for_whom(
    stage: Stage, shop: dict[str, Any]
) -> None:
    stage.show(shop, FILM)
    touch(stage)
    assert lines(stage) == [
        "6 min on foot", "today 09:00–12:00, 13:00–18:00", "5 €", "Partly wheelchair accessible",
        "quiet",
    ]  # fmt: skip
    assert stage.titles() == [shop["title"]]


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"hours": ["00:00-00:00"]}, ["open day and night", "quiet"]),
        ({"hours": ["18:00-03:00"]}, ["today 18:00–03:00", "quiet"]),
        ({"hours": None}, ["quiet", "open till 18:00"]),
        ({"hours": "09:00-17:00"}, ["quiet", "open till 18:00"]),
        ({"hours": ["<b>", "25:00-26:00", 7]}, ["quiet"]),
        (
            {"wheelchair": "no"},
            ["today 09:00–12:00, 13:00–18:00", "Not wheelchair accessible", "quiet"],
        ),
    ],
)
def test_only_what_is_known_is_said(
    stage: Stage, shop: dict[str, Any], about: dict[str, Any], says: list[str]
) -> None:
    stage.show({**shop, "price": "", "wheelchair": "constructor", **about})
    touch(stage)
    assert lines(stage) == ["6 min on foot", *says]


@pytest.mark.parametrize("size", list(SIZES))
def test_a_phone_reads_the_way_there_and_a_page_about_it(
    stage: Stage, shop: dict[str, Any], size: str
) -> None:
    stage.resize(SIZES[size])
    stage.show(shop, FILM)
    touch(stage)
    codes = stage.driver.find_elements(By.CSS_SELECTOR, ".qr svg")
    assert [decode(code.screenshot_as_png) for code in codes] == [ROUTE, shop["link"]]


def drawn(stage: Stage) -> dict[str, Any]:
    """The map, when its streets are there."""
    wait_until(lambda: stage.script(LINES)["streets"], "streets are on the map")
    found: dict[str, Any] = stage.script(LINES)
    return found


def corners(path: str) -> list[tuple[float, float]]:
    points = (point.split() for point in path.removeprefix("M").split("L"))
    return [(float(x), float(y)) for x, y in points]


def test_the_map_shows_the_streets_and_the_whole_way_north_up(
    stage: Stage, shop: dict[str, Any]
) -> None:
    stage.show(shop, FILM)
    touch(stage)
    found = drawn(stage)
    assert found["streets"] == 4  # one has no corner on the map
    walk = corners(found["walk"])
    width, height = found["size"]
    assert all(0 < x < width and 0 < y < height for x, y in walk)
    (from_x, from_y), (to_x, to_y) = walk[0], walk[-1]
    assert to_x - from_x == pytest.approx(1.5 * (from_y - to_y), rel=0.02)  # 300 by 200 metres
    assert stage.text(".map .here") == "You are here"
    assert found["credit"] == "drawn by hand"
    stage.find("#back").click()
    stage.show({**shop, "credit": "drawn by hand"}, FILM, serial=2)
    touch(stage)
    assert drawn(stage)["credit"] == ""  # it stands below the card already
    assert stage.text("#credit") == "drawn by hand"


def test_the_streets_are_asked_for_once(stage: Stage, shop: dict[str, Any]) -> None:
    stage.show(shop, FILM)
    for _ in range(2):
        touch(stage)
        drawn(stage)
        stage.find("#back").click()
    assert stage.script(ASKED) == 1


@pytest.mark.parametrize("way", ["", "no polyline", "\u007f", "_p~iF~ps|U", None, 7])
def test_without_a_way_an_arrow_shows_where_and_how_far(
    stage: Stage, shop: dict[str, Any], way: object
) -> None:
    stage.show({**shop, "way": way, "bearing": 124}, FILM)
    touch(stage)
    assert stage.find(".needle").get_attribute("transform") == "rotate(124)"
    assert stage.text(".compass figcaption") == "400 m"
    assert stage.find(".compass").accessible_name == "400 m, 124°"
    assert stage.driver.find_elements(By.CSS_SELECTOR, ".map") == []


def test_an_opened_card_has_its_picture_beside_the_map(stage: Stage, shop: dict[str, Any]) -> None:
    stage.show({**shop, "picture": "shop.png"}, FILM)
    touch(stage)
    drawn(stage)
    seen = "const e = document.querySelector('.photo img'); return e.complete && e.naturalWidth > 0"
    wait_until(lambda: stage.script(seen), "the picture is shown")
    assert stage.find(".photo").is_displayed()
    stage.find("#back").click()
    stage.show({**shop, "picture": "gone.png", "title": "B"}, FILM, serial=2)
    touch(stage)
    assert drawn(stage)["streets"]
    assert stage.driver.find_elements(By.CSS_SELECTOR, ".photo") == []


def test_lines_about_it_are_on_the_opened_card_alone_in_the_visitors_language(
    stage: Stage, shop: dict[str, Any]
) -> None:
    about = {"about": "Tea since 1902.", "abouts": {"fi": "Teetä vuodesta 1902.", "<b>": "x"}}
    stage.show({**shop, **about}, FILM)
    assert stage.driver.find_elements(By.CSS_SELECTOR, ".about") == []
    touch(stage)
    lines = "return document.querySelector('.about')?.textContent"
    assert stage.script(lines) == "Tea since 1902."
    stage.find("#language").click()
    stage.find("#languages [lang='fi']").click()
    wait_until(lambda: stage.script(lines) == "Teetä vuodesta 1902.", "Finnish")
    assert stage.find(".about").get_attribute("lang") == "fi"
    stage.find("#language").click()
    stage.find("#languages [lang='ar']").click()
    wait_until(lambda: stage.script(lines) == "Tea since 1902.", "the site's own")


def test_back_and_escape_close_it_and_so_does_resting(stage: Stage, shop: dict[str, Any]) -> None:
    both = [shop["title"], FILM["title"]]
    stage.show(shop, FILM)
    touch(stage)
    stage.find("#back").click()
    assert stage.titles() == both
    touch(stage, 1)
    assert stage.titles() == [FILM["title"]]
    stage.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert stage.titles() == both
    touch(stage)
    stage.show(state="resting", serial=2)
    assert not stage.find("#back").is_displayed()
    stage.show(shop, FILM, serial=3)
    assert stage.titles() == both


def test_the_only_card_of_a_screen_opens_too(stage: Stage, shop: dict[str, Any]) -> None:
    stage.show(shop)
    touch(stage)
    assert drawn(stage)["streets"]
    stage.find("#back").click()
    assert stage.driver.find_elements(By.CSS_SELECTOR, ".map") == []


def test_the_keyboard_opens_a_card_and_comes_back_to_it(stage: Stage, shop: dict[str, Any]) -> None:
    stage.show(shop, FILM)
    focused = "const e = document.activeElement; return e.id || e.closest('.card')?.dataset.id"
    stage.script("document.querySelectorAll('.choose')[1].focus()")
    stage.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert stage.script(focused) == "back"
    stage.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert (stage.script(focused), len(stage.titles())) == ("film-1", 2)


def test_the_focus_stays_where_it_is_when_another_card_is_replaced(
    stage: Stage, shop: dict[str, Any]
) -> None:
    stage.show(shop, FILM)
    stage.script("document.querySelector('[data-id=film-1] [data-verdict=liked]').focus()")
    stage.show({**shop, "id": "p9", "title": "Another"}, FILM, serial=2)
    focused = """const held = document.activeElement;
      return [held.closest('.card').dataset.id, held.dataset.verdict];"""
    assert stage.script(focused) == ["film-1", "liked"]


def test_a_card_that_is_refused_goes_alone_and_the_rest_is_left_in_place(
    stage: Stage, shop: dict[str, Any]
) -> None:
    third = {**shop, "id": "p3", "title": "Third"}
    stage.show(shop, FILM, third)
    stage.find("[data-id='film-1'] [data-verdict=liked]").click()
    stage.find("[data-id='place-1'] [data-verdict=not_for_me]").click()
    places = "return [...document.querySelectorAll('.card')].slice(1).map((e) => e.offsetLeft)"
    before = stage.script(places)
    stage.say(
        "suggestions", message({**shop, "id": "p4", "title": "Fourth"}, FILM, third, serial=2)
    )
    wait_until(lambda: stage.titles()[:1] == ["Fourth"], "another card in the place of the first")
    assert stage.titles()[1:] == [FILM["title"], "Third"]
    moving = (
        "return document.getAnimations().map((e) => e.effect.target.dataset.id).filter(Boolean)"
    )
    assert set(stage.script(moving)) <= {"p4"}
    assert stage.script(places) == before
    assert stage.find("[data-id='film-1'] [data-verdict=liked]").accessible_name == "Thank you"
    stage.show(shop, FILM, third, serial=3)  # somebody else's screen: p4 was not refused
    assert stage.find("[data-id='film-1'] [data-verdict=liked]").accessible_name == "I like it"


def test_an_opened_card_that_is_refused_gives_way_to_all_cards(
    stage: Stage, shop: dict[str, Any]
) -> None:
    stage.show(shop, FILM)
    touch(stage)
    known = len(stage.kiosk.messages)
    stage.find("[data-verdict=not_for_me]").click()
    assert stage.feedback(known, verdict="not_for_me")["item_id"] == "place-1"
    stage.show({**shop, "id": "p4", "title": "Fourth"}, FILM, serial=2)
    assert stage.titles() == ["Fourth", FILM["title"]]


def test_in_arabic_the_card_is_mirrored_and_the_map_is_not(
    stage: Stage, shop: dict[str, Any]
) -> None:
    stage.show(shop, FILM)
    touch(stage)
    walk = drawn(stage)["walk"]
    left = stage.find(".map").location["x"]
    stage.find("#language").click()
    stage.find("#languages [lang='ar']").click()
    wait_until(lambda: stage.script("return document.dir") == "rtl", "Arabic")
    mirrored = corners(drawn(stage)["walk"])
    assert [x for x, _ in mirrored] == [x for x, _ in corners(walk)]
    assert stage.find(".map").location["x"] > left


@pytest.mark.parametrize("size", [*SIZES.values(), (480, 800)])
def test_nothing_overflows_on_an_opened_card_in_any_language(
    stage: Stage, shop: dict[str, Any], size: tuple[int, int]
) -> None:
    stage.resize(size)
    items = [
        shop,
        {**shop, "id": "long", "title": LONG, "picture": "shop.png"},
        {**shop, "id": "told", "picture": "shop.png", "about": ("Tea and cake. " * 12)[:160]},
        {**shop, "id": "arrow", "way": ""},
        {**FILM, "picture": "shop.png"},
        {**FILM, "id": "bare", "link": ""},
    ]
    said = message(*items)
    assert misplaced_in_any_language(stage, ((said, item["id"]) for item in items)) == []
