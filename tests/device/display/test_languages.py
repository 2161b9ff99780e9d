"""Every visitor reads the page in a language of their own choice; the site's own come back by
themselves, and nothing of the layout breaks in any of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from device.config import Config
from device.display.server import PageServer, settings_script, words_script
from device.values import Reason
from device.words.patterns import Patterns
from device.words.table import LANGUAGES, read_table
from device.words.words import load_words
from tests.brokers import listen, mosquitto, wait_until
from tests.device.display.stage import CARDS, FILM, FINISH, PLACE, SIZES, TOPICS, Stage, message
from tests.device.display.test_layout import MISPLACED
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

SITE = ("fi", "sv", "ar")

TURN = "Languages.turn()"
"""What the page's own timer does every eight seconds."""

SEEN = """
const seen = (selector) => document.querySelector(`${selector} .on`);
const box = document.querySelector("#notice");
const said = ["#notice h2", "#choice .label", "h1"].map((selector) => seen(selector).innerText);
return [seen("#notice h2").lang, ...said,
  [box.offsetTop, box.offsetLeft, box.offsetWidth, box.offsetHeight]];
"""
"""The language of the notice; what it, the button and the heading say; and where it is."""

NOW = datetime.now(UTC)
BEGINS = (NOW + timedelta(days=9)).replace(hour=9, minute=5)
INTERVAL = "/".join(f"{at:%Y-%m-%dT%H:%M}+00:00" for at in (BEGINS, BEGINS + timedelta(hours=1)))

REASONS = [Reason("when", INTERVAL), Reason("tag", "quiet"), Reason("distance", 1260),
           Reason("open_until", "09:05")]  # fmt: skip


@pytest.fixture(scope="module")
def words() -> str:
    return words_script(Config.model_validate({"display": {"languages": SITE}}))


@pytest.fixture
def stage(tmp_path: Path, browser: webdriver.Chrome, words: str) -> Iterator[Stage]:
    """The page of a site that speaks Finnish, Swedish and Arabic."""
    with mosquitto(tmp_path) as broker:
        config = Config.model_validate({"mqtt": {"websocket_port": broker.websocket_port}})
        server = PageServer(0, settings_script(config), words)
        server.start()
        try:
            with listen(broker.port, f"{TOPICS.root}/#") as kiosk:
                stage = Stage(broker, kiosk, browser, server.address)
                stage.open()
                yield stage
                browser.get("about:blank")
        finally:
            server.stop()


def choose(stage: Stage, language: str) -> None:
    """Two touches: on the button, and on a language."""
    stage.find("#language").click()
    stage.find(f"#languages [lang='{language}']").click()
    assert stage.script("return document.documentElement.lang") == language


def text(language: str, *path: str) -> Any:
    found: Any = load_words(language).for_page()["page"]
    for name in path:
        found = found[name]
    return found


def item(**about: Any) -> dict[str, Any]:
    reasons = [{"code": reason.code, "argument": reason.argument} for reason in REASONS]
    return {**PLACE, "reasons": reasons, **about}


def test_the_page_speaks_the_first_of_the_sites_languages(stage: Stage) -> None:
    stage.show(*CARDS)
    assert stage.script("return document.documentElement.lang") == "fi"
    assert stage.text("#heading") == text("fi", "suggestions")


def test_one_touch_offers_every_language_by_its_own_name_the_sites_first(stage: Stage) -> None:
    for items in ((), CARDS):
        stage.show(*items, state="showing" if items else "resting")
        stage.find("#language").click()
        offered = stage.driver.find_elements(By.CSS_SELECTOR, "#languages button")
        names = [button.text for button in offered]
        assert names[:3] == ["Suomi", "Svenska", "العربية"]
        assert set(names) == {load_words(code).for_page()["own_name"] for code in LANGUAGES}
        for button in offered:
            assert min(button.size["width"], button.size["height"]) >= 44
        stage.find("#language").click()
        assert not stage.find("#languages").is_displayed()


