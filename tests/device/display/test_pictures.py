"""A card shows its item's picture, from the kiosk alone; where there is none, no gap is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from device.config import Config
from device.display.folder import write_folder
from tests.brokers import listen, mosquitto, wait_until
from tests.device.display.misplaced import MISPLACED
from tests.device.display.stage import CARDS, PLACE, SIZES, TOPICS, Stage
from tests.device.display.test_codes import decode
from tests.device.display.test_layout import crowd
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

LOADED = """return [...document.querySelectorAll(".card img")].map(
  (e) => e.complete && e.naturalWidth > 0 && e.getBoundingClientRect().height > 40)"""


def wait_for_pictures(stage: Stage, count: int) -> None:
    wait_until(lambda: stage.script(LOADED) == [True] * count, f"{count} pictures are shown")


def test_a_card_shows_its_picture_and_the_code_on_it(stage: Stage) -> None:
    stage.show({**PLACE, "picture": "by the lake/tall.jpg"}, {**PLACE, "id": "p2"})
    wait_for_pictures(stage, 1)
    image = stage.find("[data-id='place-1'] img").get_attribute("src")
    assert image == f"{stage.address}pictures/by%20the%20lake/tall.jpg"
    codes = stage.driver.find_elements(By.CSS_SELECTOR, ".qr svg")
    assert [decode(code.screenshot_as_png) for code in codes] == [PLACE["link"]] * 2


def test_a_missing_picture_leaves_the_card_as_if_it_had_none(stage: Stage) -> None:
    stage.show(PLACE)
    card = "return document.querySelector('.card').outerHTML.replace(' new', '')"
    plain = stage.script(card)
    stage.show({**PLACE, "picture": "gone.jpg"}, serial=2)
    wait_until(lambda: stage.script(card) == plain, "the card has no picture")
    stage.show({**PLACE, "title": "Another", "picture": "gone.jpg"}, serial=3)
    assert stage.script(LOADED) == []  # it is not even tried again


@pytest.mark.parametrize(
    "picture",
    ["../page.png", "a/../../b.png", "/etc/a.png", "//host/a.png", "https://a.b/c.png", "a\\b.png",
     "data:image/png;base64,AA", "a\ud800.png", "", None, 7],
)  # fmt: skip
def test_only_a_path_below_the_pictures_is_accepted(stage: Stage, picture: object) -> None:
    stage.show({**PLACE, "picture": picture})
    assert stage.script("return document.querySelectorAll('.card img').length") == 0


@pytest.mark.parametrize("size", SIZES.values())
def test_with_pictures_nothing_overflows_and_nothing_overlaps(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    for count in range(1, 6):
        plain = [{**PLACE, "id": f"p{n}"} for n in range(count)]
        for items in (plain, crowd(count), list(CARDS[:count])):
            stage.show(*({**item, "picture": "wide.png"} for item in items), serial=count)
            assert stage.script(MISPLACED) == [], (count, items[0]["id"])


@pytest.mark.parametrize("size", SIZES.values())
def test_on_a_large_screen_three_short_cards_all_show_their_pictures(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    stage.show(*({**card, "picture": "wide.png"} for card in CARDS))
    wait_for_pictures(stage, 0 if size == SIZES["small"] else 3)


def test_mosquitto_serves_the_pictures_of_the_folder(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    page, pictures = tmp_path / "page", tmp_path / "pictures"
    pictures.mkdir()
    composed, decomposed = "by Caf\u00e9.jpg", "by Cafe\u0301.jpg"
    for name in ("a.png", "c.webp", decomposed):
        cv2.imwrite(str(pictures / name), np.full((60, 90, 3), 120, np.uint8))
    page.mkdir()
    with mosquitto(tmp_path, websocket=f"http_dir {page}") as broker:
        config = Config.model_validate(
            {
                "mqtt": {"websocket_port": broker.websocket_port},
                "display": {"pictures": pictures},
            }
        )
        laid_out = tmp_path / "laid out"
        write_folder(config, laid_out)
        shutil.copytree(laid_out, page, dirs_exist_ok=True)  # the broker has the folder open
        with listen(broker.port, f"{TOPICS.root}/#") as kiosk:
            stage = Stage(broker, kiosk, browser, f"http://127.0.0.1:{broker.websocket_port}/")
            stage.open()
            names = ("a.png", "c.webp", composed, decomposed)
            items = [{**PLACE, "id": name, "title": name, "picture": name} for name in names]
            stage.show(*items)
            wait_for_pictures(stage, 4)
            browser.get("about:blank")
