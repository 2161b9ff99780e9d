"""What the page shows of the kiosk's messages, in a real browser on a real broker."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from device.values import Reason
from device.words.words import load_words
from tests.device.display.stage import CARDS, FILM, PLACE, Stage, message
from tests.device.words.test_when import CASES
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]


def test_cards_show_what_is_known_of_each_item(stage: Stage) -> None:
    stage.show(*CARDS)
    place, film, activity = (
        card.text.split("\n") for card in stage.driver.find_elements(By.CSS_SELECTOR, ".card")
    )
    facts = ["Place", "400 m", "West Lake Museum", "89 Nanshan Road", "quiet", "open till five"]
    assert place == facts
    assert film[:4] == ["Film", "1953", "Roman Holiday", "William Wyler"]
    assert activity == ["To do", "1.8 km", "Feed the goldfish", "outdoors"]
    opinions = ["I like it", "Not for me"]
    buttons = stage.driver.find_elements(By.CSS_SELECTOR, ".verdict")
    assert [each.accessible_name for each in buttons] == 3 * opinions
    stage.show(PLACE, serial=2)  # which has room for all words
    alone = stage.text(".card")
    assert all(word in alone for word in (*facts, "Scan for more", *opinions))


def test_a_refresh_of_the_same_screen_does_not_redraw_it(stage: Stage) -> None:
    stage.show(*CARDS)
    stage.script("document.querySelector('.card').dataset.mine = 'yes'")
    for _ in range(3):
        stage.say("suggestions", message(*CARDS))
    stage.heartbeat()
    assert stage.script("return document.querySelector('.card').dataset.mine") == "yes"
    assert stage.script("return window.everShown.length") == len(CARDS)


def test_an_empty_screen_is_the_resting_loop(stage: Stage) -> None:
    stage.show(*CARDS)
    stage.show(state="resting", serial=2)
    assert stage.text("#rest h1") == "Where to next?"
    stage.heartbeat(0, state="resting", serial=2, shows_notice=True)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"null", b"[1]", b'"showing"', b'{"state": "dancing", "lifetime_s": 30}', b"\xff"],
)
def test_a_message_that_cannot_be_read_leaves_nothing_on_the_screen(
    stage: Stage, payload: bytes
) -> None:
    stage.show(*CARDS)
    known = stage.say("suggestions", payload)
    stage.heartbeat(known, state="resting", serial=None, shows_notice=False)
    assert stage.titles() == []


def test_a_malformed_part_of_an_item_is_left_out(stage: Stage) -> None:
    odd: list[Any] = [
        None,
        "film",
        {},
        {**PLACE, "title": ""},
        {**PLACE, "id": 7},
        {**FILM, "why": "light", "year": "1953", "creator": ["x"], "kind": "opera"},
    ]
    stage.say("suggestions", message(*odd))
    stage.wait_for_titles("Roman Holiday")
    assert stage.text(".card").split("\n")[:2] == ["To do", "Roman Holiday"]


def test_markup_in_a_payload_is_text(stage: Stage) -> None:
    evil = "<script>document.title = 'hacked'</script><img src=x onerror=\"document.title='h'\">"
    words = dict.fromkeys(("title", "creator", "place"), evil)
    stage.show({**PLACE, **words, "why": [evil]})
    assert stage.titles() == [evil]
    assert stage.script("return document.querySelectorAll('#cards :is(script, img)').length") == 0
    assert stage.driver.title == "Wayside"


def test_touching_a_card_chooses_it_and_shows_it_alone(stage: Stage) -> None:
    stage.show(*CARDS)
    known = len(stage.kiosk.messages)
    stage.driver.find_elements(By.CSS_SELECTOR, ".choose")[1].click()
    assert stage.feedback(known, verdict="chosen")["item_id"] == "film-1"
    assert stage.titles() == ["Roman Holiday"]
    stage.find("#back").click()
    assert stage.titles() == [item["title"] for item in CARDS]


def test_opinions_are_published_once_and_acknowledged(stage: Stage) -> None:
    stage.show(*CARDS)
    known = len(stage.kiosk.messages)
    stage.find("[data-id='place-1'] .verdict:first-child").click()
    stage.find("[data-id='place-1'] .verdict:first-child").click()
    assert stage.feedback(known, verdict="liked")["item_id"] == "place-1"
    stage.find("[data-id='film-1'] .verdict:last-child").click()
    assert stage.feedback(known, verdict="not_for_me")["item_id"] == "film-1"
    touches = [heard.json() for heard in stage.kiosk.messages if heard.name == "feedback"]
    assert [touch["verdict"] for touch in touches] == ["liked", "not_for_me"]
    assert stage.find("[data-id='place-1'] .verdict").accessible_name == "Thank you"
    assert stage.script("return window.everShown.length") == len(CARDS)  # nothing was redrawn
    stage.show(PLACE, serial=2)
    assert stage.text(".verdict:first-child") == "I like it"  # forgotten with the screen


def test_reasons_become_words_on_the_page_and_unknown_ones_are_left_out(stage: Stage) -> None:
    reasons = [
        {"code": "tag", "argument": "quiet"},
        {"code": "tag", "argument": "constructor"},
        {"code": "distance", "argument": 1260},
        {"code": "no such code", "argument": None},
        {"code": "open_until", "argument": "17:30"},
        None,
        {"code": "well_known", "argument": None},
    ]
    item = {**PLACE, "distance_m": None, "why": ["in some other language"], "reasons": reasons}
    stage.show(item)
    said = [line.text for line in stage.driver.find_elements(By.CSS_SELECTOR, ".why li")]
    assert said == ["quiet", "1.3 km", "open till 17:30", "well known"]


def test_a_distance_is_said_once_in_minutes_on_foot_and_opened_in_metres_too(stage: Stage) -> None:
    reasons = [{"code": "distance", "argument": 480}]
    shown = []
    for minutes in (7, 0, 90, 91, -1, None, "7"):
        about = {"title": f"{minutes!r} minutes", "walk_min": minutes, "reasons": reasons}
        stage.show({**PLACE, "distance_m": 480, **about})
        shown.append(stage.text(".fact"))
        assert stage.driver.find_elements(By.CSS_SELECTOR, ".why li") == []
    assert shown == [
        "7 min on foot", "1 min on foot", "90 min on foot", "500 m", "500 m", "500 m", "500 m"
    ]  # fmt: skip
    stage.show({**PLACE, "title": "Opened", "distance_m": 480, "walk_min": 7, "reasons": reasons})
    stage.find(".choose").click()
    assert (stage.text(".fact"), stage.text(".why li")) == ("500 m", "7 min on foot")


def test_the_page_and_the_kiosk_make_the_same_words_of_a_distance(stage: Stage) -> None:
    metres = (0, 34, 96, 449, 951, 1260, 9949, 23_400)
    said = stage.script(f"return {list(metres)}.map((m) => words.distance(m))")
    now = datetime.now(UTC)
    kiosk = [load_words("en").say([Reason("distance", m)], now)[0] for m in metres]
    assert kiosk == said


def test_the_page_and_the_kiosk_say_the_same_of_when_an_event_is(stage: Stage) -> None:
    stage.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Pacific/Apia"})
    asked = json.dumps([(interval, now) for interval, now, _ in CASES])
    said = stage.script(f"return {asked}.map(([i, now]) => words.when(i, Date.parse(now)))")
    stage.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
    assert said == [says for _, _, says in CASES]
    wrong = ["", "2026-12-01", "2026-12-01T19:00+02:00", f"{CASES[0][0]}/2", "x/y", "<b>/<i>"]
    assert stage.script(f"return {wrong}.map((i) => words.when(i))") == [""] * len(wrong)


def test_an_event_has_its_own_word_and_icon_and_says_first_when_it_is(stage: Stage) -> None:
    begins = datetime.now(UTC) - timedelta(hours=1)
    interval = f"{begins:%Y-%m-%dT%H:%M}+00:00/{begins + timedelta(hours=3):%Y-%m-%dT%H:%M}+00:00"
    reasons = [{"code": "when", "argument": interval}, {"code": "tag", "argument": "quiet"}]
    stage.show({**PLACE, "kind": "event", "reasons": reasons})
    assert stage.text(".kind") == "Event"
    assert stage.script("return document.querySelector('.band use').getAttribute('href')") == (
        "#icon-event"
    )
    until = f"now, until {begins + timedelta(hours=3):%H:%M}"
    assert [line.text for line in stage.driver.find_elements(By.CSS_SELECTOR, ".why li")] == [
        until, "quiet"
    ]  # fmt: skip
