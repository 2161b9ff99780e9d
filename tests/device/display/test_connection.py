"""The page and its broker: gone and back, with and without a password, and what rests meanwhile."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from device.config import Config
from device.display.made import made_files
from device.display.server import PAGE, PageServer, settings_script
from tests.brokers import add_password, listen, mosquitto, wait_until
from tests.device.display.stage import CARDS, PLACE, TOPICS, Stage
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]


def test_the_page_rests_when_the_kiosk_has_gone(stage: Stage) -> None:
    stage.show(*CARDS)
    known = stage.say("status", {"state": "offline"})
    stage.wait_for_titles()
    stage.heartbeat(known, state="resting", shows_notice=False)
    assert stage.text("#notice h2") == "Not looking right now"
    stage.say("status", {"state": "online"})
    stage.wait_for_titles(*(item["title"] for item in CARDS))


def test_the_page_survives_the_brokers_death_and_return(own_stage: Stage) -> None:  # failure 28
    own_stage.show(*CARDS)
    own_stage.broker.kill()
    own_stage.wait_for_titles()
    assert own_stage.text("#notice h2") == "Not looking right now"
    own_stage.broker.start()
    with listen(own_stage.broker.port, f"{TOPICS.root}/#") as kiosk:
        back = Stage(own_stage.broker, kiosk, own_stage.driver, own_stage.address)
        back.show(PLACE, serial=2)
        back.heartbeat(0, state="showing", serial=2, shows_notice=True)


def test_the_waits_for_the_broker_have_jitter(own_stage: Stage) -> None:
    own_stage.broker.kill()
    own_stage.script(
        """window.waits = [];
        const real = window.setTimeout;
        window.setTimeout = (call, ms, ...more) => {
          window.waits.push(ms);
          return real(call, Math.min(ms, 20), ...more);
        };"""
    )
    wait_until(
        lambda: len(own_stage.script("return window.waits.filter((ms) => ms >= 5001)")) >= 6,
        "the page tries again and again",
    )
    waits = own_stage.script("return window.waits.filter((ms) => ms >= 5001)")
    assert len(set(waits)) == len(waits)
    assert max(waits) <= 15000


def test_mosquitto_serves_the_page_and_gives_it_no_more_rights_than_it_needs(
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
        (page / "words").mkdir()
        for name, text in made_files(config).items():
            (page / name).write_text(text)
        login = {"username": "kiosk", "password": 'kiosk\'s own \\ "word"'}
        with listen(broker.port, f"{TOPICS.root}/#", **login) as kiosk:
            address = f"http://127.0.0.1:{broker.websocket_port}/"
            stage = Stage(broker, kiosk, browser, address)
            stage.open()
            stage.show(*CARDS)
            stage.heartbeat(0, state="showing", shows_notice=True)
            stage.find(".choose").click()
            stage.feedback(0, verdict="chosen", item_id="place-1")
            stage.find("#language").click()
            stage.find("#languages [lang='ja']").click()  # its words come without a Content-Type
            spoken = "return document.documentElement.lang"
            wait_until(lambda: stage.script(spoken) == "ja", "Japanese")
            browser.get("about:blank")
        assert "Denied PUBLISH" not in broker.log()


def test_a_page_whose_login_is_refused_goes_on_trying(
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
        server = PageServer(0, settings_script(config), made_files(config))
        server.start()
        try:
            browser.get(server.address)
            refusal = re.compile(r"Sending CONNACK to \S+ \(0, 5\)")  # not authorised
            wait_until(lambda: len(refusal.findall(broker.log())) >= 3, "the page tries again")
            assert browser.find_element(By.ID, "notice").text.startswith("Not looking right now")
            browser.get("about:blank")
        finally:
            server.stop()


def test_without_settings_the_page_shows_that_the_camera_is_off(
    browser: webdriver.Chrome,
) -> None:
    server = PageServer(0, "", made_files(Config()))
    server.start()
    try:
        browser.get(server.address)
        notice = browser.find_element(By.ID, "notice").text
    finally:
        browser.get("about:blank")
        server.stop()
    assert notice.startswith("Not looking right now")
