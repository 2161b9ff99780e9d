"""The codes on the cards: what a phone reads in them, and what never becomes one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from device.catalogue.columns import COLUMNS
from tests.device.display.stage import ACTIVITY, FINISH, ON_FOOT, PLACE, ROUTE, SIZES, Stage
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
    [("landscape", 1), ("landscape", 3), ("portrait", 3), ("small", 3)],
)
def test_a_code_on_the_screen_leads_to_the_items_link(stage: Stage, size: str, count: int) -> None:
    stage.resize(SIZES[size])
    base = "https://en.wikipedia.org/wiki/Zhejiang_Museum_of_Natural_History"
    items = [{**PLACE, "id": f"p{n}", "link": f"{base}?{n}"} for n in range(count)]
    stage.show(*items)
    codes = stage.driver.find_elements(By.CSS_SELECTOR, ".qr svg")
    assert [decode(code.screenshot_as_png) for code in codes] == [i["link"] for i in items]


COUNT = """
window.computed = 0;
const compute = qrcode;
qrcode = (...how) => { window.computed += 1; return compute(...how); };
"""
"""Counts the codes that are computed."""


def test_a_code_is_computed_once_however_often_its_card_is_drawn(stage: Stage) -> None:
    stage.script(COUNT)
    items = [{**PLACE, "id": f"p{n}", "link": f"https://example.org/{n}"} for n in range(3)]
    stage.show(*items[:2])
    first = stage.script("return window.computed")
    assert first == 2
    stage.script("Screen.redraw()")
    assert stage.script("return window.computed") == first
    stage.show(*items)
    assert stage.script("return window.computed") == first + 1


LINK = next(column for column in COLUMNS if column.name == "link")

GOOD = (
    "https://example.org/a?b=c&d=e#f",
    "HTTP://EXAMPLE.ORG:8080",
    "http://localhost/x",
    "http://192.168.1.7/map",
    "https://[2001:db8::1]:8443/",
    "https://user:pass%20word@a-b.example/",
    "https://bücher.example/café",
    "https://example.org/西湖",
    'https://example.org/"quoted"|{x}',
    "https://xn--bcher-kva.example./",
    "geo:30.25,120.14",
    "geo:30.25,120.14,12;u=35",
    "geo:30.25,120.14,8848?z=12&q=x",
    "geo:-33.86,151.2;crs=wgs84;u=35",
    "GEO:0,0?q=30.25,120.14(West Lake)".replace(" ", "+"),
    "https://example.org/" + "x" * 280,
    "https://example.org/" + "é" * 160,
)
BAD = (
    "javascript:alert(1)",
    "file:///etc/passwd",
    "ftp://example.org/",
    "tel:+358401234567",
    "mailto:a@example.org",
    "data:text/html,x",
    "www.example.org",
    "https:example.org",
    "https://",
    "https://:8080/",
    "https://user@/",
    "https://example.org:port/",
    "https://example.org:99999/",
    "https://exa mple.org/",
    "https://exa%mple.org/",
    "https://exa<mple.org/",
    "https://a..b/",
    "https://300.1.1.1/",
    "https://1.2.3/",
    "https://[2001:db8::1/",
    "https://[nonsense]/",
    "https://xn--a/",
    "geo:",
    "geo",
    "geo:60,17,24,94",
    "geo:91,0",
    "geo:0,-181",
    "geo:here",
    "geo:60.17N,24.94E",
    "geo://60.17,24.94",
    "https://example.org/\u200b",
    "https://example.org/x\u200f",
    "\ufeffhttps://example.org/",
    "https://example.org/" + "x" * 281,
    "https://example.org/" + "西" * 200,
)


@pytest.mark.parametrize("link", BAD)
def test_a_link_that_would_have_no_code_is_refused_by_the_builder(link: str) -> None:
    with pytest.raises(ValueError, match=r"link: got .*, takes an https:, http: or geo: address"):
        LINK.value(link)


def test_every_link_that_the_builder_accepts_has_a_code_on_its_opened_card(
    stage: Stage,
) -> None:  # failure 39
    for n, link in enumerate(GOOD):
        item = {**PLACE, "id": f"p{n}", "link": LINK.value(link), "title": link[:100]}
        stage.show(item)
        stage.find(".choose").click()
        wanted = stage.script("return new URL(arguments[0]).href", link)
        code = stage.find(".codes .qr svg")
        assert code.get_attribute("data-link") == wanted
        assert code.is_displayed(), link


@pytest.mark.parametrize("link", ["geo:30.25,120.14", "geo:0,0?q=x"])
def test_a_phone_reads_the_place_in_the_code_of_a_geo_link(stage: Stage, link: str) -> None:
    stage.show({**PLACE, "link": link})
    assert decode(stage.find(".qr svg").screenshot_as_png) == link


def test_only_a_web_address_or_a_place_becomes_a_code(stage: Stage) -> None:
    links = ["javascript:alert(1)", "file:///etc/passwd", "no address", "", None, "https://a.b/c"]
    items = [{**PLACE, "id": f"p{n}", "link": link} for n, link in enumerate(links)]
    codes = []
    for shown in (items[:3], items[3:]):
        stage.show(*({**item, "title": item["id"]} for item in shown))
        codes += stage.script(
            "return [...document.querySelectorAll('.qr svg')].map((e) => e.dataset.link)"
        )
    assert codes == ["https://a.b/c"]


@pytest.mark.parametrize(
    ("size", "count"),
    [("landscape", 1), ("landscape", 3), ("portrait", 3), ("small", 3)],
)
def test_a_phone_reads_the_way_to_the_place_in_its_code(
    stage: Stage, size: str, count: int
) -> None:
    stage.resize(SIZES[size])
    items = [{**ON_FOOT, "id": f"p{n}", "route": f"{ROUTE[:-1]}{n}"} for n in range(count)]
    stage.show(*items)
    codes = stage.driver.find_elements(By.CSS_SELECTOR, ".qr svg")
    assert [decode(code.screenshot_as_png) for code in codes] == [item["route"] for item in items]


def test_the_caption_says_where_a_code_leads(stage: Stage) -> None:
    for item, caption in ((ON_FOOT, "The way there"), ({**ON_FOOT, "route": ""}, "Scan for more")):
        stage.show(item)
        assert stage.text(".qr figcaption") == caption


def test_an_activity_without_a_link_has_no_code(stage: Stage) -> None:
    stage.show(ACTIVITY)
    assert stage.driver.find_elements(By.CSS_SELECTOR, ".qr") == []


def test_a_touch_on_a_code_is_told_once_a_card_and_opens_it(stage: Stage) -> None:
    stage.show(ON_FOOT, ACTIVITY)
    known = len(stage.kiosk.messages)
    ActionChains(stage.driver).click(stage.find(".qr svg")).perform()
    assert stage.feedback(known, verdict="scanned")["item_id"] == ON_FOOT["id"]
    assert stage.feedback(known, verdict="chosen")["item_id"] == ON_FOOT["id"]
    stage.script(FINISH)
    ActionChains(stage.driver).click(stage.find(".qr svg")).perform()
    stage.find("#back").click()
    stage.find("[data-verdict=liked]").click()
    stage.feedback(known, verdict="liked")
    touches = [heard.json()["verdict"] for heard in stage.kiosk.messages[known:]
               if heard.name == "feedback"]  # fmt: skip
    assert touches == ["scanned", "chosen", "liked"]
