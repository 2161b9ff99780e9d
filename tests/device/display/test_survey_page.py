"""The operator's page of a catalogue in a real browser, opened as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from device.catalogue.build import write
from device.commands import survey
from device.config import Config
from device.values import Item
from tests.needs import needs

pytestmark = [pytest.mark.browser, needs("chromium", "chromedriver")]


@pytest.fixture(scope="module")
def town(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of three places of which one tries to be markup."""
    folder = tmp_path_factory.mktemp("town")
    evil = "<img src=x onerror=document.title='got in'>"
    places = [("west", evil, 24.92), ("middle", "Middle", 24.94), ("east", "East", 24.96)]
    items = [
        Item(name, "place", title, "amenity/cafe", latitude=60.17, longitude=lon, source="me",
             credit="© everybody")
        for name, title, lon in places
    ]  # fmt: skip
    write(items, folder / "town.sqlite")
    out = folder / "town.html"
    list(survey.run(root / "config.yaml", folder / "town.sqlite", out))
    return out


@pytest.fixture
def page(town: Path, browser: webdriver.Chrome) -> webdriver.Chrome:
    browser.get_log("browser")  # drops what the pages before it have logged
    browser.get(town.as_uri())
    return browser


def text(page: webdriver.Chrome, selector: str) -> str:
    return page.find_element(By.CSS_SELECTOR, selector).text


def test_the_page_is_whole_without_a_network_and_no_title_becomes_markup(
    page: webdriver.Chrome, config: Config
) -> None:
    assert text(page, "h1") == "town"
    assert "3 items" in text(page, ".total")
    assert config.kiosk in text(page, ".about")
    assert "© everybody" in text(page, "footer")
    assert page.title == "town · Wayside"
    assert page.execute_script("return document.images.length") == 0
    loaded = page.execute_script("return performance.getEntriesByType('resource').length")
    assert loaded == 0
    severe = [line for line in page.get_log("browser") if line["level"] == "SEVERE"]
    assert severe == []


def test_the_map_tells_the_item_that_is_pointed_at_or_reached_by_keys(
    page: webdriver.Chrome,
) -> None:
    dots = page.find_elements(By.CSS_SELECTOR, ".dots circle")
    ActionChains(page).move_to_element(dots[0]).perform()
    assert text(page, "#told").startswith("<img src=x")
    ActionChains(page).move_to_element(page.find_element(By.TAG_NAME, "h1")).perform()
    for key, title in ((Keys.ARROW_UP, "Middle"), (Keys.ARROW_RIGHT, "East")):
        page.find_element(By.ID, "map").send_keys(key)
        assert text(page, "#told").startswith(title)
    page.find_element(By.ID, "map").send_keys(Keys.ARROW_RIGHT)
    assert text(page, "#told").startswith("East")  # the last one there


def test_the_map_comes_nearer_and_its_scale_with_it(page: webdriver.Chrome) -> None:
    before = text(page, ".scale")
    for _ in range(4):
        page.find_element(By.CSS_SELECTOR, "[data-zoom=in]").click()
    assert metres(text(page, ".scale")) < metres(before)
    page.find_element(By.CSS_SELECTOR, "[data-zoom=all]").click()
    assert text(page, ".scale") == before


def test_a_colour_can_be_hidden(page: webdriver.Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, ".legend label").click()
    assert not page.find_element(By.CSS_SELECTOR, ".dots circle").is_displayed()


def metres(scale: str) -> float:
    number, unit = scale.split()
    return float(number) * (1000 if unit == "km" else 1)
