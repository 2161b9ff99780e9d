"""What the screen says is read from where people stand: texts, the notice from afar, and codes."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from selenium import webdriver

from device.display.sizes import CAPITAL, HEADING_DEGREES, NOTICED_FROM_M
from tests.device.display.misplaced import MISPLACED
from tests.device.display.stage import FILM, ON_FOOT, SIZES, Stage, site
from tests.device.display.test_modes import SMALLEST
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

DIAGONAL_MM = 24 * 25.4

SCANNED_MM = 1.37
"""Least module that a phone reads from 1 m, less than a tenth of a pixel (see `sizes.py`)."""

MODULES = """
return [...document.querySelectorAll(".qr svg")].filter((code) => code.checkVisibility())
  .map((code) => code.getBoundingClientRect().width / code.viewBox.baseVal.width);
"""
"""Of each code on the screen: the side of its modules, in pixels."""


def millimetres(pixels: float, size: tuple[int, int]) -> float:
    """On a screen of 24 inches."""
    return pixels * DIAGONAL_MM / math.hypot(*size)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_notices_heading_is_read_from_where_faces_are_found(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    stage.show(state="resting")
    seen = "return parseFloat(getComputedStyle(document.querySelector('#notice h2')).fontSize)"
    capital_m = millimetres(stage.script(seen), size) * CAPITAL / 1000
    degrees = math.degrees(math.atan(capital_m / NOTICED_FROM_M["far"]))
    assert degrees >= HEADING_DEGREES - 0.001


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_text_that_somebody_needs_is_seen_under_seven_tenths_of_a_degree(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    for items in ((), (ON_FOOT, FILM)):
        stage.show(*items, state="showing" if items else "resting")
        capital_m = millimetres(stage.script(SMALLEST), size) * CAPITAL / 1000
        assert math.degrees(math.atan(capital_m / 0.6)) >= 0.699


@pytest.mark.parametrize("picture", ["", "wide.png"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_every_code_is_scanned_from_one_metre(
    stage: Stage, size: tuple[int, int], picture: str
) -> None:
    stage.resize(size)
    item = {**ON_FOOT, "picture": picture}
    for count in (1, 2, 3):
        stage.show(*({**item, "id": f"p{n}"} for n in range(count)), serial=count)
        if picture:
            stage.script("return Promise.all([...document.images].map((one) => one.decode()))")
        for side in stage.script(MODULES):
            assert millimetres(side, size) >= SCANNED_MM, count
    if size == SIZES["small"]:  # that of an opened card is scanned from 95 cm there
        return
    stage.find(".choose").click()
    opened = stage.script(MODULES)
    assert opened
    assert all(millimetres(side, size) >= SCANNED_MM for side in opened)


def test_the_largest_text_leaves_room_for_a_card_and_the_notice(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    far = {"diagonal_inch": 7, "distance_m": 2}
    with site(tmp_path, browser, display=far) as stage:
        for size in SIZES.values():
            stage.open(size)
            stage.show(ON_FOOT)
            assert not stage.find("#large").is_displayed()  # it would change nothing
            assert stage.script(MISPLACED) == []
            assert stage.find(".card h2").is_displayed()
            assert stage.script("return Screen.noticeIsVisible()")
