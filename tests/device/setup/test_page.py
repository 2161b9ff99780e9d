"""The set-up in a phone's browser and on the kiosk's screen, both real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from device.camera.capture import FakeCamera
from device.commands.preview import Preview, PreviewServer
from device.config import Config
from device.setup.screen import ScreenServer
from device.words.table import LANGUAGES, read_table
from tests.brokers import wait_until
from tests.device.display.stage import chromium
from tests.device.setup.opened import CONFIG, Opened, opened
from tests.device.setup.radio import needs_radio, radio
from tests.needs import needs

pytestmark = [pytest.mark.browser, needs("chromium", "chromedriver"), needs_radio()]

PHONE = (390, 844)

UNSAID = """
const plain = (text) => text.replace(/[.*+?^$()|[\\]\\\\]/g, "\\\\$&");
const known = Object.values(WORDS[arguments[0]].texts)
  .map((one) => new RegExp(`^${one.split(/\\{[^}]*\\}/).map(plain).join(".+")}$`));
const data = "#found, #more, #first, #ssid, #timezone, #country, #spoken, #network, #credits";
const wrong = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
  if (!text || text === "Wi-Fi" || element.closest(data)) continue;
  if (!known.some((one) => one.test(text))) wrong.push(text);
}
for (const one of document.querySelectorAll("[data-say], button, label, legend")) {
  if (!one.textContent.trim()) wrong.push(one.outerHTML);
}
return wrong;
"""
"""What stands on the page, seen or not yet, that is no text of this language; and what is empty."""


STATE: dict[str, Any] = {
    "address": "", "code": "", "fingerprint": "", "who": "", "minutes": 9, "camera": "",
    "saved": False, "first": True, "languages": ["en"],
}  # fmt: skip
"""What the kiosk's screen shows: that it is in no network."""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        # What a person does with the warning of an unknown certificate.
        driver.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
        yield driver


