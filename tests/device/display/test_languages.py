"""Every visitor reads the page in a language of their own choice; the site's own come back by
themselves, and nothing of the layout breaks in any of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from device.values import Reason
from device.words.patterns import Patterns
from device.words.table import LANGUAGES, read_table
from device.words.words import load_words
from tests.brokers import wait_until
from tests.device.display.misplaced import MISPLACED, misplaced_in_any_language
from tests.device.display.stage import (
    CARDS,
    FILM,
    FINISH,
    PLACE,
    SIZES,
    TOPICS,
    Stage,
    message,
    site,
)
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

SITE = ("fi", "sv", "ar")

READ = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText.trim())"
"""What a person reads in each such element."""

TURN = "Languages.turn()"
"""What the page's own timer does every eight seconds."""

SEEN = """
const seen = (selector) => document.querySelector(`${selector} .on`);
const box = document.querySelector("#notice");
const said = ["#notice h2", "#choice .label", "#rest h1"].map((part) => seen(part).innerText);
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
def loaded(tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome) -> Iterator[Stage]:
    """The page of a site that speaks Finnish, Swedish and Arabic."""
    with site(tmp_path_factory.mktemp("site"), browser, display={"languages": SITE}) as stage:
        yield stage


@pytest.fixture
def stage(loaded: Stage, request: pytest.FixtureRequest) -> Stage:
    """The same page, loaded again, at rest."""
    return loaded.again(request.function.__name__)


def choose(stage: Stage, language: str) -> None:
    """Two touches: on the button, and on a language."""
    stage.find("#language").click()
    stage.find(f"#languages [lang='{language}']").click()
    spoken = "return document.documentElement.lang"
    wait_until(lambda: stage.script(spoken) == language, language)


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


def test_while_the_list_is_open_the_notice_is_seen_and_the_camera_stays(stage: Stage) -> None:
    stage.show(*CARDS)
    for size in (*SIZES.values(), (480, 800)):
        stage.resize(size)
        known = len(stage.kiosk.messages)
        stage.find("#language").click()
        assert stage.script(MISPLACED) == []
        stage.heartbeat(known, shows_notice=True, state="showing")
        stage.find("#language").click()
        assert stage.titles() == [card["title"] for card in CARDS]


def test_a_language_is_loaded_when_it_is_touched_and_once(stage: Stage) -> None:
    asked = """return performance.getEntriesByType("resource").map((each) => each.name)
      .filter((name) => name.includes("/words/"))"""
    stage.show(*CARDS)
    assert stage.script(asked) == []
    for language in ("ja", "fi", "ja"):
        choose(stage, language)
    assert stage.script(asked) == [f"{stage.address}words/ja.json"]


def test_of_two_languages_touched_the_last_is_spoken(stage: Stage) -> None:
    stage.find("#language").click()
    touch = "document.querySelector(`#languages [lang='{}']`).click();"
    stage.script(touch.format("ja") + touch.format("ko"))
    wait_until(lambda: stage.script("return document.documentElement.lang") == "ko", "Korean")
    assert stage.script("return Phrases.load('ja').then(() => document.documentElement.lang)") == (
        "ko"
    )


def test_a_language_whose_words_do_not_come_is_not_spoken_and_can_be_touched_again(
    stage: Stage,
) -> None:
    stage.driver.execute_cdp_cmd("Network.enable", {})
    blocked = {"urls": ["*/words/ja.json"]}
    stage.driver.execute_cdp_cmd("Network.setBlockedURLs", blocked)
    stage.find("#language").click()
    try:
        touch = stage.find("#languages [lang='ja']").click
        touch()
        assert stage.script("return Phrases.load('ja').catch(() => 'refused')") == "refused"
        assert stage.script("return document.documentElement.lang") == "fi"
    finally:
        stage.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    touch()
    wait_until(lambda: stage.script("return document.documentElement.lang") == "ja", "Japanese")


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


def test_everything_on_the_screen_is_in_the_language_that_was_chosen(stage: Stage) -> None:
    for serial, language in enumerate(LANGUAGES, start=1):
        stage.show(item(distance_m=None), serial=serial)  # anew, since what is shown expires
        choose(stage, language)
        said = [phrase.lower() for phrase in stage.script(READ, ".card .why li")]
        kiosk = [phrase.lower() for phrase in load_words(language).say(REASONS, NOW)]
        assert said == kiosk  # the page makes the same words of codes, numbers and times
        table = read_table(language)
        on_foot = Patterns(table.locale, table.reasons.model_dump()).say("on_foot", number=7)
        assert stage.script("return words.reason({code: 'distance', argument: 480}, 7)") == on_foot
        decade = load_words(language).say([Reason("decade", 1980)], NOW)
        assert [stage.script("return words.reason({code: 'decade', argument: 1980})")] == list(
            decade
        )
        for selector, *path in (
            (".card .kind", "kinds", "place"),
            (".verdict:first-child", "like"),
            ("#notice h2", "notices", "watching", "heading"),
            ("#choice .label", "opt_out"),
        ):
            assert stage.script(READ, selector) == [text(language, *path)]
        (notice,) = stage.script(READ, "#notice p")
        assert all(guess in notice for guess in table.guesses.model_dump().values())
        own_name = load_words(language).for_page()["own_name"]
        assert stage.script(READ, "#language .label") == [own_name]


def test_resting_brings_the_sites_own_language_back(stage: Stage) -> None:
    stage.show(*CARDS)
    choose(stage, "ja")
    stage.show(*CARDS, serial=2)
    assert stage.text("#heading") == text("ja", "suggestions")
    stage.show(state="resting", serial=3)
    wait_until(
        lambda: stage.text("#rest h1") == text("fi", "resting", "watching", "heading"), "Finnish"
    )


def test_a_language_that_is_chosen_at_rest_is_that_of_the_cards_that_follow(stage: Stage) -> None:
    stage.show(state="resting")
    choose(stage, "ko")
    stage.script(FINISH)
    assert stage.text("#rest h1") == text("ko", "resting", "watching", "heading")
    stage.show(*CARDS, serial=2)
    assert stage.text("#heading") == text("ko", "suggestions")


def test_the_resting_screen_and_the_notice_turn_through_the_sites_languages(stage: Stage) -> None:
    for items in ((), CARDS):
        stage.show(*items, state="showing" if items else "resting", serial=len(items))
        wait_until(
            lambda: (
                stage.script("return document.querySelector('#notice use').href.baseVal")
                == "#icon-eye"
            ),
            "the message has come",
        )
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


def test_an_announcement_is_seen_when_the_sites_own_languages_come_back(stage: Stage) -> None:
    texts = {"fi": "Suljettu", "sv": "Stängt", "ar": "مغلق"}
    stage.show(*CARDS)
    choose(stage, "ja")
    stage.kiosk.say(TOPICS.topic("announcement"), {"texts": texts, "lifetime_s": 30})
    wait_until(lambda: stage.text("#announcement") == "Suljettu", "the announcement")
    stage.show(state="resting", serial=2)
    wait_until(
        lambda: stage.text("#rest h1") == text("fi", "resting", "watching", "heading"), "Finnish"
    )
    assert stage.script(READ, "#announcement .on") == ["Suljettu"]


def test_it_turns_without_motion_too(stage: Stage) -> None:
    with stage.less_motion():
        stage.show(state="resting")
        stage.script(TURN)
        assert stage.text("#rest h1") == text("sv", "resting", "watching", "heading")
        assert stage.script("return document.getAnimations().length") == 0


TITLES: tuple[tuple[dict[str, Any], str, str, str], ...] = (
    ({"fi": "Kasarmitori", "sv": "Kaserntorget"}, "sv", "Kaserntorget", "sv"),
    ({"fi": "Kasarmitori", "sv": "Kaserntorget"}, "de", "Kasarmitori", "fi"),
    ({"zh": "西湖"}, "zh-Hant", "西湖", "zh"),
    ({"pt-BR": "Praça"}, "pt", "Praça", "pt-BR"),
    ({}, "de", "Kasarmitori", "fi"),
    ({"SV": "x", "a b": "y", "sv": 7}, "sv", "Kasarmitori", "fi"),
)
"""Titles that an item has, the language of the screen, and the title and its language there."""


def test_a_title_is_in_the_visitors_language_where_there_is_one(stage: Stage) -> None:
    known = {**PLACE, "title": "Kasarmitori"}
    stage.show(known)
    for titles, language, title, lang in TITLES:
        choose(stage, language)
        stage.say("suggestions", message({**known, "titles": titles}))
        stage.wait_for_titles(title)
        shown = f"return document.querySelector('.card h2').lang === '{lang}'"
        wait_until(partial(stage.script, shown), f"{titles} in {language}")


def test_no_patterns_are_loaded_but_those_of_the_languages_in_use(stage: Stage) -> None:
    asked = """return performance.getEntriesByType("resource")
      .map((each) => each.name.split("/hyphens/")[1]).filter(Boolean)"""
    stage.show(PLACE)
    own = {"fi.json", "sv.json"}  # English has none
    wait_until(lambda: set(stage.script(asked)) == own, "those of the site, once it is idle")
    long = {**PLACE, "title": "Donaudampfschifffahrtsgesellschaft", "titles": {}}
    stage.resize(SIZES["small"])
    choose(stage, "de")
    stage.show(*({**long, "id": f"p{n}", "titles": {"de": long["title"]}} for n in range(3)))
    wait_until(lambda: set(stage.script(asked)) == own | {"de.json"}, "those of German")
    shown = "return document.querySelector('.card h2').textContent"
    wait_until(lambda: "\N{SOFT HYPHEN}" in stage.script(shown), "the word is divided")


def test_a_long_word_is_divided_as_its_language_does(stage: Stage) -> None:
    stage.resize(SIZES["small"])
    word = "Luonnontieteellinenkeskusmuseo"
    stage.show(*({**PLACE, "id": f"p{n}", "title": word, "titles": {}} for n in range(3)))
    shown = "return document.querySelector('.card h2').textContent"
    divided = "teel\N{SOFT HYPHEN}li\N{SOFT HYPHEN}nen"
    wait_until(lambda: divided in stage.script(shown), "the patterns have come")
    assert stage.script(shown).replace("\N{SOFT HYPHEN}", "") == word
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


@pytest.mark.parametrize("size", [SIZES["landscape"], SIZES["small"], (480, 800)])
def test_nothing_overflows_in_any_language(stage: Stage, size: tuple[int, int]) -> None:
    stage.resize(size)
    states = [
        message(state="resting", notice="opted_out"),
        message(state="resting", notice="watching"),
        message(state="resting", notice="demo"),  # the longest
        *(message(*(item(id=f"p{n}") for n in range(count))) for count in (3, 4)),
    ]
    assert misplaced_in_any_language(stage, ((state, None) for state in states)) == []
