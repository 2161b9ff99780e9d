"""axe-core has nothing to complain of: in every language and mode, whatever the screen shows."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

import pytest
from selenium import webdriver

from device.words.table import LANGUAGES
from tests.brokers import wait_until
from tests.device.display.stage import (
    ACTIVITY,
    FILM,
    FINISH,
    ON_FOOT,
    SIZES,
    TOPICS,
    Stage,
    message,
    site,
)
from tests.device.display.test_ask import MUSEUM, can_ask
from tests.device.display.test_operator import dated
from tests.device.display.test_rest import AROUND
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

SOURCE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
AXE = f"if (!window.axe) {{ {SOURCE} }}"
"""Loads axe-core, once a page."""

SITE_LANGUAGES = ("fi", "sv", "ar")
SITE = {
    "display": {
        "languages": SITE_LANGUAGES,
        "keys": {"next": "n", "open": "F2"},
        "buttons": {"next": 5, "open": 6},
    },
    "operator": {"name": "City of Helsinki", "contact": "+358 9 310 1691"},
}

CARDS = ({**ON_FOOT, "about": {"en": "A museum at a lake."}}, FILM, ACTIVITY)


class State(NamedTuple):
    """What the screen may show."""

    items: tuple[dict[str, Any], ...] = ()
    about: dict[str, Any] = {}
    """More of the message of suggestions."""
    touched: str = ""
    """What is touched when the language has been chosen."""
    ended: str = ""
    """What brings the screen back from there."""
    announced: dict[str, str] = {}
    """What the fleet's operator says, by language."""
    size: tuple[int, int] = SIZES["landscape"]
    begun: str = ""
    """What the page is told to do."""
    heard: dict[str, Any] = {}
    """What has become of asking aloud."""


STATES = {
    "resting": State(about={"around": AROUND}),
    "not watching": State(about={"notice": "not_watching"}),
    "a demonstration": State(CARDS, {"notice": "demo"}),
    "a card that leads somewhere": State(CARDS, {}, "[data-id='place-1'] .choose", "#back"),
    "cards and an opinion": State(CARDS, {}, ".verdict"),
    "the code of all cards": State(CARDS, {}, "#visit", "#back"),
    "opted out": State(CARDS, {"state": "opted_out", "notice": "opted_out"}),
    "languages at rest": State((), {}, "#language", "#language"),
    "languages over cards": State(CARDS, {}, "#language", "#language"),
    "larger text": State(CARDS, {}, "#large", "#large"),
    "a low reach": State(CARDS, {}, "#low", "#low", size=SIZES["portrait"]),
    "touches are off": State(CARDS, begun="Lock.begin()"),
    "what was understood": State(CARDS, heard={"state": "understood", "request": MUSEUM}),
    "what was asked for": State(CARDS, heard={"state": "asked", "request": MUSEUM}),
    "an announcement": State(CARDS, announced={"en": "The west door is closed.", "fi": "Suljettu"}),
}
"""What the screen shows of the kiosk's messages, and after touches."""

RUN = f"""
const done = arguments[0];
{FINISH}
const told = ({{ id, nodes }}) => nodes.map(({{ html }}) => `${{id}}: ${{html.slice(0, 200)}}`);
axe.run({{ resultTypes: ["violations"] }})
  .then(({{ violations }}) => done(violations.flatMap(told)), (error) => done([String(error)]));
"""
"""All that axe-core checks by itself: WCAG 2 at A and AA, and what it calls best practices."""

CHOSEN = """return document.documentElement.lang === arguments[0]
  && document.querySelector("#languages").hidden"""


ASKED = """return ["#asking", "#asked"].some((one) => !document.querySelector(one).hidden)"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome) -> Iterator[Stage]:
    """A page that moves no more than it must: what fades in is looked at when it is there."""
    folder = tmp_path_factory.mktemp("axe")
    with site(folder, browser, amend=can_ask, **SITE) as stage, stage.less_motion():
        yield stage


@pytest.fixture
def stage(loaded: Stage, request: pytest.FixtureRequest) -> Stage:
    loaded.again(request.function.__name__)
    loaded.script(AXE)
    return loaded


def touch(stage: Stage, selector: str) -> None:
    stage.script("document.querySelector(arguments[0]).click()", selector)


def violations(stage: Stage, state: State, language: str) -> list[str]:
    """What axe-core says of this state in a language that is chosen by touches.

    language: "" for those of the site, which take turns.
    """
    if language:
        touch(stage, "#language")
        touch(stage, f"#languages [lang='{language}']")
    wait_until(lambda: stage.script(CHOSEN, language or SITE_LANGUAGES[0]), language)
    if state.touched:
        touch(stage, state.touched)
    stage.script(state.begun)
    found: list[str] = stage.driver.execute_async_script(RUN)
    if state.ended:
        touch(stage, state.ended)
    return [f"{language}: {what}" for what in found]


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_nothing_is_in_anybodys_way(stage: Stage, state: State) -> None:
    stage.resize(state.size)
    stage.say("announcement", dated(60, texts=state.announced))
    resting = {"state": "showing" if state.items else "resting"}
    said = message(*state.items, lifetime_s=600) | resting | state.about
    known = stage.say("suggestions", said)
    stage.heartbeat(known, state=said["state"], serial=1)
    if state.heard:
        stage.kiosk.say(TOPICS.topic("heard"), state.heard)
        wait_until(lambda: stage.script(ASKED), "what was asked aloud is shown")
    found = [what for code in ("", *LANGUAGES) for what in violations(stage, state, code)]
    stage.kiosk.say(TOPICS.topic("heard"), {"state": "closed"})
    assert found == []
