"""The button to ask aloud by: held, it says so under the words of the microphone, and no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from device.words.table import read_table
from tests.brokers import Heard, wait_until
from tests.device.display.misplaced import misplaced_in_any_language
from tests.device.display.stage import CARDS, SIZES, TOPICS, Stage, message, site
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

MUSEUM = {"thing": "museum", "features": ["tourism/museum"], "open_now": True, "near": False,
          "quiet": False, "children": False}  # fmt: skip


def can_ask(settings: str) -> str:
    """The settings of a kiosk that has a microphone."""
    assert '"ask": false' in settings
    return settings.replace('"ask": false', '"ask": true')


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome) -> Iterator[Stage]:
    with site(tmp_path_factory.mktemp("ask"), browser, amend=can_ask) as stage:
        yield stage


@pytest.fixture
def stage(opened: Stage, request: pytest.FixtureRequest) -> Iterator[Stage]:
    opened.again(request.function.__name__).show(*CARDS)
    yield opened
    ActionChains(opened.driver).reset_actions()


class Kiosk:
    """What the page has asked for since a test began, and what the kiosk answers."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._known = stage, len(stage.kiosk.messages)

    def asked(self, action: str, **wanted: Any) -> dict[str, Any]:
        return self._stage.kiosk.wait(self._is(action, **wanted)).json()

    def actions(self) -> list[str]:
        mine = [m for m in self._stage.kiosk.messages[self._known :] if m.name == "ask"]
        return [m.json()["action"] for m in mine]

    def heard(self, state: str, request: dict[str, Any] | None = None) -> None:
        at = "2026-11-30T12:00:00Z"
        heard = {"state": state, "request": request, "at": at}
        self._stage.kiosk.say(TOPICS.topic("heard"), heard)

    def _is(self, action: str, **wanted: Any) -> Callable[[Heard], bool]:
        before = {id(each) for each in self._stage.kiosk.messages[: self._known]}

        def fits(heard: Heard) -> bool:
            if heard.name != "ask" or id(heard) in before:
                return False
            said = heard.json()
            return said["action"] == action and wanted.items() <= said.items()

        return fits


@pytest.fixture
def kiosk(stage: Stage) -> Kiosk:
    return Kiosk(stage)


def state(stage: Stage) -> str | None:
    """What the panel shows; None: it is away."""
    panel = stage.find("#asking")
    return panel.get_attribute("data-state") if panel.is_displayed() else None


def becomes(stage: Stage, wanted: str | None) -> None:
    wait_until(lambda: state(stage) == wanted, f"the panel shows {wanted}")


def press(stage: Stage) -> ActionChains:
    chain = ActionChains(stage.driver).click_and_hold(stage.find("#ask"))
    chain.perform()
    return ActionChains(stage.driver)


def test_without_a_microphone_there_is_no_button(tmp_path: Path, browser: webdriver.Chrome) -> None:
    with site(tmp_path, browser) as stage:
        stage.open()
        assert not stage.find("#ask").is_displayed()


def test_keys_the_button_and_a_long_notice_find_room_in_every_language_on_every_screen(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    def guesses(settings: str) -> str:
        return can_ask(settings).replace('"tone": false', '"tone": true')

    settings = {
        "operator": {
            "name": "Stadt Musterstadt Tourismus GmbH",
            "contact": "willkommen@tourismus.example",
        },
        "display": {
            "keys": {"next": "n", "open": "Enter", "language": "x", "opt_out": "o"},
            "buttons": {"next": 5, "open": 6, "language": 7},
        },
        "privacy": {"opt_out_gpio": 17},
    }
    with site(tmp_path, browser, amend=guesses, **settings) as stage:
        stage.open()
        screens = [
            (message(state="resting"), None),
            (message(state="opted_out", notice="opted_out"), None),
            (message(*CARDS), None),
        ]
        for size in (*SIZES.values(), (480, 800)):
            stage.resize(size)
            assert misplaced_in_any_language(stage, screens) == [], size


def test_where_the_tone_of_voice_counts_the_screen_says_so(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    def by_voice(settings: str) -> str:
        return can_ask(settings).replace('"tone": false', '"tone": true')

    with site(tmp_path, browser, amend=by_voice) as stage:
        stage.open()
        stage.show(*CARDS)
        held = press(stage)
        becomes(stage, "listening")
        assert stage.text("#asking p").endswith(f" {read_table('en').page['ask']['tone']}")
        Kiosk(stage).asked("hold", shows_notice=True)
        held.release().perform()


def test_held_it_tells_of_the_microphone_and_the_kiosk_hears_so_until_it_is_let_go(
    stage: Stage, kiosk: Kiosk
) -> None:
    held = press(stage)
    becomes(stage, "listening")
    assert stage.text("#asking p") == read_table("en").page["ask"]["listening"]
    first = kiosk.asked("hold")
    assert first["shows_notice"] is True
    wait_until(lambda: kiosk.actions().count("hold") >= 2, "it says so again")
    assert kiosk.asked("hold", press=first["press"])
    assert stage.heartbeat()["shows_notice"]  # the notice of the camera stands too
    held.release().perform()
    assert kiosk.asked("release")["press"] == first["press"]
    becomes(stage, "thinking")
    assert kiosk.actions()[-1] == "release"


def test_what_was_understood_is_shown_and_a_touch_confirms_it(stage: Stage, kiosk: Kiosk) -> None:
    kiosk.heard("understood", MUSEUM)
    becomes(stage, "understood")
    assert [one.text for one in stage.driver.find_elements("css selector", "#asking li")] == [
        "museum", "Open now"
    ]  # fmt: skip
    assert "yes" not in kiosk.actions()
    stage.find("#asking .yes").click()
    kiosk.asked("yes")
    becomes(stage, None)
    kiosk.heard("asked", MUSEUM)
    wait_until(lambda: stage.find("#asked").is_displayed(), "what was asked for stands there")
    assert stage.text("#asked span") == "museum · Open now"
    stage.find("#asked").click()
    kiosk.asked("no")
    wait_until(lambda: not stage.find("#asked").is_displayed(), "it is gone")


def test_what_was_not_understood_leads_to_an_example(stage: Stage, kiosk: Kiosk) -> None:
    kiosk.heard("nothing")
    becomes(stage, "nothing")
    assert "a museum that is open now" in stage.text("#asking")
    kiosk.heard("closed")
    becomes(stage, None)


def test_a_key_holds_it_too(stage: Stage, kiosk: Kiosk) -> None:
    stage.script("document.querySelector('#ask').focus()")
    ActionChains(stage.driver).key_down(Keys.SPACE).perform()
    kiosk.asked("hold", shows_notice=True)
    ActionChains(stage.driver).key_up(Keys.SPACE).perform()
    kiosk.asked("release")


def test_the_words_of_the_microphone_must_be_seen(stage: Stage, kiosk: Kiosk) -> None:
    stage.script("document.querySelector('#asking').style.opacity = 0;"
                 "document.querySelector('#asking').style.left = '-4000px'")  # fmt: skip
    held = press(stage)
    assert kiosk.asked("hold")["shows_notice"] is False
    held.release().perform()


@pytest.mark.parametrize("payload", ["", "{", "[]", "null", '{"state": "open"}', '{"state": 3}'])
def test_a_message_that_is_none_changes_nothing(stage: Stage, kiosk: Kiosk, payload: str) -> None:
    kiosk.heard("understood", MUSEUM)
    becomes(stage, "understood")
    stage.kiosk.say(TOPICS.topic("heard"), payload)
    kiosk.heard("nothing")
    becomes(stage, "nothing")
