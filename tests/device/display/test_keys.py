"""A screen that is not touched: keys and buttons reach everything; it tells of those it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.brokers import wait_until
from tests.device.display.misplaced import MISPLACED
from tests.device.display.stage import ACTIVITY, FILM, PLACE, SIZES, TOPICS, Stage, message, site
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

SETTINGS = {
    "display": {
        "languages": ["en", "fi"],
        "keys": {"next": "n", "open": "F2", "language": "x", "opt_out": "ArrowUp"},
        "buttons": {"next": 5, "open": 6},
    },
    "privacy": {"opt_out_gpio": 17},
}

FOCUSED = """
const held = document.activeElement;
const name = `${held.closest(".card")?.dataset.id} ${held.dataset.verdict ?? held.className}`;
return [held.id || name, held.matches(":focus-visible")];
"""

TOUCHED = """
const seen = [...document.querySelectorAll("button")].filter((one) => one.checkVisibility());
return seen.map((held) => held.id
  || `${held.closest(".card").dataset.id} ${held.dataset.verdict ?? held.className}`);
"""
"""What can be touched, by the names of `FOCUSED`."""

SIGNS = """
return Object.fromEntries([...document.querySelectorAll(".signs")].map((signs) => [
  signs.parentElement.id || signs.nextSibling.innerText,
  [...signs.children].map((one) => one.textContent || one.firstChild.getAttribute("href"))]));
