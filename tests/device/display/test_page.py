"""What the page shows of the kiosk's messages, in a real browser on a real broker."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from device.config import Config
from device.display.server import PAGE, PageServer, settings_script
from tests.brokers import add_password, listen, mosquitto, wait_until
from tests.device.display.stage import (
    ACTIVITY,
    CARDS,
    FILM,
    PLACE,
    SIZES,
    TOPICS,
    Stage,
    message,
)
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]


def test_cards_show_what_is_known_of_each_item(stage: Stage) -> None:
    stage.show(*CARDS)
    place, film, activity = (
        card.text.split("\n") for card in stage.driver.find_elements(By.CSS_SELECTOR, ".card")
    )
    opinions = ["I like it", "Not for me"]
    assert place == [
        "Place",
        "410 m",
        "West Lake Museum",
        "89 Nanshan Road",
        "quiet",
        "open till five",
        "Scan for more",
        *opinions,
    ]
    assert film[:4] == ["Film", "1953", "Roman Holiday", "William Wyler"]
    assert activity == ["To do", "1.8 km", "Feed the goldfish", "outdoors", *opinions]


def test_a_refresh_of_the_same_screen_does_not_redraw_it(stage: Stage) -> None:
    stage.show(*CARDS)
    stage.script("document.querySelector('.card').dataset.mine = 'yes'")
    for _ in range(3):
        stage.say("suggestions", message(*CARDS))
    stage.heartbeat()
    assert stage.script("return document.querySelector('.card').dataset.mine") == "yes"
    assert stage.script("return window.everShown.length") == len(CARDS)


def test_an_empty_screen_is_the_resting_loop(stage: Stage) -> None:
    stage.show(*CARDS)
    stage.show(state="resting", serial=2)
    assert stage.text("h1") == "Where to next?"
    stage.heartbeat(0, state="resting", serial=2, shows_notice=True)


def test_suggestions_go_when_their_lifetime_is_over(stage: Stage) -> None:
    known = stage.say("suggestions", message(*CARDS, lifetime_s=2))
    stage.heartbeat(known, state="showing")
    stage.wait_for_titles()
    stage.heartbeat(known, state="resting", serial=None, shows_notice=False)


def test_the_lifetime_runs_from_the_moment_of_arrival_on_the_monotonic_clock(
    stage: Stage,
) -> None:
    fresh = json.dumps(message(*CARDS, lifetime_s=30))
    states = stage.script(
        """const message = View.read(arguments[0], false, 1000);
        const at = (now) => View.decide({ connected: true, online: true, message }, now).state;
        return [at(1000), at(30999), at(31000), at(999999)];""",
        fresh,
    )
    assert states == ["showing", "showing", "resting", "resting"]


def test_kept_suggestions_that_have_expired_are_never_shown(stage: Stage) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    stage.say("suggestions", message(FILM, at=an_hour_ago))
    stage.driver.refresh()
    stage.heartbeat(state="resting", serial=None, shows_notice=False)
    stage.show(PLACE, serial=2)
    assert stage.script("return window.everShown") == ["West Lake Museum"]


def test_kept_suggestions_that_still_hold_are_shown_for_the_rest_of_their_life(
    stage: Stage,
) -> None:
    stage.say("suggestions", message(FILM))
    stage.driver.refresh()
    stage.wait_for_titles("Roman Holiday")
    said = datetime(2026, 11, 21, 12, tzinfo=UTC)
    left = stage.script(
        """const wall = Date.parse(arguments[1]);
        const until = (now) => View.read(arguments[0], true, 0, now).until;
        return [-5, 0, 10, 29, 31].map((s) => until(wall + s * 1000));""",
        json.dumps(message(FILM, at=said)),
        said.isoformat(),
    )
    assert [max(0, until) for until in left] == [0, 30000, 20000, 1000, 0]


@pytest.mark.slow
def test_a_jump_of_the_clock_changes_nothing_on_the_screen(stage: Stage) -> None:  # failure 21
    stage.show(*CARDS)
    for hours in (5, -7):
        stage.script(
            "window.realNow ??= Date.now; Date.now = () => realNow() + arguments[0] * 3600000",
            hours,
        )
        told = stage.heartbeat()
        moved = datetime.fromisoformat(told["at"]) - datetime.now(UTC)
        assert abs(moved - timedelta(hours=hours)) < timedelta(minutes=5)
        assert (told["state"], told["serial"]) == ("showing", 1)
        stage.show(*CARDS)
    assert stage.script("return window.everShown.length") == len(CARDS)


def test_the_page_rests_when_the_kiosk_has_gone(stage: Stage) -> None:
    stage.show(*CARDS)
    known = stage.say("status", {"state": "offline"})
    stage.wait_for_titles()
    stage.heartbeat(known, state="resting", shows_notice=False)
    assert stage.text("#notice h2") == "Not looking right now"
    stage.say("status", {"state": "online"})
    stage.wait_for_titles(*(item["title"] for item in CARDS))


def test_the_page_survives_the_brokers_death_and_return(stage: Stage) -> None:  # failure 28
    stage.show(*CARDS)
    stage.broker.kill()
    stage.wait_for_titles()
    assert stage.text("#notice h2") == "Not looking right now"
    stage.broker.start()
    with listen(stage.broker.port, f"{TOPICS.root}/#") as kiosk:
        back = Stage(stage.broker, kiosk, stage.driver, stage.address)
        back.show(PLACE, serial=2)
        back.heartbeat(0, state="showing", serial=2, shows_notice=True)


def test_no_two_waits_for_the_broker_are_the_same(stage: Stage) -> None:
    stage.broker.kill()
    stage.script(
        """window.waits = [];
        const real = window.setTimeout;
        window.setTimeout = (call, ms, ...more) => {
          window.waits.push(ms);
          return real(call, Math.min(ms, 20), ...more);
        };"""
    )
    wait_until(
        lambda: len(stage.script("return window.waits.filter((ms) => ms >= 5001)")) >= 6,
        "the page tries again and again",
    )
    waits = stage.script("return window.waits.filter((ms) => ms >= 5001)")
    assert len(set(waits)) == len(waits)
    assert max(waits) <= 15000


def test_markup_in_a_payload_is_text(stage: Stage) -> None:
    evil = "<script>document.title = 'hacked'</script><img src=x onerror=\"document.title='h'\">"
    words = dict.fromkeys(("title", "creator", "place"), evil)
    stage.show({**PLACE, **words, "why": [evil]})
    assert stage.titles() == [evil]
    assert stage.script("return document.querySelectorAll('#cards :is(script, img)').length") == 0
    assert stage.driver.title == "Wayside"


def test_only_an_address_of_the_web_becomes_a_code(stage: Stage) -> None:
    links = ["javascript:alert(1)", "file:///etc/passwd", "no address", "", None, "https://a.b/c"]
    items = [{**PLACE, "id": f"p{n}", "link": link} for n, link in enumerate(links)]
    stage.show(*items)
    codes = stage.script("return [...document.querySelectorAll('.qr svg')].map((e) => e.ariaLabel)")
    assert codes == ["https://a.b/c"]


def decode(png: bytes) -> str:
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    return str(cv2.QRCodeDetector().detectAndDecode(cv2.resize(image, None, fx=2, fy=2))[0])


@pytest.mark.parametrize(
    ("size", "count"),
    [("landscape", 1), ("landscape", 3), ("landscape", 8), ("portrait", 3), ("small", 3)],
)
def test_a_code_on_the_screen_leads_to_the_items_link(stage: Stage, size: str, count: int) -> None:
    stage.resize(SIZES[size])
    base = "https://en.wikipedia.org/wiki/Zhejiang_Museum_of_Natural_History"
    items = [{**PLACE, "id": f"p{n}", "link": f"{base}?{n}"} for n in range(count)]
    stage.show(*items)
    codes = stage.driver.find_elements(By.CSS_SELECTOR, ".qr svg")
    assert [decode(code.screenshot_as_png) for code in codes] == [i["link"] for i in items]


def test_touching_a_card_chooses_it_and_shows_it_alone(stage: Stage) -> None:
    stage.show(*CARDS)
    known = len(stage.kiosk.messages)
    stage.driver.find_elements(By.CSS_SELECTOR, ".choose")[1].click()
    assert stage.feedback(known, verdict="chosen")["item_id"] == "film-1"
    assert stage.titles() == ["Roman Holiday"]
    stage.find("#back").click()
    assert stage.titles() == [item["title"] for item in CARDS]


def test_opinions_are_published_once_and_acknowledged(stage: Stage) -> None:
    stage.show(*CARDS)
    known = len(stage.kiosk.messages)
    stage.find("[data-id='place-1'] .verdict:first-child").click()
    stage.find("[data-id='place-1'] .verdict:first-child").click()
    assert stage.feedback(known, verdict="liked")["item_id"] == "place-1"
    stage.find("[data-id='film-1'] .verdict:last-child").click()
    assert stage.feedback(known, verdict="not_for_me")["item_id"] == "film-1"
    told = [heard.json() for heard in stage.kiosk.messages if heard.name == "feedback"]
    assert [touch["verdict"] for touch in told] == ["liked", "not_for_me"]
    assert stage.text("[data-id='place-1'] .verdict:first-child") == "Thank you"
    assert stage.script("return window.everShown.length") == len(CARDS)  # nothing was redrawn
    stage.show(PLACE, serial=2)
    assert stage.text(".verdict:first-child") == "I like it"  # forgotten with the screen


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"null", b"[1]", b'"showing"', b'{"state": "dancing", "lifetime_s": 30}', b"\xff"],
)
def test_a_message_that_cannot_be_read_leaves_nothing_on_the_screen(
    stage: Stage, payload: bytes
) -> None:
    stage.show(*CARDS)
    known = stage.say("suggestions", payload)
    stage.heartbeat(known, state="resting", serial=None, shows_notice=False)
    assert stage.titles() == []


def test_what_is_wrong_in_an_item_is_left_out(stage: Stage) -> None:
    odd: list[Any] = [
        None,
        "film",
        {},
        {**PLACE, "title": ""},
        {**PLACE, "id": 7},
        {**FILM, "why": "light", "year": "1953", "creator": ["x"], "kind": "opera"},
    ]
    stage.say("suggestions", message(*odd))
    stage.wait_for_titles("Roman Holiday")
    assert stage.text(".card").split("\n")[:2] == ["To do", "Roman Holiday"]


def test_the_page_asks_nothing_of_anyone_but_its_kiosk(stage: Stage) -> None:
    for kind in ("performance", "browser"):
        stage.driver.get_log(kind)  # what other tests have left
    stage.open()
    stage.show(*CARDS)
    stage.find(".choose").click()
    stage.heartbeat()
    log = [json.loads(entry["message"])["message"] for entry in stage.driver.get_log("performance")]
    asked = {
        event["params"].get("url") or event["params"]["request"]["url"]
        for event in log
        if event["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated")
    }
    websocket = f"ws://127.0.0.1:{stage.broker.websocket_port}/"
    assert websocket in asked
    assert f"{stage.address}page.js" in asked
    outside = {
        url
        for url in asked - {websocket}
        if not url.startswith((stage.address, "data:")) and url != "about:blank"
    }
    assert outside == set()
    assert [entry for entry in stage.driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_the_pages_policy_forbids_every_other_request(stage: Stage) -> None:
    asked: list[str] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        stage.driver.set_script_timeout(30)
        refused = stage.driver.execute_async_script(
            """const [url, done] = arguments;
            const policies = [];
            document.addEventListener("securitypolicyviolation", (e) => {
              policies.push(e.effectiveDirective);
              if (policies.length === 4) done(policies.sort());
            });
            fetch(url).catch(() => {});
            Object.assign(new Image(), { src: url });
            document.body.append(Object.assign(document.createElement("iframe"), { src: url }));
            try { document.body.innerHTML = "<b>x</b>"; } catch {}""",
            f"http://127.0.0.1:{other.server_address[1]}/",
        )
        other.shutdown()
    assert refused == ["connect-src", "frame-src", "img-src", "require-trusted-types-for"]
    assert asked == []
    assert stage.script("return document.querySelectorAll('b').length") == 0


def test_mosquitto_serves_the_page_and_lets_it_do_no_more_than_it_needs(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    page, broker_folder = tmp_path / "page", tmp_path / "broker"
    shutil.copytree(PAGE, page)
    broker_folder.mkdir()
    for name in ("page", "kiosk"):
        add_password(broker_folder / "passwords", name, f'{name}\'s own \\ "word"')
    (broker_folder / "acl").write_text(
        f"user kiosk\ntopic readwrite #\nuser page\n"
        f"topic read {TOPICS.topic('suggestions')}\ntopic read {TOPICS.topic('status')}\n"
        f"topic write {TOPICS.topic('display')}\ntopic write {TOPICS.topic('feedback')}\n"
    )
    with mosquitto(
        broker_folder,
        settings=f"password_file {broker_folder}/passwords\nacl_file {broker_folder}/acl",
        websocket=f"http_dir {page}",
    ) as broker:
        config = Config.model_validate(
            {
                "mqtt": {"websocket_port": broker.websocket_port},
                "display": {"username": "page", "password": 'page\'s own \\ "word"'},
            }
        )
        (page / "settings.js").write_text(settings_script(config))
        login = {"username": "kiosk", "password": 'kiosk\'s own \\ "word"'}
        with listen(broker.port, f"{TOPICS.root}/#", **login) as kiosk:
            address = f"http://127.0.0.1:{broker.websocket_port}/"
            stage = Stage(broker, kiosk, browser, address)
            stage.open()
            stage.show(*CARDS)
            stage.heartbeat(0, state="showing", shows_notice=True)
            stage.find(".choose").click()
            stage.feedback(0, verdict="chosen", item_id="place-1")
            browser.get("about:blank")
        assert "Denied PUBLISH" not in broker.log()


def test_a_page_that_is_not_let_in_goes_on_trying(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    add_password(tmp_path / "passwords", "page", "right")
    with mosquitto(tmp_path, settings=f"password_file {tmp_path}/passwords") as broker:
        config = Config.model_validate(
            {
                "mqtt": {"websocket_port": broker.websocket_port},
                "display": {"username": "page", "password": "wrong"},
            }
        )
        server = PageServer(0, settings_script(config))
        server.start()
        try:
            browser.get(server.address)
            refusal = re.compile(r"Sending CONNACK to \S+ \(0, 5\)")  # not authorised
            wait_until(lambda: len(refusal.findall(broker.log())) >= 3, "the page tries again")
            assert browser.find_element(By.ID, "notice").text.startswith("Not looking right now")
            browser.get("about:blank")
        finally:
            server.stop()


def test_without_settings_the_page_says_that_it_does_not_look(
    browser: webdriver.Chrome,
) -> None:
    server = PageServer(0, "")
    server.start()
    try:
        browser.get(server.address)
        notice = browser.find_element(By.ID, "notice").text
    finally:
        browser.get("about:blank")
        server.stop()
    assert notice.startswith("Not looking right now")


def test_an_activity_without_a_link_has_no_code(stage: Stage) -> None:
    stage.show(ACTIVITY)
    assert stage.driver.find_elements(By.CSS_SELECTOR, ".qr") == []
