"""The resting screen: the place behind it, the time, the weather and what is open, or less."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from selenium import webdriver

from device.catalogue.build import write
from device.values import Item
from device.words.table import LANGUAGES, read_table
from tests.brokers import wait_until
from tests.device.catalogue.streets import network, place
from tests.device.display.misplaced import MISPLACED, misplaced_in_any_language
from tests.device.display.stage import FILM, SIZES, Stage, message, site
from tests.device.display.test_layout import contrast
from tests.device.display.test_photographs import album
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

NAMES = ("Ateneum", "Museum of Central Finland and its Gardens", "植物園", "Café Engel")
AROUND = {
    "clock": True,
    "sky": {"condition": "rain", "celsius": -7},
    "open_places": [
        {"title": name, "titles": {}, "until": "18:00", "walk_min": 4, "credit": "© a map"}
        for name in NAMES
    ],
}
HERE = place(0, 0)


def resting(around: Any = AROUND, **about: Any) -> dict[str, Any]:
    return {**message(state="resting", **about), "around": around}


@pytest.fixture
def town(tmp_path: Path, browser: webdriver.Chrome) -> Iterator[Stage]:
    """A kiosk in Tokyo's time, at a crossing of two streets."""
    table = tmp_path / "town.sqlite"
    streets = network([(-600, 0), (600, 0)], [(0, -600), (0, 600)])
    write([Item("a", "place", "A", "cafe", source="me")], table, streets)
    where = {"latitude": HERE[0], "longitude": HERE[1], "timezone": "Asia/Tokyo"}
    with site(tmp_path, browser, place=where, matching={"catalogue": str(table)}) as stage:
        stage.open()
        yield stage


def told(stage: Stage, around: Any = AROUND) -> None:
    """Say what is around, and wait until the page rests with it."""
    stage.say("suggestions", resting(around))
    wait_until(lambda: stage.text("#notice h2") != "Not looking right now", "the page rests")
    scene(stage)


def scene(stage: Stage) -> str:
    wait_until(lambda: stage.script("return document.body.dataset.scene"), "something is behind it")
    name: str = stage.script("return document.body.dataset.scene")
    return name


def stops(stage: Stage) -> list[list[str]]:
    texts = stage.script(
        """return [...document.querySelectorAll(".way li:not(.traveller)")]
          .filter((e) => e.checkVisibility()).map((e) => e.innerText)"""
    )
    return [text.split("\n") for text in texts]


def test_it_tells_the_time_of_its_place_the_weather_and_what_is_open(town: Stage) -> None:
    told(town)
    there = ZoneInfo("Asia/Tokyo")
    wait_until(
        lambda: town.text("#clock") == f"{datetime.now(there):%H:%M}", "the time of the kiosk"
    )
    assert f"{datetime.now(there).day}" in town.text("#date")
    assert town.text("#sky").split() == ["-7°C", "Rain"]
    assert town.find("#sky use").get_attribute("href").endswith("#icon-sky-rain")
    assert town.text("#open") == "Open now"
    assert stops(town) == [[name, "open till 18:00", "4 min on foot"] for name in NAMES[:3]]
    assert "© a map" in town.text("#credit")


def test_the_places_take_turns(town: Stage) -> None:
    told(town)
    for _ in range(3):
        town.script("Rest.step()")
    assert [name for name, *_ in stops(town)] == [NAMES[3]]
    for _ in range(3):
        town.script("Rest.step()")
    assert [name for name, *_ in stops(town)] == list(NAMES[:3])


@pytest.mark.parametrize("around", [None, {}, 7, {"clock": 1, "sky": [], "open_places": [None, 3]},
    {"open_places": [{"title": "A", "until": "soon"}, {"title": "", "until": "18:00"}]},
    {"sky": {"condition": "<b>frogs</b>", "celsius": "hot"}, "clock": False}])  # fmt: skip
def test_what_is_not_known_is_not_shown(town: Stage, around: Any) -> None:
    told(town, around)
    assert not town.find("#clock").is_displayed()
    assert town.text("#sky") == ""
    assert [name for (name,) in stops(town)] == [
        "Places",
        "Films",
        "Songs",
        "Things to do",
        "Events",
    ]
    assert town.driver.find_elements("css selector", "#sky b") == []


def test_cards_or_a_message_that_is_over_end_it(town: Stage) -> None:
    for ends in (message(FILM, serial=2), resting(lifetime_s=0)):
        told(town)
        assert town.find("#now").is_displayed()
        town.say("suggestions", ends)
        wait_until(lambda: not town.find("#now").is_displayed(), "the time is gone")
        assert NAMES[0] not in town.text("body")


def test_behind_it_are_the_streets_around_the_kiosk_with_their_credit(town: Stage) -> None:
    told(town)
    assert scene(town) == "streets"
    assert town.text(".spot .here") == "You are here"
    assert "drawn by hand" in town.text("#credit")
    drawn = """const canvas = document.querySelector("#scene canvas");
      const pen = canvas.getContext("2d");
      const { translate } = getComputedStyle(document.querySelector(".spot"));
      const [x, y] = translate.split(" ").map(parseFloat);
      const at = (dx, dy) => pen.getImageData(x + dx, y + dy, 1, 1).data[3] > 0;
      return [at(60, 0), at(0, 60), at(60, 60)];"""
    assert town.script(drawn) == [True, True, False]  # along both streets, and not between them


