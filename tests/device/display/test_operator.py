"""What the fleet's operator puts on the screen: an announcement, and the kiosk's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from tests.brokers import wait_until
from tests.device.display.stage import CARDS, SIZES, TOPICS, Stage
from tests.junk import payloads
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

TEXT = "The west door is closed today. Please use the door at the river."
LONG = "Zwischen Hauptbahnhof und Flughafen fahren bis Betriebsschluss keine Züge. " * 3


def announcement(text: str = TEXT, lifetime_s: float = 30, **texts: str) -> dict[str, Any]:
    return dated(lifetime_s, texts={"en": text, **texts})


def dated(lifetime_s: float, **content: Any) -> dict[str, Any]:
    at = datetime.now(UTC)
    expires = at + timedelta(seconds=lifetime_s)
    times = {"at": at.isoformat(), "expires_at": expires.isoformat(), "lifetime_s": lifetime_s}
    return content | times


def identify(stage: Stage, name: str, lifetime_s: float = 30) -> None:
    stage.say("identify", dated(lifetime_s, name=name))


def reads(stage: Stage, name: str, text: str) -> None:
    """Wait until an element shows exactly this, or, for an empty text, nothing."""
    element = stage.find(f"#{name}")
    wait_until(lambda: element.text == text, f"{name}: {text!r}")


def boxes(stage: Stage, selector: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = stage.script(
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.getBoundingClientRect())",
        selector,
    )
    return found


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("text", [TEXT, LONG[:160]], ids=["short", "long"])
def test_an_announcement_stands_above_the_cards_and_hides_nothing(
    stage: Stage, size: tuple[int, int], text: str
) -> None:
    stage.resize(size)
    stage.show(*CARDS)
    stage.say("announcement", announcement(text))
    reads(stage, "announcement", text.strip())
    assert stage.heartbeat(state="showing")["shows_notice"]
    (plate,) = boxes(stage, "#announcement")
    cards, (notice,) = boxes(stage, ".card"), boxes(stage, "#notice")
    others = stage.find("#more").is_displayed()  # on the smallest screen, one touch away
    assert others is (len(cards) < len(CARDS)) is (size == SIZES["small"])
    for card in cards:
        assert card["top"] >= plate["bottom"]
        assert card["bottom"] <= notice["top"]
    within = "const e = document.querySelector('#announcement');"
    assert stage.script(within + "return e.scrollWidth <= e.clientWidth")
    assert plate["left"] >= 0
    assert plate["right"] <= size[0]
    for part in (".card h2", ".card .verdict"):
        assert all(box["bottom"] <= notice["top"] for box in boxes(stage, part))


def test_an_announcement_is_shown_while_nobody_is_there(stage: Stage) -> None:
    stage.say("announcement", announcement())
    reads(stage, "announcement", TEXT)
    assert stage.titles() == []


def test_its_text_is_text_and_not_markup(stage: Stage) -> None:
    text = "<b>Closed</b> <img src=x onerror=alert(1)> & \u202eback"
    stage.say("announcement", announcement(text))
    reads(stage, "announcement", text.replace("\u202e", ""))
    assert not stage.script("return document.querySelector('#announcement b, #announcement img')")


def test_it_is_in_the_pages_language_or_else_english_or_the_first(stage: Stage) -> None:
    stage.say("announcement", dated(30, texts={"fi": "Suljettu", "en": "Closed"}))
    reads(stage, "announcement", "Closed")
    stage.say("announcement", dated(30, texts={"ar": "مغلق", "fi": "Suljettu"}))
    reads(stage, "announcement", "مغلق")
    stage.find("#language").click()
    stage.find("#languages [lang='fi']").click()
    reads(stage, "announcement", "Suljettu")


def test_it_ends_with_its_time_and_when_it_is_taken_back(stage: Stage) -> None:
    stage.say("announcement", announcement(lifetime_s=1.5))
    reads(stage, "announcement", TEXT)
    reads(stage, "announcement", "")
    stage.say("announcement", announcement())
    reads(stage, "announcement", TEXT)
    stage.say("announcement", dated(30, texts={}))
    reads(stage, "announcement", "")


def test_it_ends_when_the_kiosk_is_gone(own_stage: Stage) -> None:
    own_stage.say("announcement", announcement())
    reads(own_stage, "announcement", TEXT)
    own_stage.broker.kill()
    reads(own_stage, "announcement", "")
    own_stage.broker.start()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("name", ["k1", "kiosk-1", "central-station-platform-12-east"])
def test_the_kiosks_name_is_large_and_the_notice_stays(
    stage: Stage, size: tuple[int, int], name: str
) -> None:
    stage.resize(size)
    stage.show(*CARDS)
    identify(stage, name)
    reads(stage, "identify", name)
    (plate,), (word,), (notice,) = (
        boxes(stage, one) for one in ("#identify", "#identify bdi", "#notice")
    )
    assert word["width"] >= 0.6 * plate["width"] or word["height"] >= 0.3 * plate["height"]
    assert word["left"] >= 0
    assert word["right"] <= size[0]
    assert plate["bottom"] <= notice["top"]
    assert stage.heartbeat(state="showing")["shows_notice"]


def test_the_name_goes_by_itself(stage: Stage) -> None:
    stage.show(*CARDS)
    identify(stage, "kiosk-1", lifetime_s=4)
    reads(stage, "identify", "kiosk-1")
    reads(stage, "identify", "")
    stage.wait_for_titles(*(card["title"] for card in CARDS))


KEYS = ("texts", "name", "at", "expires_at", "lifetime_s", "state", "items")


def test_no_message_stops_the_page(stage: Stage) -> None:
    """Every topic that the page reads."""

    stage.driver.get_log("browser")  # of the tests before

    @settings(max_examples=100, deadline=None)
    @given(payloads(*KEYS))
    def say_everywhere(payload: bytes) -> None:
        for name in ("status", "suggestions", "announcement", "identify"):
            stage.kiosk.say(TOPICS.topic(name), payload)

    say_everywhere()
    stage.say("status", {"state": "online"})
    stage.show(*CARDS)
    stage.say("announcement", announcement())
    reads(stage, "announcement", TEXT)
    said = stage.driver.get_log("browser")
    assert [entry for entry in said if entry["source"] == "javascript"] == []