@pytest.fixture(scope="module")
def air(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the kiosk's radio was asked to do."""
    log = tmp_path_factory.mktemp("radio") / "log"
    with pytest.MonkeyPatch.context() as patch, radio(log, patch):
        yield log


@pytest.fixture
def kiosk(root: Path, tmp_path: Path, air: Path) -> Iterator[Opened]:
    table = root / "catalogue/example.sqlite"
    with opened(tmp_path, f"{CONFIG}matching:\n  catalogue: {table}\n") as kiosk:
        yield kiosk


class Phone:
    """A phone's browser."""

    def __init__(self, driver: webdriver.Chrome, kiosk: Opened) -> None:
        self.driver, self.kiosk = driver, kiosk
        size = {"width": PHONE[0], "height": PHONE[1], "deviceScaleFactor": 2, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get("about:blank")

    def scan(self) -> None:
        """Open what the QR code on the kiosk's screen says, and wait for the form."""
        self.driver.get(f"{self.kiosk.address}#{self.kiosk.screen()['code']}")
        wait_until(lambda: self.find("#form").is_displayed(), "the form")

    def speaks(self, *tags: str) -> None:
        """Set the languages that the phone's owner has chosen."""
        agent = self.driver.execute_script("return navigator.userAgent")
        languages = {"userAgent": agent, "acceptLanguage": ",".join(tags)}
        self.driver.execute_cdp_cmd("Emulation.setUserAgentOverride", languages)

    def chooses(self, language: str) -> None:
        """Take another language in the page."""
        Select(self.find("#spoken")).select_by_value(language)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        text: str = self.find(selector).text
        return text

    def value(self, selector: str) -> str:
        value: str = self.find(selector).get_property("value")
        return value

    def touch(self, selector: str) -> None:
        button = self.find(selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()


@pytest.fixture
def phone(driver: webdriver.Chrome, kiosk: Opened) -> Phone:
    return Phone(driver, kiosk)


def test_a_person_sets_the_kiosk_up_from_a_phone_without_a_keyboard_on_it(
    phone: Phone, kiosk: Opened
) -> None:
    phone.scan()
    assert phone.value("#site") == "helsinki"
    phone.find("#kiosk").clear()
    phone.find("#kiosk").send_keys("library-1")
    Select(phone.find("#first")).select_by_visible_text("Suomi")
    phone.touch("#more input[value=sv]")
    phone.find("#operator").send_keys("Tourist office")
    phone.find("#search").send_keys("oodi")
    wait_until(lambda: "Oodi" in phone.text("#found"), "the library is found")
    phone.touch("#found button")
    wait_until(lambda: phone.find("#map").is_displayed(), "the map")
    assert "OpenStreetMap" in phone.text("#credits")
    found = float(phone.value("#latitude"))
    Select(phone.find("#rotate")).select_by_value("90")
    phone.find("#hours").send_keys("06:00-23:00")
    phone.touch("#save")
    wait_until(lambda: phone.find("#done").is_displayed(), "the end")
    left = yaml.safe_load((kiosk.folder / "answers.json").read_text())
    assert left["kiosk"] == "library-1"
    assert left["display.languages"] == ["fi", "sv"]
    assert left["operator.name"] == "Tourist office"
    assert (left["display.rotate"], left["display.hours"]) == (90, "06:00-23:00")
    assert "operator.contact" not in left
    assert left["place.latitude"] == pytest.approx(found)
    assert left["place.latitude"] == pytest.approx(60.174, abs=0.002)


def test_no_word_of_the_page_is_missing_in_any_language(phone: Phone) -> None:
    phone.scan()
    for language in LANGUAGES:
        phone.chooses(language)
        table = read_table(language)
        assert phone.driver.title == table.setup["title"]
        assert phone.driver.execute_script(UNSAID, language) == [], language
        assert phone.find("#map svg").get_attribute("aria-label") == table.setup["map"]
        assert phone.text("#camera") == table.setup["camera_on"]
        shown = phone.driver.execute_script(
            "return [document.documentElement.scrollWidth, innerWidth]"
        )
        assert shown[0] <= shown[1], language
    phone.chooses("fi")
    assert "Suomi" in [option.text for option in Select(phone.find("#country")).options]
    phone.chooses("ar")
    root = "return getComputedStyle(document.documentElement).direction"
    assert phone.driver.execute_script(root) == "rtl"
    mark = phone.find("header svg")
    assert mark.location["x"] > phone.find("h1").location["x"]


@pytest.mark.parametrize(
    ("chosen", "spoken"),
    [(["fi-FI", "en"], "fi"), (["tlh", "pt-BR"], "pt"), (["zh-TW"], "zh-Hant"), (["zh"], "zh-Hans"),
     (["tlh"], "en")],
)  # fmt: skip
def test_the_page_is_in_the_language_of_the_phone(
    phone: Phone, chosen: list[str], spoken: str
) -> None:
    phone.speaks(*chosen)
    try:
        phone.scan()
        assert phone.text("h1") == read_table(spoken).setup["title"]
        assert phone.value("#spoken") == spoken
    finally:
        phone.speaks("en-US", "en")


def test_a_refusal_is_told_in_the_language_that_was_chosen(phone: Phone, kiosk: Opened) -> None:
    phone.driver.get(kiosk.address)
    phone.chooses("de")
    phone.find("#code").send_keys("1")
    phone.touch("#enter button")
    wait_until(lambda: "nicht der Code" in phone.text("#told"), "the refusal")


def test_a_touch_on_the_map_moves_the_kiosk_there(phone: Phone) -> None:
    phone.scan()
    wait_until(lambda: phone.find("#map").is_displayed(), "the map")
    svg = phone.find("#map svg")
    phone.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", svg)
    box = svg.rect
    webdriver.ActionChains(phone.driver).move_to_element_with_offset(
        svg, int(box["width"] / 4), -int(box["height"] / 4)
    ).click().perform()
    wait_until(lambda: phone.value("#latitude") != "60.1699", "another place")
    assert float(phone.value("#latitude")) == pytest.approx(60.1699 + 300 / 111_195, abs=1e-4)
    assert float(phone.value("#longitude")) == pytest.approx(24.9384 + 300 / 55_320, abs=1e-4)


def test_the_phones_own_place_is_taken_if_its_owner_says_so(phone: Phone, kiosk: Opened) -> None:
    phone.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"origin": kiosk.address.rstrip("/"), "permissions": ["geolocation"]},
    )
    here = {"latitude": 60.172, "longitude": 24.941, "accuracy": 5}
    phone.driver.execute_cdp_cmd("Emulation.setGeolocationOverride", here)
    phone.scan()
    phone.touch("#here")
    wait_until(lambda: phone.value("#latitude") == "60.17200", "the phone's place")


def test_a_town_brings_its_time_zone_and_holidays(phone: Phone) -> None:
    phone.scan()
    phone.find("#search").send_keys("lisbon")
    wait_until(lambda: "Portugal" in phone.text("#found"), "Lisbon")
    phone.touch("#found button")
    assert phone.value("#timezone") == "Europe/Lisbon"
    assert phone.value("#country") == "PT"


def test_a_wrong_code_is_told_and_the_right_one_opens(phone: Phone, kiosk: Opened) -> None:
    code = kiosk.screen()["code"]
    phone.driver.get(f"{kiosk.address}#{(int(code) + 1) % 10**8:08}")
    wait_until(lambda: "not the code" in phone.text("#told"), "the refusal")
    assert "#" not in phone.driver.current_url
    assert not phone.find("#form").is_displayed()
    phone.find("#code").send_keys(f"{code[:4]} {code[4:]}")
    phone.touch("#enter button")
    wait_until(lambda: phone.find("#form").is_displayed(), "the form")


def test_a_mistake_is_told_in_the_words_of_the_configuration(phone: Phone) -> None:
    phone.scan()
    phone.find("#site").clear()
    phone.find("#site").send_keys("fleet")
    phone.touch("#save")
    wait_until(lambda: "this one is reserved" in phone.text("#told"), "the mistake")
    assert phone.find("#form").is_displayed()


def test_the_kiosk_joins_a_wifi(phone: Phone, air: Path) -> None:
    phone.scan()
    wait_until(lambda: "Harbour" in phone.text("#ssid"), "the networks")
    phone.find("#passphrase").send_keys("correct horse")
    phone.touch("#join")
    wait_until(lambda: "Wi-Fi Harbour" in phone.text("#joined"), "the Wi-Fi")
    assert phone.value("#passphrase") == ""
    assert '{"psk": "correct horse"}' in air.read_text()


def test_the_camera_test_is_asked_for_and_never_comes_to_the_phone(
    phone: Phone, kiosk: Opened
) -> None:
    phone.scan()
    phone.touch("#camera")
    wait_until((kiosk.folder / "camera").exists, "the wish")
    assert kiosk.screen()["camera"].startswith("http://127.0.0.1:")
    assert phone.driver.find_elements(By.CSS_SELECTOR, "img, video, iframe, canvas") == []
    phone.touch("#camera")
    wait_until(lambda: not (kiosk.folder / "camera").exists(), "the end of it")


def test_the_screen_shows_the_camera_test_inside_itself(
    driver: webdriver.Chrome, config: Config
) -> None:
    shown = STATE | {"who": "192.168.1.5"}
    screen = ScreenServer(lambda: shown, 0)
    screen.start()
    preview = Preview(config, FakeCamera([]))
    server = PreviewServer(preview, 0, screen.address.rstrip("/"))
    server.start()
    try:
        driver.get(screen.address)
        shown["camera"] = server.address
        camera = driver.find_element(By.ID, "camera")
        wait_until(camera.is_displayed, "the camera test")
        driver.switch_to.frame(camera)
        wait_until(lambda: driver.find_elements(By.CSS_SELECTOR, "img"), "its picture")
        assert driver.execute_script("return location.href") == server.address
        driver.switch_to.default_content()
        shown["camera"] = ""
        wait_until(lambda: not camera.is_displayed(), "its end")
    finally:
        driver.switch_to.default_content()
        driver.get("about:blank")
        server.stop()
        screen.stop()
        preview.close()


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_cut_off_and_everything_can_be_touched(phone: Phone, width: int) -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    phone.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    phone.scan()
    assert phone.driver.execute_script("return document.documentElement.scrollWidth") <= width
    small = phone.driver.execute_script(
        "return [...document.querySelectorAll('button, input, select, .checks label')]"
        ".filter((e) => e.checkVisibility() && e.type !== 'checkbox'"
        " && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)"
    )
    assert small == []


def test_the_screen_shows_address_code_and_fingerprint(
    driver: webdriver.Chrome, kiosk: Opened
) -> None:
    driver.get((kiosk.folder / "screen").read_text())
    open_ = driver.find_element(By.ID, "open")
    wait_until(open_.is_displayed, "the address")
    state = kiosk.screen()
    assert state["languages"] == ["en", "fi"]
    assert state["address"] in open_.text
    assert state["fingerprint"] in open_.text
    assert re.sub(r"\s", "", driver.find_element(By.ID, "code").text) == state["code"]


OUTSIDE = """
return [...document.querySelectorAll("body *")].filter((one) => {
  if (!one.checkVisibility()) return false;
  const { left, top, right, bottom } = one.getBoundingClientRect();
  return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
}).map((one) => one.outerHTML.slice(0, 99));
"""

HERE = {"address": "https://192.168.178.123:8443/", "code": "12345678", "fingerprint": "AB CD " * 4}

SCENES: dict[str, dict[str, Any]] = {
    "warning": HERE, "cable": {}, "stranger": HERE | {"who": "192.168.178.124"},
    "again": {"minutes": 0}, "saved": {"saved": True},
}  # fmt: skip
"""States of the screen, by a text of each."""


def says(driver: webdriver.Chrome, text: str) -> None:
    """Wait until a text is seen."""
    body = driver.find_element(By.TAG_NAME, "body")
    wait_until(lambda: text in body.text, text)


def test_the_screen_says_all_in_every_language_and_has_room_for_it(
    driver: webdriver.Chrome,
) -> None:
    shown = dict(STATE)
    screen = ScreenServer(lambda: shown, 0)
    screen.start()
    try:
        sizes, scenes = cycle([(1920, 1080), (1080, 1920), (800, 480)]), cycle(SCENES)
        for language, (width, height), another in zip(LANGUAGES, sizes, scenes, strict=False):
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            for text in {"warning", another}:
                shown.update(STATE | {"languages": [language]} | SCENES[text])
                driver.get(screen.address)
                says(driver, read_table(language).setup_screen[text])
                assert driver.execute_script(OUTSIDE) == [], (language, width, text)
    finally:
        driver.get("about:blank")
        screen.stop()


def test_the_screen_says_who_is_setting_it_up_and_that_all_is_saved(
    driver: webdriver.Chrome, kiosk: Opened
) -> None:
    driver.get((kiosk.folder / "screen").read_text())
    cookie = kiosk.enter()
    busy = driver.find_element(By.ID, "busy")
    wait_until(busy.is_displayed, "who is in")
    assert "127.0.0.1" in busy.text
    assert not driver.find_element(By.ID, "code").is_displayed()
    kiosk.ask("POST", "/save", {"site": "pier"}, Cookie=cookie)
    wait_until(driver.find_element(By.ID, "saved").is_displayed, "that it is saved")


@pytest.mark.parametrize(
    ("user", "action", "allowed"),
    [
        ("wayside-setup", "org.freedesktop.NetworkManager.network-control", True),
        ("wayside-setup", "org.freedesktop.NetworkManager.settings.modify.system", True),
        ("wayside-setup", "org.freedesktop.NetworkManager.settings.modify.hostname", False),
        ("wayside-setup", "org.freedesktop.systemd1.manage-units", False),
        ("wayside", "org.freedesktop.NetworkManager.network-control", False),
    ],
)
def test_polkits_rule_lets_the_page_join_a_wifi_and_nothing_else(
    driver: webdriver.Chrome, root: Path, user: str, action: str, allowed: bool
) -> None:
    rule = (root / "systemd/conf/polkit.rules").read_text()
    said = driver.execute_script(
        "let rule; const polkit = { addRule: (one) => { rule = one; }, Result: { YES: 'yes' } };"
        f"{rule}\nreturn rule({{ id: arguments[0] }}, {{ user: arguments[1] }}) ?? null;",
        action,
        user,
    )
    assert said == ("yes" if allowed else None)
