"""The notice names what is guessed and nothing else, and what to press where nothing is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from device.words.table import LANGUAGES, read_table
from tests.device.display.stage import PLACE, Stage, message, site
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

TOUCH = "Emulation.setTouchEmulationEnabled"

NOTICES = """
const [name, brief, done] = arguments;
const codes = Phrases.offered.map(({ code }) => code);
Promise.all(codes.map(Phrases.load)).then(() => done(Object.fromEntries(
  codes.map((code) => [code, Notice.text(Phrases.of(code), name, brief)]))));
"""
"""What a notice says in each language."""


def notices(stage: Stage, name: str, brief: bool) -> dict[str, str]:
    found: dict[str, str] = stage.driver.execute_async_script(NOTICES, name, brief)
    return found


def seen(stage: Stage, **about: Any) -> str:
    """The notice of the resting screen, in English."""
    known = stage.say("suggestions", message(state="resting", **about))
    stage.heartbeat(known, state="resting", serial=1)
    return stage.text("#notice p")


@pytest.mark.parametrize("off", [(), ("gender",), ("mood", "age"), ("mood", "age", "gender")])
def test_what_is_not_predicted_is_named_in_no_language(
    tmp_path: Path, browser: webdriver.Chrome, off: tuple[str, ...]
) -> None:
    switches = {"emotion" if name == "mood" else name: False for name in off}
    with site(tmp_path, browser, recognise=switches) as stage:
        stage.open()
        for name, brief in (("watching", False), ("watching", True), ("demo", False)):
            said = notices(stage, name, brief)
            assert said.keys() == set(LANGUAGES)
            for language, text in said.items():
                for guess, word in read_table(language).guesses.model_dump().items():
                    assert (word in text) is (guess not in off), (language, name, guess)
                assert "$" not in text


def test_two_guesses_are_named_in_one_sentence(tmp_path: Path, browser: webdriver.Chrome) -> None:
    with site(tmp_path, browser, recognise={"gender": False}) as stage:
        stage.open()
        assert seen(stage).startswith("It finds faces and guesses mood and age, to choose")
        stage.show(PLACE, serial=2)
        assert stage.text("#notice p").startswith("It guesses mood and age from faces.")


@pytest.mark.parametrize("tone", [False, True])
def test_a_microphone_is_named_in_every_notice_and_language(
    tmp_path: Path, browser: webdriver.Chrome, tone: bool
) -> None:
    def hears(settings: str) -> str:  # what a kiosk with a sound card says
        guesses = settings.replace('"tone": false', f'"tone": {json.dumps(tone)}')
        return guesses.replace('"ask": false', '"ask": true')

    with site(tmp_path, browser, amend=hears) as stage:
        stage.open()
        for name in ("watching", "demo", "opted_out", "not_watching"):
            for brief in (True, False):
                for language, text in notices(stage, name, brief).items():
                    ask = read_table(language).page["ask"]
                    assert ask["microphone"] in text, (language, name, brief)
                    assert (ask["tone"] in text) is (tone and not brief), (language, name, brief)


def test_a_kiosk_without_a_microphone_speaks_of_none(stage: Stage) -> None:
    for language, text in notices(stage, "watching", False).items():
        assert read_table(language).page["ask"]["microphone"] not in text


@pytest.mark.parametrize(
    ("settings", "pressed"),
    [
        ({"display": {"keys": {"opt_out": "ArrowUp"}}}, "Press ↑."),
        ({"privacy": {"opt_out_gpio": 17}}, "Press the button."),
        ({}, "Touch the button."),
    ],
    ids=["key", "button", "neither"],
)
def test_a_screen_that_is_not_touched_names_the_key_instead(
    tmp_path: Path, browser: webdriver.Chrome, settings: dict[str, Any], pressed: str
) -> None:
    with site(tmp_path, browser, **settings) as stage:
        stage.open()
        assert seen(stage).endswith(f"Rather not? {pressed}")
        browser.execute_cdp_cmd(TOUCH, {"enabled": True})
        try:
            assert notices(stage, "watching", False)["en"].endswith("Touch the button.")
        finally:
            browser.execute_cdp_cmd(TOUCH, {"enabled": False})
