"""Every state has a notice, the heartbeat reports whether it is visible, and opting out works."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from selenium.webdriver.common.by import By

from device.config import Config
from device.display.made import made_files
from device.display.server import PageServer, settings_script
from device.messaging.broker import EmbeddedBroker
from device.messaging.messages import Display, Feedback
from device.messaging.payloads import decode
from tests.brokers import listen, wait_until
from tests.device.display.stage import CARDS, PLACE, TOPICS, Stage, message
from tests.needs import needs
from tests.schemas import valid

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]

WATCHING = message(state="resting", serial=7)


@pytest.mark.slow
def test_the_heartbeat_comes_every_few_seconds_without_being_asked(  # failure 28
    stage: Stage,
) -> None:
    known = stage.say("suggestions", WATCHING)
    first = stage.heartbeat(known, serial=7, shows_notice=True)
    beats = [first, *(stage.heartbeat() for _ in range(2))]
    times = [datetime.fromisoformat(beat["at"]) for beat in beats]
    assert times == sorted(set(times))
    since = [datetime.fromisoformat(beat["since"]).timestamp() for beat in beats]
    assert max(since) - min(since) < 0.1  # the same screen all the while


def test_the_kiosk_understands_what_the_page_sends(stage: Stage) -> None:
    known = stage.say("suggestions", WATCHING)
    stage.heartbeat(known, serial=7, shows_notice=True)
    stage.find("#choice").click()
    stage.feedback(known, verdict="opt_out")
    heard = [heard for heard in stage.kiosk.messages if heard.name in ("display", "feedback")]
    for each in heard:
        row = TOPICS.row(each.name)
        valid(each.name, each.json())
        assert set(each.json()) == set(row.message.model_fields)
        assert (each.retain, each.qos) == (False, row.qos)
    read = [decode(TOPICS.row(each.name).message, each.payload) for each in heard]
    assert None not in read
    beats = [each for each in read if isinstance(each, Display)]
    assert any((b.state, b.serial, b.shows_notice) == ("resting", 7, True) for b in beats)
    touches = [each for each in read if isinstance(each, Feedback)]
    assert [(touch.item_id, touch.verdict) for touch in touches] == [(None, "opt_out")]


@pytest.mark.parametrize(
    "change",
    [
        "notice.style.display = 'none'",
        "notice.style.visibility = 'hidden'",
        "document.querySelector('footer').style.opacity = 0",
        "notice.style.transform = 'translateY(300px)'",
        "keep_empty(notice.querySelector('p'))",
        "notice.querySelector('p').style.fontSize = 0",
        "cover()",
    ],
)
def test_a_notice_that_is_not_visible_is_not_reported(stage: Stage, change: str) -> None:
    known = stage.say("suggestions", WATCHING)
    stage.heartbeat(known, shows_notice=True)
    stage.script(
        f"""const notice = document.querySelector("#notice");
        const cover = () => {{
          const sheet = document.createElement("div");
          sheet.style.cssText = "position: fixed; inset: 0; z-index: 9; background: black";
          document.body.append(sheet);
        }};
        const keep_empty = (part) => {{ // whatever is drawn in it meanwhile
          const empty = () => {{ if (part.textContent) part.textContent = ""; }};
          new MutationObserver(empty).observe(part, {{ childList: true, subtree: true }});
          empty();
        }};
        {change};"""
    )
    stage.heartbeat(shows_notice=False)
    stage.spoil()


@pytest.mark.slow
def test_a_page_in_the_background_reports_no_notice(stage: Stage) -> None:
    known = stage.say("suggestions", WATCHING)
    stage.heartbeat(known, shows_notice=True)
    page = stage.driver.current_window_handle
    stage.driver.switch_to.new_window("tab")
    try:
        stage.heartbeat(shows_notice=False)
    finally:
        stage.driver.close()
        stage.driver.switch_to.window(page)
    stage.heartbeat(shows_notice=True)


@pytest.mark.parametrize(
    ("said", "heading", "counts"),
    [
        (message(state="resting"), "A camera looks at this spot", True),
        (message(*CARDS), "A camera looks at this spot", True),
        (message(*CARDS, notice="demo"), "This is a demonstration", True),
        (message(state="opted_out", notice="opted_out"), "Nobody is being looked at", False),
        (
            message(*CARDS, state="opted_out", notice="opted_out"),
            "Nobody is being looked at",
            False,
        ),
        (message(state="resting", notice="not_watching"), "Not looking right now", False),
        (message(state="resting", notice="of tomorrow"), "A camera looks at this spot", True),
        (message(state="resting", notice="__proto__"), "A camera looks at this spot", True),
    ],
)
def test_every_state_has_a_notice_and_it_counts_where_it_discloses_the_camera(
    stage: Stage, said: dict[str, object], heading: str, counts: bool
) -> None:
    known = stage.say("suggestions", {**said, "serial": 9})
    beat = stage.heartbeat(known, serial=9)
    assert (beat["state"], beat["shows_notice"]) == (said["state"], counts)
    assert stage.text("#notice h2") == heading
    assert stage.find("#notice p").is_displayed()
    assert stage.script("return Screen.noticeIsVisible()")
    assert stage.find("#choice").is_displayed()


def test_a_notice_of_the_pages_own_choice_opens_no_camera(stage: Stage) -> None:
    assert stage.text("#notice h2") == "Not looking right now"
    assert stage.script("return Screen.noticeIsVisible()")
    stage.heartbeat(state="resting", serial=None, shows_notice=False)


@pytest.mark.parametrize("by", ["touch", "key"])
def test_opting_out_is_one_touch_and_so_is_opting_in(stage: Stage, by: str) -> None:
    def choose() -> None:
        if by == "touch":
            stage.find("#choice").click()
        else:
            stage.find("body").send_keys("o")

    stage.show(*CARDS)
    known = len(stage.kiosk.messages)
    choose()
    # Before the device has answered nothing of the last look is on the screen any more.
    assert stage.titles() == []
    assert stage.text("#notice h2") == "Nobody is being looked at"
    stage.heartbeat(known, state="opted_out", shows_notice=False)
    assert stage.feedback(known, verdict="opt_out")["item_id"] is None
    stage.show(PLACE, state="opted_out", notice="opted_out", serial=2)
    assert stage.text("#choice .label") == "You may look again"
    choose()
    stage.feedback(known, verdict="opt_in")
    stage.show(state="resting", serial=3)
    assert stage.text("#choice .label") == "Don’t look at me"


def test_opting_out_while_the_broker_is_away_is_sent_when_it_is_back(own_stage: Stage) -> None:
    own_stage.show(*CARDS)
    own_stage.broker.stop()
    own_stage.wait_for_titles()
    own_stage.find("#choice").click()
    assert "feedback" not in own_stage.broker.log()
    own_stage.broker.start()
    wait_until(
        lambda: re.search(r"Received PUBLISH from wayside-page-.*feedback", own_stage.broker.log()),
        "the page reports it to the broker",
    )


@pytest.mark.slow
def test_a_request_that_the_kiosk_never_grants_is_dropped(stage: Stage) -> None:
    stage.show(*CARDS)
    known = len(stage.kiosk.messages)
    stage.find("#choice").click()
    stage.heartbeat(known, state="opted_out")
    stage.heartbeat(state="showing", serial=1, shows_notice=True)


def test_the_page_works_on_the_embedded_broker(stage: Stage) -> None:
    config = Config.model_validate({"mqtt": {"port": 0, "websocket_port": 0}})
    broker = EmbeddedBroker(config.mqtt)
    broker.start()
    server = PageServer(0, settings_script(config, broker.websocket_port), made_files(config))
    server.start()
    try:
        with listen(broker.port, f"{TOPICS.root}/#") as kiosk:
            embedded = Stage(stage.broker, kiosk, stage.driver, server.address)
            embedded.say("suggestions", message(*CARDS))
            embedded.open()
            embedded.wait_for_titles(*(item["title"] for item in CARDS))
            embedded.heartbeat(0, state="showing", shows_notice=True)
            embedded.driver.find_element(By.CSS_SELECTOR, ".choose").click()
            embedded.feedback(0, verdict="chosen", item_id="place-1")
            embedded.driver.get("about:blank")
    finally:
        server.stop()
        broker.stop()
