"""Makes the pictures of the page in `docs/images`, from the example catalogue alone.

`python -m tools.screenshots` (run by hand after a change of the page; needs chromium and
chromedriver) starts the embedded broker and the page's server, says what a kiosk would say, and
photographs the page at 1920 x 1080: the resting loop, and what the default rules suggest to one
invented visitor. `languages.png` is a contact sheet: for each language the cards in landscape, the
resting loop in portrait, and the cards on the smallest screen. Nobody is looked at and no data but
the example's is shown.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from numpy.typing import NDArray
from paho.mqtt import publish
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from device.config import load_config
from device.display.made import made_files
from device.display.server import PageServer, settings_script
from device.errors import UserError
from device.matching.match import Matcher
from device.messaging import payloads
from device.messaging.broker import HOST, EmbeddedBroker
from device.messaging.topics import Topics
from device.values import Audience, Context, Screen, Suggestion
from device.words.table import LANGUAGES
from device.words.words import Words, load_words
from tools.browser import headless, resize

Picture: TypeAlias = NDArray[np.uint8]

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SIZE = (1920, 1080)
SHEET = (("showing", SIZE), ("resting", (1080, 1920)), ("showing", (800, 480)))
"""What the contact sheet has of each language."""

SETTLE = """
document.getAnimations().forEach((each) => each.cancel());
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0], 100)));
"""
"""Ends what fades in, and waits until that is painted."""

TILE_PX, GAP_PX, COLUMNS = 180, 6, 2
"""Height of a picture on the sheet, the space around it, and languages side by side."""

PATIENCE_S = 30
SETTLED_S = 4.0
"""What fades in has done so by then, and the traveller stands at the first stop."""


def main() -> int:
    """Write `resting.png`, `suggestions.png` and `languages.png`."""
    free_ports = {"port": 0, "websocket_port": 0}
    config = load_config(ROOT / "config.yaml")
    broker = EmbeddedBroker(config.mqtt.model_copy(update=free_ports))
    broker.start()
    server = PageServer(0, settings_script(config, broker.websocket_port), made_files(config))
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
            browser = headless(Path(folder))
            try:
                resize(browser, SIZE)
                browser.get(server.address)
                for name, items in (("resting", ()), ("suggestions", cards)):
                    _publish(broker.port, topic, items, words)
                    _photograph(browser, items, IMAGES / f"{name}.png")
                rows = []
                for state, size in SHEET:
                    resize(browser, size)
                    items = cards if state == "showing" else ()
                    _publish(broker.port, topic, items, words)
                    _wait_for(browser, items)
                    rows.append([_tile(browser, language) for language in LANGUAGES])
                _write_sheet(rows, IMAGES / "languages.png")
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
    _wait_for(browser, items)
    _choose(browser, "en")
    time.sleep(SETTLED_S)
    browser.save_screenshot(str(file))
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KiB")


def _wait_for(browser: webdriver.Chrome, items: tuple[Suggestion, ...]) -> None:
    """Wait until the page shows as many cards, and the notice."""
    seen = """return [document.querySelectorAll(".card").length,
      document.querySelector("#notice use").getAttribute("href")];"""
    WebDriverWait(browser, PATIENCE_S).until(
        lambda page: page.execute_script(seen) == [len(items), "#icon-eye"]
    )


def _choose(browser: webdriver.Chrome, language: str) -> None:
    """Touch a language in the list, and wait until it is spoken."""
    choose = """document.querySelector("#language").click();
      document.querySelector(`#languages [lang='${arguments[0]}']`).click();"""
    browser.execute_script(choose, language)
    spoken = "return document.documentElement.lang"
    WebDriverWait(browser, PATIENCE_S).until(lambda page: page.execute_script(spoken) == language)


def _tile(browser: webdriver.Chrome, language: str) -> Picture:
    """The page in a language, (`TILE_PX`, W, 3) uint8."""
    _choose(browser, language)
    browser.execute_async_script(SETTLE)
    encoded = np.frombuffer(browser.get_screenshot_as_png(), np.uint8)
    picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    width = picture.shape[1] * TILE_PX // picture.shape[0]
    small = cv2.resize(picture, (width, TILE_PX), interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(small, *[GAP_PX] * 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def _write_sheet(rows: list[list[Picture]], file: Path) -> None:
    """rows: for each picture of `SHEET`, that of each language."""
    strips = [np.hstack(pictures) for pictures in zip(*rows, strict=True)]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % COLUMNS)
    lines = [np.hstack(strips[n : n + COLUMNS]) for n in range(0, len(strips), COLUMNS)]
    cv2.imwrite(str(file), np.vstack(lines), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"wayside-tools: {error}")
