"""The codes on the cards: what a phone reads in them, and what never becomes one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from selenium.webdriver.common.by import By

from tests.device.display.stage import ACTIVITY, PLACE, SIZES, Stage
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]


def decode(png: bytes) -> str:
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    return str(cv2.QRCodeDetector().detectAndDecode(cv2.resize(image, None, fx=2, fy=2))[0])


@pytest.mark.parametrize(
    ("size", "count"),
    [("landscape", 1), ("landscape", 3), ("landscape", 8), ("portrait", 3), ("small", 3)],
)
def test_a_code_on_the_screen_leads_to_the_items_link(stage: Stage, size: str, count: int) -> None:
    stage.resize(SIZES[size])
    base = "https://en.wikipedia.org/wiki/Zhejiang_Museum_of_Natural_History"
    items = [{**PLACE, "id": f"p{n}", "link": f"{base}?{n}"} for n in range(count)]
    stage.show(*items)
    codes = stage.driver.find_elements(By.CSS_SELECTOR, ".qr svg")
    assert [decode(code.screenshot_as_png) for code in codes] == [i["link"] for i in items]


def test_only_a_web_address_becomes_a_code(stage: Stage) -> None:
    links = ["javascript:alert(1)", "file:///etc/passwd", "no address", "", None, "https://a.b/c"]
    items = [{**PLACE, "id": f"p{n}", "link": link} for n, link in enumerate(links)]
    stage.show(*items)
    codes = stage.script("return [...document.querySelectorAll('.qr svg')].map((e) => e.ariaLabel)")
    assert codes == ["https://a.b/c"]


def test_an_activity_without_a_link_has_no_code(stage: Stage) -> None:
    stage.show(ACTIVITY)
    assert stage.driver.find_elements(By.CSS_SELECTOR, ".qr") == []
