"""Larger text and a low reach: each is one touch, changes all that it promises, and goes with the
visitor."""

from __future__ import annotations

import pytest

from tests.brokers import wait_until
from tests.device.display.misplaced import MISPLACED
from tests.device.display.stage import CARDS, FILM, ON_FOOT, SIZES, Stage
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

SMALLEST = """
const shown = [...document.querySelectorAll(".card :is(h2, .by, li), #notice :is(h2, p), .label")]
  .filter((each) => each.checkVisibility() && each.textContent);
return Math.min(...shown.map((each) => parseFloat(getComputedStyle(each).fontSize)));
"""
"""The size of the smallest text that somebody needs, in pixels."""

HIGHEST = """
const targets = [...document.querySelectorAll("button")].filter((e) => e.checkVisibility());
return Math.min(...targets.map((e) => e.getBoundingClientRect().top));
"""
"""Where the highest button begins, in pixels from the upper edge."""


def pressed(stage: Stage, mode: str) -> bool:
    return stage.find(f"#{mode}").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("size", SIZES)
def test_text_that_somebody_needs_is_as_large_as_the_distance_asks(stage: Stage, size: str) -> None:
    stage.resize(SIZES[size])
    least = stage.script("return WAYSIDE.sizes.text * Math.hypot(innerWidth, innerHeight)")
    for items in ((), CARDS):
        stage.show(*items, state="showing" if items else "resting")
        assert stage.script(SMALLEST) >= least - 0.01


@pytest.mark.parametrize("size", SIZES)
def test_one_touch_makes_all_text_half_as_large_again_and_cuts_nothing(
    stage: Stage, size: str
) -> None:
    stage.resize(SIZES[size])
    stage.show(*CARDS)
    before = stage.script(SMALLEST)
    stage.find("#large").click()
    assert pressed(stage, "large")
    assert stage.script(SMALLEST) >= 1.45 * before
    assert stage.script(MISPLACED) == []
    titles = [card["title"] for card in CARDS]
    assert stage.titles() == titles[: len(stage.titles())] != []
    stage.find("#large").click()
    assert stage.script(SMALLEST) == pytest.approx(before)
    assert stage.titles() == titles


@pytest.mark.parametrize("size", SIZES)
def test_an_opened_card_with_larger_text_keeps_its_title_a_fact_and_a_code(
    stage: Stage, size: str
) -> None:
    stage.resize(SIZES[size])
    stage.show(ON_FOOT, FILM)
    stage.find("#large").click()
    stage.find(".choose").click()
    assert stage.script(MISPLACED) == []
    for part in (".card h2", ".card .why li", ".card .qr svg"):
        assert stage.find(part).is_displayed()


def test_one_touch_brings_every_button_within_40_cm_of_the_lower_edge(stage: Stage) -> None:
    stage.resize(SIZES["portrait"])  # 24 inches upright: 53 cm
    stage.show(*CARDS)
    reach = stage.script(
        "return innerHeight - WAYSIDE.sizes.reach * Math.hypot(innerWidth, innerHeight)"
    )
    assert reach > 400
    assert stage.script(HIGHEST) < reach
    stage.find("#low").click()
    assert pressed(stage, "low")
    assert stage.script(HIGHEST) >= reach
    assert stage.script(MISPLACED) == []
    assert stage.script("return Screen.noticeIsVisible()")
    stage.find(".choose").click()
    assert stage.script(HIGHEST) >= reach
    stage.find("#low").click()
    assert stage.script(HIGHEST) < reach


def test_a_low_reach_is_offered_only_where_the_screen_is_taller(stage: Stage) -> None:
    stage.show(*CARDS)
    assert not stage.find("#low").is_displayed()
    stage.resize(SIZES["portrait"])
    wait_until(stage.find("#low").is_displayed, "it is offered on an upright screen")


def test_the_next_visitor_finds_the_page_as_it_was(stage: Stage) -> None:
    stage.resize(SIZES["portrait"])
    stage.show(*CARDS)
    stage.find("#large").click()
    stage.find("#low").click()
    stage.show(state="resting", serial=2)
    assert not pressed(stage, "large")
    assert not pressed(stage, "low")
    assert stage.script("return document.querySelector('#stage').offsetHeight === innerHeight")
