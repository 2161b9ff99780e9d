"""Makes the pictures of the page in `docs/images`, from the example catalogue alone.

`python -m tools.screenshots` (run by hand after a change of the page; needs chromium and
chromedriver) starts the embedded broker and the page's server, says what a kiosk would say, and
photographs the page at 1920 x 1080: the resting loop, and what the default rules suggest to one
invented visitor. Nobody is looked at and no data but the example's is shown.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from paho.mqtt import publish
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from device.config import load_config
from device.display.server import PageServer, settings_script, words_script
from device.errors import UserError
from device.matching.match import Matcher
from device.messaging import payloads
from device.messaging.broker import HOST, EmbeddedBroker
from device.messaging.topics import Topics
from device.values import Audience, Context, Screen, Suggestion
from device.words.words import Words, load_words

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SIZE = (1920, 1080)
PATIENCE_S = 30
SETTLED_S = 4.0
"""What fades in has done so by then, and the traveller stands at the first stop."""


def main() -> int:
    """Write `resting.png` and `suggestions.png`."""
    free_ports = {"port": 0, "websocket_port": 0}
    config = load_config(ROOT / "config.yaml")
    broker = EmbeddedBroker(config.mqtt.model_copy(update=free_ports))
    broker.start()
    server = PageServer(0, settings_script(config, broker.websocket_port), words_script(config))
    server.start()
    words = load_words("en", config.matching.catalogue)
    matcher = Matcher.open(config, words)
    afternoon = datetime(2026, 11, 21, 15, tzinfo=ZoneInfo(config.place.timezone))
    visitor = Audience(size=1, mood="frustrated", age_band="adult", company="alone")
    cards = matcher.match(visitor, Context(at=0.0, now=afternoon))[: config.matching.count]
    topic = Topics(config.site, config.kiosk).topic("suggestions")
    IMAGES.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            browser = _browser(Path(folder))
            try:
                browser.get(server.address)
                for name, items in (("resting", ()), ("suggestions", cards)):
                    _publish(broker.port, topic, items, words)
                    _photograph(browser, items, IMAGES / f"{name}.png")
            finally:
                browser.quit()
    finally:
        server.stop()
        broker.stop()
    return 0


def _publish(port: int, topic: str, items: tuple[Suggestion, ...], words: Words) -> None:
    state: Literal["showing", "resting"] = "showing" if items else "resting"
    screen = Screen(state, items, serial=len(items))
    message = payloads.suggestions(screen, "watching", datetime.now(UTC), words)
    publish.single(topic, payloads.encode(message), qos=1, retain=True, hostname=HOST, port=port)


def _photograph(browser: webdriver.Chrome, items: tuple[Suggestion, ...], file: Path) -> None:
    titles = [item.item.title for item in items]
    seen = """return [
      [...document.querySelectorAll(".card h2")].map((e) => e.textContent),
      document.querySelector("#notice h2").textContent === words.notices.watching.heading];"""
    WebDriverWait(browser, PATIENCE_S).until(
        lambda page: page.execute_script(seen) == [titles, True]
    )
    time.sleep(SETTLED_S)
    browser.save_screenshot(str(file))
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KiB")


def _browser(profile: Path) -> webdriver.Chrome:
    """A headless Chromium that asks nothing of the network.

    Raises:
        UserError: chromium or chromedriver is not installed.
    """
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        raise UserError("chromium and chromedriver: not found; install both with apt")
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(str(programs[1])))
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": SIZE[0], "height": SIZE[1], "deviceScaleFactor": 1, "mobile": False},
    )
    return browser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"wayside-tools: {error}")
