"""Whoever moves through the page by keys sees where they are and stays there; whoever does not see
the page hears what comes on it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from selenium import webdriver

from device.words.words import load_words
from tests.device.display.stage import ACTIVITY, CARDS, FILM, ON_FOOT, PLACE, SIZES, Stage, site
from tests.device.display.test_layout import PAGE, contrast
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

RINGS = """
const cut = [];
const grounds = [];
const style = (e) => getComputedStyle(e);
const clips = (e) => style(e).overflowX !== "visible" || style(e).overflowY !== "visible";
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
for (const held of document.querySelectorAll("button")) {
  if (!held.checkVisibility({ visibilityProperty: true })) continue;
  held.focus({ focusVisible: true });
  const ringed = [held, held.closest(".card")].find((e) => e && style(e).outlineStyle !== "none");
  const name = held.id || held.lang || `${held.closest(".card")?.dataset.id} ${held.className}`;
  if (!ringed) { cut.push(`${name} has no ring`); continue; }
  const { outlineWidth, outlineOffset, outlineColor } = style(ringed);
  const [width, gap] = [outlineWidth, outlineOffset].map(parseFloat);
  const box = ringed.getBoundingClientRect();
  const inside = (frame) => box.left - gap - width >= frame.left
    && box.top - gap - width >= frame.top
    && box.right + gap + width <= frame.right && box.bottom + gap + width <= frame.bottom;
  const frames = [{ left: 0, top: 0, right: innerWidth, bottom: innerHeight }];
  let ground = null;
  for (let e = ringed.parentElement; e; e = e.parentElement) {
    if (e.matches("body *") && clips(e)) frames.push(e.getBoundingClientRect());
    const colour = numbers(style(e).backgroundColor);
    if (ground === null && (colour[3] ?? 1) === 1) ground = colour;
  }
  if (!frames.every(inside)) cut.push(`${name}: its ring is cut`);
  if (width < 3 || gap < 2) cut.push(`${name}: a thin ring`);
  grounds.push([name, numbers(outlineColor), ground]);
}
return { cut, grounds };
"""
"""What is wrong with the rings of all buttons that can be seen; of each its colour and the ground
on both of its sides, or null where that is the sky."""

HELD = """
const held = document.activeElement;
return [held.closest(".card")?.dataset.id ?? held.id, held.dataset.verdict ?? held.className];
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome) -> Iterator[Stage]:
    with site(tmp_path_factory.mktemp("focus"), browser) as stage:
        yield stage


@pytest.fixture
def stage(loaded: Stage, request: pytest.FixtureRequest) -> Stage:
    return loaded.again(request.function.__name__)


def sky() -> list[list[int]]:
    """The colours behind all that has no ground of its own, red, green and blue."""
    said = re.findall(r"--(?:night|dusk): #(\w{6})", (PAGE / "style.css").read_text())
    return [[int(value[n : n + 2], 16) for n in (0, 2, 4)] for value in said]


def rings(stage: Stage, touched: str) -> None:
    if touched:
        stage.script("document.querySelector(arguments[0]).click()", touched)
    found = stage.script(RINGS)
    assert found["cut"] == []
    assert len(found["grounds"]) >= 3
    for name, colour, ground in found["grounds"]:
        for beside in [ground] if ground else sky():
            assert contrast(colour, beside) >= 3, (name, colour, beside)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_ring_of_the_focus_is_seen_all_around_on_every_ground(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    for serial, items in enumerate(((ON_FOOT,), (ON_FOOT, FILM, ACTIVITY), _crowd(8)), 1):
        stage.show(*items, serial=serial)
        rings(stage, "")
    for touched in (".verdict", "#language", "#languages [aria-pressed=true]", ".choose"):
        rings(stage, touched)
    stage.script("document.querySelector('#back').click()")


def _crowd(count: int) -> list[dict[str, object]]:
    return [{**PLACE, "id": f"p{n}", "title": f"Museum {n}"} for n in range(count)]


def test_the_focus_stays_among_the_cards_when_they_change(stage: Stage) -> None:
    stage.show(*CARDS)
    stage.script("document.querySelector('[data-id=activity-1] [data-verdict=liked]').focus()")
    stage.show(ACTIVITY, {**FILM, "title": "Another"}, serial=2)
    assert stage.script(HELD) == ["activity-1", "liked"]
    stage.show(FILM, PLACE, serial=3)
    assert stage.script(HELD) == ["film-1", "choose"]  # in its place
    stage.script("document.querySelectorAll('.choose')[1].focus()")
    stage.show({**FILM, "id": "film-2", "title": "The last of all"}, serial=4)
    assert stage.script(HELD) == ["film-2", "choose"]


def test_cards_are_announced_once_and_politely(stage: Stage) -> None:
    stage.script(
        """window.announced = [];
        const region = document.querySelector("#told");
        const tell = () => announced.push([region.ariaLive ?? region.role, region.textContent]);
        new MutationObserver(tell).observe(region, { childList: true });"""
    )
    stage.show(PLACE, FILM)
    stage.script("dispatchEvent(new Event('resize'))")  # draws the same cards again
    stage.show(PLACE, FILM, serial=2)
    stage.show(PLACE, ACTIVITY, serial=3)
    assert stage.script("return announced") == [
        ["status", "West Lake Museum, Roman Holiday"],
        ["status", "West Lake Museum, Feed the goldfish"],
    ]
    stage.show({**PLACE, "titles": {"sv": "Museet vid sjön"}, "title": "Museet vid sjön"}, serial=4)
    assert stage.find("#told > *").get_attribute("lang") == "sv"


def test_there_is_one_first_heading_whatever_is_shown(stage: Stage) -> None:
    heading = """return [...document.querySelectorAll("h1")]
      .filter((one) => one.checkVisibility()).map((one) => one.querySelector(".on") ?? one)
      .map((one) => one.textContent)"""
    words = load_words("en").for_page()["page"]
    rest, ideas = words["resting"]["watching"]["heading"], words["suggestions"]
    for size in SIZES.values():
        stage.resize(size)
        stage.show(state="resting")
        assert stage.script(heading) == [rest]
        stage.show(*CARDS, serial=2)
        assert stage.script(heading) == [ideas]
        stage.find(".choose").click()
        assert stage.script(heading) == [ideas]
        stage.find("#language").click()
        assert stage.script(heading) == [words["choose_language"]]
        stage.find("#language").click()
        stage.find("#back").click()


def test_a_code_has_the_name_that_stands_below_it(stage: Stage) -> None:
    named = """return [...document.querySelectorAll(".qr [role=img]")]
      .filter((one) => one.checkVisibility()).map((one) => one.getAttribute("aria-label"))"""
    stage.show(ON_FOOT, FILM, ACTIVITY)
    words = load_words("en").for_page()["page"]
    assert stage.script(named) == [words["scan_route"], words["scan"]]
    stage.find("#visit").click()
    assert stage.script(named) == [words["take"]["ask"]]
    stage.find("#back").click()
