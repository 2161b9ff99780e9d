"""A page outside the kiosk's hours is black, and reports no notice."""

from __future__ import annotations

import pytest

from device import RELEASE
from tests.brokers import wait_until
from tests.device.display.stage import PLACE, TOPICS, Stage, message
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

SEEN = """
return [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .map((e) => e.id || e.className || e.tagName);
"""
"""Everything that is drawn."""

BLACK = "rgb(0, 0, 0)"


def night(stage: Stage) -> bool:
    ground = "return getComputedStyle(document.body).backgroundColor"
    dark = "return getComputedStyle(document.body).backgroundImage"
    return stage.script(SEEN) == [] and [stage.script(ground), stage.script(dark)] == [
        BLACK,
        "none",
    ]


def test_it_is_black_until_the_kiosk_wakes(stage: Stage) -> None:
    known = stage.say("suggestions", message(state="resting"))
    stage.heartbeat(known, shows_notice=True)
    known = stage.say("screen", {"on": False})
    wait_until(lambda: night(stage), "a black page")
    # A release on trial at night is known to work by this.
    stage.heartbeat(known, shows_notice=False, serial=1, release=RELEASE)
    known = stage.say("screen", {"on": True})
    stage.show(PLACE)
    stage.heartbeat(known, shows_notice=True)
    assert not night(stage)


def test_only_a_kiosk_that_says_so_makes_it_black(stage: Stage) -> None:
    for serial, junk in enumerate((b"", b"null", b"[]", b'{"on": 0}', b'"off"', b"{")):
        stage.kiosk.say(TOPICS.topic("screen"), junk)
        stage.show({**PLACE, "title": f"Place {serial}"}, serial=serial)
        assert not night(stage), junk


def test_a_page_that_has_lost_its_kiosk_is_not_black(stage: Stage) -> None:
    stage.say("screen", {"on": False})
    wait_until(lambda: night(stage), "a black page")
    stage.say("status", {"state": "offline"})
    wait_until(lambda: not night(stage), "the page, which says that the kiosk is gone")
    stage.say("status", {"state": "online"})
    stage.say("screen", {"on": True})
