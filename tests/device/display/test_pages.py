"""Cards for which the screen has no room at once are one touch away, and it says that they are."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.brokers import wait_until
from tests.device.display.misplaced import MISPLACED
from tests.device.display.stage import FILM, FINISH, ON_FOOT, SIZES, Stage, message
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

SMALLEST = (SIZES["small"], (480, 800))

LONG_S = 300.0
"""However slow the machine is, the cards are there for the whole test."""

REASONS = [
    {"code": "tag", "argument": "garden"},
    {"code": "distance", "argument": 1260},
    {"code": "open_until", "argument": "20:00"},
]
LONG = {
    "en": "University Botanic Garden and Conservatory",
    "de": "Botanischer Universitätsgarten mit Gewächshäusern",
    "fi": "Kaisaniemen kasvitieteellinen puutarha",
}
GARDEN = {**ON_FOOT, "title": LONG["en"], "titles": LONG, "reasons": REASONS, "walk_min": 17}
COMEDY = {**FILM, "reasons": [{"code": "tag", "argument": "comedy"}]}

FACTS = """
return [...document.querySelectorAll(".card")].map((card) => {
  const text = (part) => part.innerText.replace(/\\u00ad/g, "").toLowerCase();
  const title = card.querySelector("h2");
  const cut = title.scrollHeight > title.clientHeight + 2 ? "…" : "";
  const lines = [...card.querySelectorAll(".why li")].map(text);
  return [text(title) + cut, text(card.querySelector(".fact")), ...lines];
});
"""
"""Of each card: its title, how far it is or its year, and its reasons."""

GARDEN_IN = {
    "en": (LONG["en"], "17 min on foot", "a garden", "open till 20:00"),
    "de": (LONG["de"], "17 min. zu fuß", "ein garten", "geöffnet bis 20:00"),
    "fi": (LONG["fi"], "17 min kävellen", "puutarha", "auki klo 20.00 asti"),
}
"""What a visitor has to know of it."""


def cards(count: int) -> list[dict[str, Any]]:
    kinds = (GARDEN, COMEDY, {**GARDEN, "titles": {}, "title": "Café Regatta"}, GARDEN)
    return [{**kinds[n % 4], "id": f"i{n}"} for n in range(count)]


def more(stage: Stage) -> str:
    """What the button to more cards says; empty where it is not there."""
    return stage.text("#more").replace("\n", "/").replace("/ ", "/").replace(" /", "/")


def ids(stage: Stage) -> list[str]:
    found: list[str] = stage.script(
        "return [...document.querySelectorAll('.card')].map((card) => card.dataset.id)"
    )
    return found


def speak(stage: Stage, language: str) -> None:
    stage.find("#language").click()
    stage.find(f"#languages [lang='{language}']").click()
    spoken = "return document.documentElement.lang"
    wait_until(lambda: stage.script(spoken) == language, language)
    stage.script(FINISH)


@pytest.mark.parametrize("size", SMALLEST)
def test_three_cards_of_the_smallest_screens_say_all_that_a_visitor_needs(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    stage.show(*cards(3), lifetime_s=LONG_S)
    for language, (title, *facts) in GARDEN_IN.items():
        speak(stage, language)
        garden, comedy, cafe = stage.script(FACTS)
        assert garden[:1] == [title.lower()]
        for card in (garden, cafe):
            assert set(facts) <= set(card), language
        assert len(comedy) >= 3
        assert stage.script(MISPLACED) == []
        assert more(stage) == ""


def test_four_cards_of_the_smallest_screens_do_so_too_where_their_titles_have_room(
    stage: Stage,
) -> None:
    for size in SMALLEST:
        stage.resize(size)
        stage.show(*cards(4), lifetime_s=LONG_S)
        for card in stage.script(FACTS)[::2]:
            assert set(GARDEN_IN["en"][1:]) <= set(card), size
        assert more(stage) == ""
        assert stage.script(MISPLACED) == []


@pytest.mark.parametrize("size", [*SIZES.values(), (480, 800)])
def test_with_larger_text_every_card_is_reached_by_touches_and_said_to_be_there(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    items = cards(4)
    stage.show(*items, lifetime_s=LONG_S)
    stage.find("#large").click()
    reached: list[str] = []
    while len(reached) < len(items):
        shown = ids(stage)
        first, last = len(reached) + 1, len(reached) + len(shown)
        assert more(stage) == f"{first}/4" if first == last else f"{first}–{last}/4"
        assert stage.find("#more").get_attribute("aria-label").startswith("Next: ")
        for card in stage.script(FACTS):
            assert len(card) >= (3 if "roman holiday" in card else 4)
        assert stage.script(MISPLACED) == []
        reached += shown
        stage.find("#more").click()
        stage.script(FINISH)
    assert reached == [item["id"] for item in items]
    assert ids(stage)[0] == "i0"  # after the last comes the first


def test_keys_lead_to_the_next_cards_and_go_on_there(stage: Stage) -> None:
    stage.show(*cards(3), lifetime_s=LONG_S)
    stage.find("#large").click()
    first = ids(stage)
    stage.script("document.querySelector('#more').focus({ focusVisible: true })")
    ActionChains(stage.driver).send_keys(Keys.ENTER).perform()
    wait_until(lambda: ids(stage) != first, "the next cards")
    held = stage.script("return document.activeElement.matches('.choose:focus-visible')")
    assert held


def test_the_page_stays_while_its_card_does_and_new_cards_begin_with_the_first(
    stage: Stage,
) -> None:
    stage.resize(SIZES["small"])
    first, *others = cards(3)
    stage.show(first, *others, lifetime_s=LONG_S)
    stage.find("#large").click()
    stage.find("#more").click()
    assert ids(stage) == ["i1"]
    stage.say(
        "suggestions", message(*others, {**first, "id": "another"}, serial=2, lifetime_s=LONG_S)
    )
    wait_until(lambda: more(stage) == "1/3", "it is the first now")
    assert ids(stage) == ["i1"]
    new = [{**item, "id": f"n{n}"} for n, item in enumerate(cards(3))]
    stage.say("suggestions", message(*new, serial=3, lifetime_s=LONG_S))
    wait_until(lambda: ids(stage) == ["n0"], "the first of the new cards")


def test_only_cards_that_have_been_in_view_are_said_to_have_been_seen(stage: Stage) -> None:
    stage.resize(SIZES["small"])
    known = len(stage.kiosk.messages)
    stage.show(*cards(3), lifetime_s=LONG_S)
    stage.heartbeat(known, seen=["i0", "i1", "i2"])
    stage.find("#large").click()
    known = len(stage.kiosk.messages)
    new = [{**item, "id": f"n{n}"} for n, item in enumerate(cards(3))]
    stage.say("suggestions", message(*new, serial=2, lifetime_s=LONG_S))
    stage.heartbeat(known, serial=2, seen=["n0"])
    stage.find("#more").click()
    stage.heartbeat(known, serial=2, seen=["n0", "n1"])
    stage.say("suggestions", message(state="resting", serial=3))
    stage.heartbeat(known, serial=3, seen=[])
