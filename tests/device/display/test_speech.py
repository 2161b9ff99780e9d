"""The screen says aloud what is focused, to whoever asks for it, and to nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from device.config import Config
from device.display.folder import write_folder
from device.words.guard import Guard
from device.words.table import read_table
from tests.brokers import listen, mosquitto, wait_until
from tests.device.display.sounds import Sounds
from tests.device.display.stage import FILM, PLACE, TOPICS, Stage, message, site
from tests.device.speech.test_speaker import heard
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto", "espeak-ng"),
]

REASONS = [{"code": "tag", "argument": "quiet"}, {"code": "distance", "argument": 412}]
TITLE = {"title": "Taidemuseo", "titles": {"fi": "Taidemuseo"}}
MUSEUM = {**PLACE, **TITLE, "about": "Finnish art.", "walk_min": 6, "reasons": REASONS}

WATCH = """
window.played = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () { window.played.push(this); return play.call(this); };
"""
"""Remembers every sound that begins."""

NOW = """
const now = window.played.filter((sound) => !sound.paused).map((sound) => sound.volume);
return { now, heard: window.played.some((sound) => sound.currentTime > 0) };
"""


@pytest.fixture(scope="module")
def shared(
    browser: webdriver.Chrome, tmp_path_factory: pytest.TempPathFactory, sounds: Sounds
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("speech")
    speech = {"output": "always", "port": sounds.port}
    with site(folder, browser, speech=speech, display={"languages": ["en", "fi"]}) as stage:
        yield stage


@pytest.fixture
def stage(shared: Stage, sounds: Sounds, request: pytest.FixtureRequest) -> Stage:
    shared.again(request.function.__name__)
    shared.script(WATCH)
    sounds.asked.clear()
    sounds.made.clear()
    return shared


def press(stage: Stage, *keys: str) -> None:
    ActionChains(stage.driver).send_keys(*keys).perform()


def focus(stage: Stage, selector: str) -> None:
    stage.script("document.querySelector(arguments[0]).focus()", selector)


def switch_on(stage: Stage, sounds: Sounds) -> None:
    stage.find("#speech").click()
    sounds.wait(("en", "Read aloud: soft"))


def now(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = stage.script(NOW)
    return found


def test_nothing_is_said_before_somebody_asks_for_it(stage: Stage, sounds: Sounds) -> None:
    stage.show(MUSEUM, FILM)
    focus(stage, ".choose")
    press(stage, Keys.TAB)
    stage.heartbeat()
    assert sounds.asked == []
    assert stage.find("#speech").get_attribute("aria-pressed") == "false"
    assert stage.find("#speech").get_attribute("aria-label") == "Read aloud: off"


def test_one_touch_says_what_is_on_the_screen_and_what_the_camera_does(
    stage: Stage, sounds: Sounds
) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    wait_until(lambda: now(stage)["heard"], "a sound is heard")
    assert now(stage)["now"] == [0.3]
    sounds.wait(("en", "Read aloud: soft"), ("en", "Ideas for right now"), ("fi", "Taidemuseo"))
    seconds, loudness = heard(sounds.made[0])
    assert seconds > 0.8
    assert loudness > 0.03


def test_a_focused_card_is_said_whole_its_title_in_its_own_language(
    stage: Stage, sounds: Sounds
) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    focus(stage, ".choose")
    sounds.wait(
        ("en", "Place"),
        ("fi", "Taidemuseo"),
        ("en", "89 Nanshan Road. quiet. 6 minutes on foot"),
    )
    guard = Guard(read_table("en").forbidden)
    assert [text for _, text in sounds.asked[-3:] if guard.reveals(text)] == []


def test_buttons_the_notice_and_the_list_of_languages_are_said_by_name(
    stage: Stage, sounds: Sounds
) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    focus(stage, ".verdict")
    sounds.wait(("en", "I like it"))
    press(stage, Keys.ENTER)
    sounds.wait(("en", "Thank you"))
    focus(stage, "#choice")
    sounds.wait(("en", "Don’t look at me"))
    focus(stage, "#notice")
    sounds.wait(
        (
            "en",
            "A camera looks at this spot. It guesses mood, age and gender from faces. "
            "No picture is kept or sent.",
        )
    )
    focus(stage, "#language")
    press(stage, Keys.ENTER)
    sounds.wait(("en", "English"))
    press(stage, Keys.ARROW_DOWN)
    sounds.wait(("fi", "Suomi"))


def test_an_opened_card_is_said_with_the_way_back(stage: Stage, sounds: Sounds) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    focus(stage, ".choose")
    press(stage, Keys.ENTER)
    wait_until(lambda: stage.titles() == ["Taidemuseo"], "the card opens")
    assert stage.script("return document.activeElement.id") == "back"
    sounds.wait(
        ("fi", "Taidemuseo"),
        ("en", "Finnish art."),
        ("en", "89 Nanshan Road. 6 minutes on foot. quiet. 400 meters"),
    )


def test_the_code_of_the_whole_visit_is_said_with_the_way_back(
    stage: Stage, sounds: Sounds
) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    focus(stage, "#visit")
    press(stage, Keys.ENTER)
    take = read_table("en").page["take"]
    sounds.wait(("en", f"{take['ask']}. {take['how']}"))


def test_a_newer_text_is_said_in_the_place_of_an_older_one(stage: Stage, sounds: Sounds) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    for selector in (".choose", "#choice", ".verdict"):
        focus(stage, selector)
    sounds.wait(("en", "I like it"))
    wait_until(lambda: len(now(stage)["now"]) == 1, "one sound is heard")


def test_the_key_makes_it_soft_then_loud_then_silent_at_once(stage: Stage, sounds: Sounds) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    stage.find("#speech").click()
    sounds.wait(("en", "Read aloud: loud"))
    wait_until(lambda: now(stage)["now"] == [1], "it is loud")
    stage.find("#speech").click()
    assert now(stage)["now"] == []
    asked = len(sounds.asked)
    focus(stage, ".choose")
    stage.heartbeat()
    assert len(sounds.asked) == asked
    assert stage.find("#speech").get_attribute("aria-pressed") == "false"


def test_when_the_screen_comes_to_rest_it_is_silent_at_once_and_again(
    stage: Stage, sounds: Sounds
) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    stage.say("suggestions", message(state="resting"))
    stage.wait_for_titles()
    wait_until(lambda: now(stage)["now"] == [], "it is silent")
    asked = len(sounds.asked)
    stage.show(MUSEUM, FILM)
    focus(stage, ".choose")
    stage.heartbeat()
    assert len(sounds.asked) == asked


def test_what_comes_on_the_screen_is_said(stage: Stage, sounds: Sounds) -> None:
    switch_on(stage, sounds)
    stage.show(FILM)
    sounds.wait(("en", "Ideas for right now"), ("en", "Roman Holiday"))


def test_in_a_language_without_a_voice_there_is_no_key_and_nothing_is_said(
    stage: Stage, sounds: Sounds
) -> None:
    stage.show(MUSEUM, FILM)
    switch_on(stage, sounds)
    stage.find("#language").click()
    stage.find("#languages [lang=ja]").click()
    wait_until(lambda: not stage.find("#speech").is_displayed(), "the key is gone")
    assert now(stage)["now"] == []


def test_without_a_sound_card_there_is_no_key(browser: webdriver.Chrome, tmp_path: Path) -> None:
    with site(tmp_path, browser, speech={"output": "never"}) as silent:
        silent.driver.get_log("browser")  # what other tests have left
        silent.open()
        silent.show(FILM)
        assert not silent.find("#speech").is_displayed()
        focus(silent, ".choose")
        errors = [entry for entry in silent.driver.get_log("browser") if entry["level"] == "SEVERE"]
        assert errors == []


def test_where_a_broker_serves_the_page_the_kiosk_makes_its_sounds_too(
    browser: webdriver.Chrome, tmp_path: Path, sounds: Sounds
) -> None:
    page, laid_out = tmp_path / "page", tmp_path / "laid out"
    page.mkdir()
    with mosquitto(tmp_path, websocket=f"http_dir {page}") as broker:
        said = {
            "mqtt": {"broker": "127.0.0.1", "websocket_port": broker.websocket_port},
            "display": {"port": None},
            "speech": {"output": "always", "port": sounds.port},
        }
        write_folder(Config.model_validate(said), laid_out)
        shutil.copytree(laid_out, page, dirs_exist_ok=True)  # the broker has the folder open
        address = f"http://127.0.0.1:{broker.websocket_port}/"
        with listen(broker.port, f"{TOPICS.root}/#") as kiosk:
            stage = Stage(broker, kiosk, browser, address)
            stage.open()
            stage.script(WATCH)
            sounds.asked.clear()
            switch_on(stage, sounds)
            wait_until(lambda: now(stage)["heard"], "a sound is heard")
            browser.get("about:blank")