def test_without_streets_there_are_hills(stage: Stage) -> None:
    told(stage)
    assert scene(stage) == "hills"
    assert stage.find(".sun").is_displayed()


@pytest.fixture
def pictured(tmp_path: Path, browser: webdriver.Chrome) -> Iterator[Stage]:
    """A kiosk with two photographs and a file that is none."""
    folder = album(tmp_path / "album", "a © Ann.png", "c © Eve.png")
    (folder / "b.png").write_bytes(b"no picture")
    with site(tmp_path, browser, display={"photographs": str(folder)}) as stage:
        stage.open()
        yield stage


SHOWN = """return [...document.querySelectorAll(".photographs img")]
  .map((e) => decodeURI(e.src).split("/").pop())"""


def test_photographs_fade_over_one_another_and_a_broken_one_is_passed_over(pictured: Stage) -> None:
    told(pictured)
    assert scene(pictured) == "photographs"
    assert "© Ann" in pictured.text("#credit")
    for name, credit in (("c © Eve.png", "© Eve"), ("a © Ann.png", "© Ann")):
        pictured.script("Scene.step()")
        wait_until(lambda name=name: pictured.script(SHOWN) == [name], f"{name} alone is shown")
        assert credit in pictured.text("#credit")


WORDS = """
const texts = document.querySelectorAll(
  "#name, #clock, .turning > .on, .places .name > bdi, #credit bdi, #open .on");
const seen = [...texts].filter((e) => e.checkVisibility() && e.innerText && !e.closest("footer"));
const measured = seen.map((e) => {
  const { left, top, width, height } = e.getBoundingClientRect();
  const colour = getComputedStyle(e).color.match(/\\d+/g).map(Number);
  return [e.innerText, [left, top, width, height], colour];
});
const hidden = "#stage, #stage * { visibility: hidden !important; transition: none !important }";
document.styleSheets[0].insertRule(hidden, document.styleSheets[0].cssRules.length);
return measured;
"""
"""Every text above the notice: its words, box and colour; then they are hidden."""


@pytest.mark.parametrize("size", SIZES.values())
def test_every_text_can_be_read_over_the_brightest_photograph(
    tmp_path: Path, browser: webdriver.Chrome, size: tuple[int, int]
) -> None:
    album(tmp_path / "album", "white.png", grey=255)
    with site(tmp_path, browser, display={"photographs": str(tmp_path / "album")}) as stage:
        stage.open(size)
        told(stage)
        wait_until(
            lambda: stage.script("return document.getAnimations().length") == 0, "it is still"
        )
        texts = stage.script(WORDS)
        assert len(texts) > 6
        shot = cv2.imdecode(
            np.frombuffer(stage.driver.get_screenshot_as_png(), np.uint8), cv2.IMREAD_COLOR
        )
        assert shot.max() > 230  # the photograph is there
        for words, (left, top, width, height), colour in texts:
            ground = shot[int(top) : int(top + height) + 1, int(left) : int(left + width) + 1]
            brightest = ground.reshape(-1, 3).max(axis=0)[::-1].tolist()
            assert contrast(colour, brightest) >= 4.5, words


def test_less_motion_means_none(pictured: Stage) -> None:
    with pictured.less_motion():
        told(pictured)
        pictured.script("Scene.step(); Rest.step()")
        wait_until(lambda: pictured.script(SHOWN) == ["c © Eve.png"], "the next one, at once")
        assert pictured.script("return document.getAnimations().length") == 0
        assert not pictured.find(".places .traveller").is_displayed()


def test_it_moves_for_moments_by_what_costs_little_and_stands_still_in_between(
    town: Stage,
) -> None:
    told(town)
    wait_until(lambda: town.script("return document.getAnimations().length") == 0, "it is still")
    town.script("Scene.step(); Rest.step()")
    moves = town.script(
        """return document.getAnimations().map((a) => [
          a.effect.getComputedTiming().endTime / 1000, a.effect.getComputedTiming().iterations,
          ...new Set(a.effect.getKeyframes().flatMap(Object.keys))])"""
    )
    known = {"offset", "easing", "composite", "computedOffset", "transform", "opacity"}
    assert len(moves) >= 2
    for seconds, times, *changes in moves:
        assert times == 1  # nothing flashes
        assert seconds <= 3
        assert set(changes) <= known


@pytest.mark.slow
@pytest.mark.parametrize("behind", ["town", "pictured"])
def test_it_has_its_place_at_every_size_in_every_language(
    request: pytest.FixtureRequest, behind: str
) -> None:
    stage: Stage = request.getfixturevalue(behind)
    told(stage)
    assert stops(stage)[0][:2] == [NAMES[0], "open till 18:00"]
    for size in (*SIZES.values(), (3840, 2160)):
        stage.resize(size)
        assert stage.script(MISPLACED) == [], size
        assert stops(stage)[0][0] == NAMES[0]  # its hours are in the last language by now
        assert misplaced_in_any_language(stage, [(resting(), None)]) == [], size


def test_every_weather_has_words_and_a_drawing(stage: Stage) -> None:
    known = read_table("en").page["weather"].keys()
    drawn = stage.script(
        "return [...document.querySelectorAll('[id^=icon-sky-]')].map((e) => e.id.slice(9))"
    )
    assert set(drawn) == set(known)
    for language in LANGUAGES:
        assert read_table(language).page["weather"].keys() == known
