"""The set-up in a phone's browser and on the kiosk's screen, both real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

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
from tests.brokers import wait_until
from tests.device.display.stage import chromium
from tests.device.setup.opened import CONFIG, Opened, opened
from tests.device.setup.radio import needs_radio, radio
from tests.needs import needs

pytestmark = [pytest.mark.browser, needs("chromium", "chromedriver"), needs_radio()]

PHONE = (390, 844)


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
    shown: dict[str, object] = dict.fromkeys(("camera", "address", "code", "fingerprint"), "")
    shown |= {"saved": False, "first": True, "minutes": 9, "who": "192.168.1.5"}
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


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (800, 480)])
def test_the_screen_shows_address_code_and_fingerprint(
    driver: webdriver.Chrome, kiosk: Opened, size: tuple[int, int]
) -> None:
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.get((kiosk.folder / "screen").read_text())
    open_ = driver.find_element(By.ID, "open")
    wait_until(open_.is_displayed, "the address")
    state = kiosk.screen()
    assert state["address"] in open_.text
    assert state["fingerprint"] in open_.text
    assert re.sub(r"\s", "", driver.find_element(By.ID, "code").text) == state["code"]
    for name in ("qr", "code", "fingerprint", "address"):
        box = driver.find_element(By.ID, name).rect
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height


def test_the_screen_says_who_is_setting_it_up_and_that_all_is_saved(
    driver: webdriver.Chrome, kiosk: Opened
) -> None:
    driver.get((kiosk.folder / "screen").read_text())
    cookie = kiosk.enter()
    busy = driver.find_element(By.ID, "busy")
    wait_until(busy.is_displayed, "who is in")
    assert "127.0.0.1 is setting up this kiosk" in busy.text
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
