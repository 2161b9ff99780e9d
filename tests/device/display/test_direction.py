"""A title that is written from right to left brings its whole card along."""

# failure 38

from __future__ import annotations

from typing import Any

import pytest

from tests.device.display.misplaced import MISPLACED
from tests.device.display.stage import FILM, PLACE, SIZES, Stage, message
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

ARABIC, HEBREW = "متحف بحيرة الغرب", "לטייל בשוק הישן"

SIDES = """
const middle = (e) => { const box = e.getBoundingClientRect(); return box.left + box.width / 2; };
return [...document.querySelectorAll(".card")].map((card) => {
  const side = (selector) => middle(card.querySelector(selector)) < middle(card) ? "left" : "right";
  const text = (selector) => {
    const range = document.createRange();
    range.selectNodeContents(card.querySelector(selector));
    const body = card.querySelector(".body");
    const [inner, outer] = [range, body].map((e) => e.getBoundingClientRect());
    return inner.left - outer.left < outer.right - inner.right ? "left" : "right";
  };
  return [side(".band svg"), text("h2"), text(".by"), text(".why li"), side(".fact")];
});
"""
"""On which side of each card its icon, title, address and first reason begin, and its fact is."""

FROM_THE_LEFT = ["left", "left", "left", "left", "right"]
FROM_THE_RIGHT = ["right", "right", "right", "right", "left"]


def items(*titles: str) -> list[dict[str, Any]]:
    return [{**PLACE, "id": f"p{n}", "title": title} for n, title in enumerate(titles)]


@pytest.mark.parametrize("size", SIZES.values())
@pytest.mark.parametrize("picture", ["", "wide.png"])
def test_each_title_decides_for_its_own_card(
    stage: Stage, size: tuple[int, int], picture: str
) -> None:
    stage.resize(size)
    cards = [{**item, "picture": picture} for item in items("A Museum", ARABIC, HEBREW)]
    stage.show(*cards)
    assert stage.script(SIDES) == [FROM_THE_LEFT, FROM_THE_RIGHT, FROM_THE_RIGHT]
    assert stage.script(MISPLACED) == []


@pytest.mark.parametrize(
    ("title", "direction"),
    [
        (f"2001 – {ARABIC}", "rtl"),
        (f"“{HEBREW}”", "rtl"),
        (f"{HEBREW} (Old Market)", "rtl"),
        (f"Café {ARABIC}", "ltr"),
        ("\u200fCafé", "rtl"),
        ("1917", "ltr"),
        ("西湖博物馆", "ltr"),
    ],
)
def test_the_first_letter_of_the_title_decides_and_no_other_text(
    stage: Stage, title: str, direction: str
) -> None:
    other = "Anna" if direction == "rtl" else ARABIC
    why = ["quiet"] if direction == "rtl" else ["قريب"]
    stage.show({**FILM, "title": title, "creator": other, "why": why})
    for selector in (".card", ".card h2", ".band", ".why li"):
        seen = stage.script(
            "return getComputedStyle(document.querySelector(arguments[0])).direction", selector
        )
        assert seen == direction, selector
    assert stage.script("return getComputedStyle(document.body).direction") == "ltr"


def test_marks_that_are_typed_for_the_direction_are_not_seen(stage: Stage) -> None:
    title = "می\u200cخواهم \u2067Main\u2069 \u202bx\u202c"
    stage.say("suggestions", message({**PLACE, "title": title}))
    stage.wait_for_titles("می\u200cخواهم Main x")


@pytest.mark.parametrize("override", ["\u202e", "\u202d", "\u2066", "\u2067", "\u202b"])
def test_an_override_that_is_never_closed_turns_nothing_round(stage: Stage, override: str) -> None:
    title, place = f"{override}A {override}gnp.exe", f"{override}Street"
    stage.say("suggestions", message({**PLACE, "title": title, "place": place}))
    stage.wait_for_titles("A gnp.exe")
    assert stage.text(".by") == "Street"
    assert stage.script(SIDES) == [FROM_THE_LEFT]
