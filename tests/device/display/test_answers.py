"""The notice names who answers for the kiosk, in every language, and its words keep their place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from device.words.table import LANGUAGES
from tests.brokers import wait_until
from tests.device.display.misplaced import misplaced_in_any_language
from tests.device.display.stage import PLACE, SIZES, Stage, message, site
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

LONGEST = {
    "name": "Tourist Information of the Twin Towns",
    "contact": "info@tourist-information.towns-on-sound.example",
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome) -> Iterator[Stage]:
    """The page of an operator whose name and address are as long as they may be."""
    with site(tmp_path_factory.mktemp("site"), browser, operator=LONGEST) as stage:
        yield stage


@pytest.fixture
def stage(loaded: Stage, request: pytest.FixtureRequest) -> Stage:
    return loaded.again(request.function.__name__)


def test_the_notice_at_rest_says_who_answers_for_the_kiosk(stage: Stage) -> None:
    said = stage.text("#notice p")
    assert said.endswith(f"Responsible: \u2068{LONGEST['name']}, {LONGEST['contact']}\u2069")
    assert stage.script("return Screen.noticeIsVisible()")
    stage.show(PLACE)
    brief = "It guesses mood, age and gender from faces. No picture is kept or sent."
    wait_until(lambda: stage.text("#notice p") == brief, "the short notice beside the cards")


@pytest.mark.parametrize("size", [SIZES["landscape"], SIZES["small"], (480, 800), (1080, 1920)])
def test_the_longest_name_and_address_fit_in_every_language(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.resize(size)
    states = [message(state="resting", notice=notice) for notice in ("watching", "demo")]
    assert misplaced_in_any_language(stage, ((state, None) for state in states)) == []
    assert len(LANGUAGES) == 13