"""


@pytest.fixture(scope="module")
def shared(browser: webdriver.Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with site(tmp_path_factory.mktemp("keys"), browser, **SETTINGS) as stage:
        yield stage


@pytest.fixture
def stage(shared: Stage, request: pytest.FixtureRequest) -> Stage:
    return shared.again(request.function.__name__)


def press(stage: Stage, *keys: str) -> None:
    ActionChains(stage.driver).send_keys(*keys).perform()


def focused(stage: Stage) -> str:
    """What has the focus, which can be seen."""
    name, visible = stage.script(FOCUSED)
    assert visible or name.startswith("undefined")
    return str(name)


def button(stage: Stage, action: str, at: datetime | None = None, retain: bool = False) -> None:
    """Say that a button was pressed, as the kiosk does."""
    payload = {"action": action, "at": (at or datetime.now(UTC)).isoformat()}
    stage.kiosk.say(TOPICS.topic("press"), payload, retain=retain)


def test_one_key_reaches_whatever_can_be_touched_the_cards_first(stage: Stage) -> None:
    stage.show(PLACE, FILM)
    reached = []
    for _ in stage.script(TOUCHED):
        press(stage, "n")
        reached.append(focused(stage))
    assert reached[:4] == ["place-1 choose", "place-1 liked", "place-1 not_for_me", "film-1 choose"]
    assert sorted(reached) == sorted(stage.script(TOUCHED))
    press(stage, "n")
    assert focused(stage) == reached[0]


def test_another_opens_what_has_the_focus_and_leads_back(stage: Stage) -> None:
    stage.show(PLACE, FILM)
    known = len(stage.kiosk.messages)
    press(stage, Keys.F2)  # nothing has the focus yet
    assert focused(stage) == "place-1 choose"
    press(stage, Keys.F2)
    stage.feedback(known, item_id="place-1", verdict="chosen")
    assert focused(stage) == "back"
    press(stage, Keys.F2)
    stage.wait_for_titles(PLACE["title"], FILM["title"])
    assert focused(stage) == "place-1 choose"


def test_keys_choose_a_language_and_opt_out(stage: Stage) -> None:
    stage.show(PLACE, FILM)
    press(stage, "x")
    wait_until(lambda: stage.find("#languages").is_displayed(), "the list opens")
    press(stage, "n", Keys.F2)
    wait_until(lambda: stage.text("#heading") == "Ideoita juuri nyt", "the page is Finnish")
    known = len(stage.kiosk.messages)
    press(stage, Keys.ARROW_UP)
    stage.feedback(known, verdict="opt_out")
    press(stage, "o")  # as on any screen
    stage.feedback(known, verdict="opt_in")


def test_a_button_does_what_its_key_does(stage: Stage) -> None:
    stage.show(PLACE, FILM)
    button(stage, "next")
    wait_until(lambda: focused(stage) == "place-1 choose", "the button moves the focus")
    button(stage, "open")
    stage.wait_for_titles(PLACE["title"])
    button(stage, "language")
    wait_until(lambda: stage.find("#languages").is_displayed(), "the list opens")


def test_the_kiosk_hears_of_every_press_so_that_the_cards_stay(stage: Stage) -> None:
    stage.show(PLACE, FILM)
    before = datetime.now(UTC) - timedelta(milliseconds=1)  # the page's clock has no less
    button(stage, "next")
    wait_until(lambda: focused(stage) == "place-1 choose", "the button moves the focus")
    by_button = datetime.fromisoformat(stage.heartbeat()["used_at"])
    press(stage, "n")
    by_key = datetime.fromisoformat(stage.heartbeat()["used_at"])
    assert before <= by_button < by_key


def test_a_press_that_is_late_repeated_retained_or_nonsense_does_nothing(stage: Stage) -> None:
    stage.show(PLACE, FILM)
    stage.script("window.moves = 0; document.addEventListener('focusin', () => { moves += 1; });")
    now = datetime.now(UTC)
    button(stage, "next", now)
    button(stage, "next", now)
    button(stage, "next", now - timedelta(seconds=5))
    button(stage, "next", now + timedelta(seconds=60))
    for nonsense in (None, 3, [], {}, {"action": "opt_out"}, {"action": "constructor"}):
        at = {"at": datetime.now(UTC).isoformat()}
        said: Any = {**nonsense, **at} if isinstance(nonsense, dict) else nonsense
        stage.kiosk.say(TOPICS.topic("press"), said)
    button(stage, "language")  # then all of them have been heard
    wait_until(lambda: stage.find("#languages").is_displayed(), "the list opens")
    assert stage.script("return moves") == 2  # to the first card, and into the list


def test_a_retained_press_is_old(stage: Stage) -> None:
    button(stage, "language", retain=True)
    stage.again()
    stage.show(PLACE)
    assert not stage.find("#languages").is_displayed()
    stage.kiosk.say(TOPICS.topic("press"), b"", retain=True)


def test_the_screen_shows_the_signs_of_keys_and_buttons_where_they_act(stage: Stage) -> None:
    stage.show(PLACE, FILM)
    assert stage.script(SIGNS) == {
        "Next": ["N", "#icon-next"],
        "Open": ["F2", "#icon-open"],
        "language": ["X"],
        "choice": ["↑", "#icon-eye-shut"],
    }
    assert stage.find("#choice").get_attribute("aria-keyshortcuts") == "ArrowUp"


def test_no_screen_tells_of_keys_that_it_does_not_have(
    browser: webdriver.Chrome, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with site(tmp_path_factory.mktemp("touched"), browser) as touched:
        touched.open(SIZES["small"])
        touched.show(PLACE)
        assert touched.script(SIGNS) == {}
        assert not touched.find("#keys").is_displayed()


@pytest.mark.parametrize("size", [*SIZES.values(), (480, 800)])
def test_the_cards_leave_room_for_the_signs_when_they_come(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    stage.show(PLACE, FILM, ACTIVITY)
    assert stage.script(MISPLACED) == []
    signs, cards, footer = (stage.find(part).rect for part in ("#keys", "#cards", "footer"))
    assert signs["y"] >= cards["y"] + cards["height"] - 1
    assert signs["y"] + signs["height"] <= footer["y"] + 1
    stage.say("suggestions", message(state="resting"))
    stage.wait_for_titles()
    assert stage.script(MISPLACED) == []