@pytest.mark.parametrize("size", [*SIZES.values(), (480, 800)])
def test_while_the_list_is_open_the_notice_is_seen_and_the_camera_stays(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    stage.show(*CARDS)
    stage.find("#language").click()
    assert stage.script(MISPLACED) == []
    stage.heartbeat(shows_notice=True, state="showing")
    stage.find("#language").click()
    assert stage.titles() == [card["title"] for card in CARDS]


def test_the_keyboard_opens_the_list_walks_through_it_and_closes_it(stage: Stage) -> None:
    stage.show(*CARDS)
    press = stage.driver.switch_to.active_element.send_keys
    focused = "return document.activeElement.lang || document.activeElement.id"
    press("l")
    assert stage.script(focused) == "fi"
    for key, lang in ((Keys.ARROW_DOWN, "sv"), (Keys.ARROW_UP, "fi"), (Keys.ARROW_LEFT, "zh-Hant")):
        stage.driver.switch_to.active_element.send_keys(key)
        assert stage.script(focused) == lang
    stage.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert stage.script(focused) == "language"
    stage.driver.switch_to.active_element.send_keys(Keys.ENTER)
    stage.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    assert stage.script("return document.documentElement.lang") == "sv"
    assert stage.script(focused) == "language"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_on_the_screen_is_in_the_language_that_was_chosen(
    stage: Stage, language: str
) -> None:
    stage.show(item())
    choose(stage, language)
    stage.wait_for_titles(PLACE["title"])
    card = stage.find(".card")
    said = [line.text.lower() for line in card.find_elements(By.CSS_SELECTOR, ".why li")]
    kiosk = [phrase.lower() for phrase in load_words(language).say(REASONS, NOW)]
    assert said == kiosk  # the page makes the same words of codes, numbers and times
    table = read_table(language)
    on_foot = Patterns(table.locale, table.reasons.model_dump()).say("on_foot", number=7)
    assert stage.script("return words.reason({code: 'distance', argument: 480}, 7)") == on_foot
    decade = load_words(language).say([Reason("decade", 1980)], NOW)
    assert [stage.script("return words.reason({code: 'decade', argument: 1980})")] == list(decade)
    assert stage.text(".card .kind") == text(language, "kinds", "place")
    assert stage.text(".verdict:first-child") == text(language, "like")
    assert stage.text("#notice h2") == text(language, "notices", "watching", "heading")
    assert stage.text("#notice p") == text(language, "notices", "watching", "brief")
    assert stage.text("#choice .label") == text(language, "opt_out")
    assert stage.text("#language .label") == load_words(language).for_page()["own_name"]


def test_resting_brings_the_sites_own_language_back(stage: Stage) -> None:
    stage.show(*CARDS)
    choose(stage, "ja")
    stage.show(*CARDS, serial=2)
    assert stage.text("#heading") == text("ja", "suggestions")
    stage.show(state="resting", serial=3)
    wait_until(lambda: stage.text("h1") == text("fi", "resting", "watching", "heading"), "Finnish")


def test_a_language_that_is_chosen_at_rest_is_that_of_the_cards_that_follow(stage: Stage) -> None:
    stage.show(state="resting")
    choose(stage, "ko")
    stage.script(FINISH)
    assert stage.text("h1") == text("ko", "resting", "watching", "heading")
    stage.show(*CARDS, serial=2)
    assert stage.text("#heading") == text("ko", "suggestions")


def test_the_resting_screen_and_the_notice_turn_through_the_sites_languages(stage: Stage) -> None:
    for items in ((), CARDS):
        stage.show(*items, state="showing" if items else "resting", serial=len(items))
        seen, places = set(), set()
        for _ in SITE:
            stage.script(FINISH)
            language, notice, opt_out, heading, place = stage.script(SEEN)
            assert notice == text(language, "notices", "watching", "heading")
            assert opt_out == text(language, "opt_out")
            assert items or heading == text(language, "resting", "watching", "heading")
            seen.add(language)
            places.add(str(place))
            assert stage.script("return Screen.noticeIsVisible()")
            stage.script(TURN)
        assert seen == set(SITE)
        assert len(places) == 1  # nothing moves


def test_it_turns_without_motion_too(stage: Stage) -> None:
    media = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    stage.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    try:
        stage.show(state="resting")
        stage.script(TURN)
        assert stage.text("h1") == text("sv", "resting", "watching", "heading")
        assert stage.script("return document.getAnimations().length") == 0
    finally:
        stage.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize(
    ("titles", "language", "title", "lang"),
    [
        ({"fi": "Kasarmitori", "sv": "Kaserntorget"}, "sv", "Kaserntorget", "sv"),
        ({"fi": "Kasarmitori", "sv": "Kaserntorget"}, "de", "Kasarmitori", "fi"),
        ({"zh": "西湖"}, "zh-Hant", "西湖", "zh"),
        ({"pt-BR": "Praça"}, "pt", "Praça", "pt-BR"),
        ({}, "de", "Kasarmitori", "fi"),
        ({"SV": "x", "a b": "y", "sv": 7}, "sv", "Kasarmitori", "fi"),
    ],
)
def test_a_title_is_in_the_visitors_language_where_there_is_one(
    stage: Stage, titles: dict[str, Any], language: str, title: str, lang: str
) -> None:
    stage.show({**PLACE, "title": "Kasarmitori"})
    choose(stage, language)
    stage.say("suggestions", message({**PLACE, "title": "Kasarmitori", "titles": titles}))
    stage.wait_for_titles(title)
    assert stage.script("return document.querySelector('.card h2').lang") == lang


def test_a_long_word_is_divided_as_its_language_does(stage: Stage) -> None:
    stage.resize(SIZES["small"])
    word = "Luonnontieteellinenkeskusmuseo"
    stage.show(*({**PLACE, "id": f"p{n}", "title": word, "titles": {}} for n in range(3)))
    shown = stage.script("return document.querySelector('.card h2').textContent")
    assert shown.replace("\N{SOFT HYPHEN}", "") == word
    assert "teel\N{SOFT HYPHEN}li\N{SOFT HYPHEN}nen" in shown
    assert stage.script(MISPLACED) == []
    film = {**FILM, "title": "Incomprehensibilities"}  # in no language that is known
    stage.show(*({**film, "id": f"f{n}"} for n in range(3)), serial=2)
    assert "\N{SOFT HYPHEN}" not in stage.script("return document.body.textContent")


def test_in_arabic_the_whole_page_runs_from_right_to_left(stage: Stage) -> None:
    stage.show({**PLACE, "title": "Kasarmitori"}, {**PLACE, "id": "p2", "title": "متحف"})
    choose(stage, "ar")
    stage.wait_for_titles("Kasarmitori", "متحف")
    for selector in ("body", "header", "footer", "#cards", ".card", ".card:last-child"):
        element = f"document.querySelector('{selector}')"
        assert stage.script(f"return getComputedStyle({element}).direction") == "rtl", selector
    middle = stage.driver.get_window_size()["width"] / 2
    assert stage.find(".mark").location["x"] > middle
    assert stage.find("#choice").location["x"] < middle
    first, second = (c.location["x"] for c in stage.driver.find_elements(By.CSS_SELECTOR, ".card"))
    assert first > second
    stage.find(".card .choose").click()
    turned = "return getComputedStyle(document.querySelector('#back svg')).transform"
    assert stage.script(turned).startswith("matrix(-1")


@pytest.mark.slow
@pytest.mark.parametrize("size", [SIZES["landscape"], SIZES["small"], (480, 800)])
def test_nothing_overflows_in_any_language(stage: Stage, size: tuple[int, int]) -> None:
    stage.resize(size)
    for language in LANGUAGES:
        stage.show(state="resting", notice="opted_out")
        choose(stage, language)
        for notice in ("watching", "demo"):  # the longest
            stage.say("suggestions", message(state="resting", notice=notice))
            heading = text(language, "notices", notice, "heading")
            wait_until(lambda h=heading: stage.text("#notice h2") == h, heading)
            assert stage.script(MISPLACED) == [], (language, notice)
        for count in (3, 4):
            stage.show(*(item(id=f"p{n}") for n in range(count)), serial=count)
            assert stage.script("return document.documentElement.lang") == language
            assert stage.script(MISPLACED) == [], (language, count)
