"""A visit can be taken along: one code holds all cards of the screen, and needs no server."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.brokers import wait_until
from tests.device.display.stage import (
    ACTIVITY,
    FILM,
    FINISH,
    ON_FOOT,
    ROUTE,
    SIZES,
    Stage,
    message,
)
from tests.device.display.test_codes import decode
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

CARDS = (ON_FOOT, FILM, ACTIVITY)

SCREEN_MM = 531.4
"""Width of a screen of 24 inches and 16 by 9."""

PHONE_PX_MM = 1920 / 1374
"""Pixels a millimetre at a distance of one metre, of a phone's camera: 1920 pixels across the 69
degrees of a lens of 26 mm, as most phones have it."""

CUT = """
const [items, done] = arguments;
const cut = [];
(async () => {
  for (const { code } of Phrases.offered) {
    await Phrases.load(code);
    const said = JSON.stringify({ state: "showing", lifetime_s: 30, notice: "watching", items });
    const view = View.decide({ connected: true, online: true, message: View.read(said, false) });
    Screen.draw(view, null, [Phrases.of(code)], false, true);
    const panel = document.querySelector("#take").getBoundingClientRect();
    const parts = "#take h2, #take p, #take li, #take .qr svg, #back";
    for (const e of document.querySelectorAll(parts)) {
      const box = e.getBoundingClientRect();
      const inside = e.id === "back" ? box.left >= 0 && box.right <= innerWidth
        : box.bottom <= panel.bottom && box.right <= panel.right && box.left >= panel.left;
      if (!inside || box.width === 0) cut.push(`${code} ${e.tagName}`);
    }
  }
  return cut;
})().then(done, (error) => done([String(error)]));
"""
"""What leaves its place in a language."""


def take(stage: Stage) -> None:
    """Touch the key, and wait until the code is there."""
    stage.find("#visit").click()
    wait_until(lambda: stage.find("#take .qr svg").is_displayed(), "the code of all cards")
    stage.script(FINISH)


def mail(stage: Stage) -> tuple[str, list[list[str]]]:
    """The subject, and the lines of each item, of the mail that a phone reads in the code."""
    address = urlsplit(decode(stage.find("#take .qr svg").screenshot_as_png))
    assert (address.scheme, address.path) == ("mailto", "")
    fields = parse_qs(address.query)
    items = fields["body"][0].split("\r\n\r\n")
    return fields["subject"][0], [item.split("\r\n") for item in items]


def test_a_phone_reads_every_card_in_one_code(stage: Stage) -> None:
    tea = {**ACTIVITY, "id": "tea", "title": "Té & 茶 100 % #1", "place": "A=B?"}
    stage.show(ON_FOOT, FILM, tea)
    take(stage)
    subject, items = mail(stage)
    assert subject == "Wayside: Ideas for right now"
    assert items == [
        [ON_FOOT["title"], ON_FOOT["place"], ROUTE],
        [FILM["title"], FILM["creator"], FILM["link"]],
        ["Té & 茶 100 % #1", "A=B?"],
    ]
    names = [line.text for line in stage.driver.find_elements(By.CSS_SELECTOR, "#take li")]
    assert names == [ON_FOOT["title"], FILM["title"], tea["title"]]


def test_it_is_in_the_visitors_language(stage: Stage) -> None:
    stage.show({**ON_FOOT, "titles": {"fi": "Järvimuseo"}}, FILM)
    stage.find("#language").click()
    stage.find("#languages [lang='fi']").click()
    wait_until(lambda: stage.text("#visit") == "Ota ideat mukaan", "Finnish")
    take(stage)
    subject, items = mail(stage)
    assert subject.endswith("Ideoita juuri nyt")
    assert items[0][0] == "Järvimuseo"


@pytest.mark.parametrize(
    ("size", "count", "metres"),
    [("landscape", 3, 1.0), ("portrait", 3, 1.0), ("landscape", 8, 0.5)],
)
def test_a_phone_reads_it_before_a_screen_of_24_inches(
    stage: Stage, size: str, count: int, metres: float
) -> None:
    stage.resize(SIZES[size])
    stage.show(*({**CARDS[n % 3], "id": f"i{n}"} for n in range(count)))
    take(stage)
    png = stage.find("#take .qr").screenshot_as_png
    code = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    scale = PHONE_PX_MM / metres * SCREEN_MM / max(SIZES[size])
    seen = cv2.resize(code, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    seen = cv2.copyMakeBorder(seen, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=230)
    seen = cv2.GaussianBlur(seen, (3, 3), 0.5)
    assert decode(cv2.imencode(".png", seen)[1].tobytes()).startswith("mailto:?subject=Wayside")


def test_a_link_that_would_make_the_code_too_fine_is_left_out(stage: Stage) -> None:
    long = "https://example.org/" + "x" * 270
    stage.show(*({**ON_FOOT, "id": f"p{n}", "route": "", "link": long} for n in range(8)))
    take(stage)
    _, items = mail(stage)
    assert items == [[ON_FOOT["title"], ON_FOOT["place"]]] * 8


def test_back_and_escape_put_it_away_and_so_does_another_visitors_screen(stage: Stage) -> None:
    titles = [item["title"] for item in CARDS]
    stage.show(*CARDS)
    take(stage)
    assert stage.titles() == []
    assert stage.script("return document.activeElement.id") == "back"
    stage.find("#back").click()
    assert stage.titles() == titles
    assert stage.script("return document.activeElement.id") == "visit"
    take(stage)
    stage.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert stage.titles() == titles
    take(stage)
    stage.say("suggestions", message({**FILM, "id": "f2", "title": "Another"}, serial=2))
    stage.wait_for_titles("Another")
    take(stage)
    stage.show(state="resting", serial=3)
    assert not stage.find("#take").is_displayed()
    assert not stage.find("#visit").is_displayed()


@pytest.mark.parametrize("size", ["landscape", "portrait"])
def test_in_every_language_its_words_have_their_place(stage: Stage, size: str) -> None:
    stage.resize(SIZES[size])
    cards = [{**CARDS[n % 3], "id": f"i{n}"} for n in range(8)]
    stage.show(*cards)
    take(stage)
    assert stage.driver.execute_async_script(CUT, cards) == []


def test_its_key_is_there_where_all_cards_are(stage: Stage) -> None:
    stage.show(*CARDS)
    assert stage.find("#visit").is_displayed()
    stage.driver.find_elements(By.CSS_SELECTOR, ".choose")[0].click()
    assert not stage.find("#visit").is_displayed()
    stage.find("#back").click()
    stage.find("#language").click()
    assert not stage.find("#visit").is_displayed()
