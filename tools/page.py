"""The page of a kiosk in a headless browser, told what a kiosk would say: for pictures and figures.

Nobody is looked at, and all that is shown comes from the shipped example, or is made up: what the
default rules suggest to one invented visitor on a Saturday afternoon, and painted photographs.
"""

from __future__ import annotations

import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from numpy.typing import NDArray
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from device.config import Config, load_config
from device.display.made import made_files
from device.display.server import PageServer, settings_script
from device.matching.match import Matcher
from device.matching.open_now import OpenNow
from device.messaging import payloads
from device.messaging.broker import HOST, EmbeddedBroker
from device.messaging.topics import Topics
from device.values import Around, Audience, Context, Screen, Sky, Suggestion
from device.words.words import load_words
from tools.browser import headless, resize
from tools.painted import write_album
from tools.places import ROOT

Picture: TypeAlias = NDArray[np.uint8]
Behind: TypeAlias = Literal["photographs", "streets", "hills"]

AFTERNOON = datetime(2026, 11, 21, 15, 4)
"""Local time when a page is opened: what is suggested and open does not depend on the day it is."""

CLOCK = """{
const own = Date.now.bind(Date);
const ahead = %d - own();
Date.now = () => own() + ahead;
}"""
"""Sets the page's clock to so many milliseconds since 1970."""

SKY = Sky("cloudy", 3.0)

VISITOR = Audience(size=1, mood="frustrated", age_band="adult", company="alone")

SAY_AGAIN_S = 8.0
"""A message holds for `payloads.LIFETIME_S`."""

SETTLE = """
for (const each of document.getAnimations()) each.finish();
document.activeElement.blur();
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0], 60)));
"""
"""Ends what fades in, takes the focus away, and waits until that is painted."""

PATIENCE_S = 60


class Page:
    """An open page and the kiosk's side of its messages. Made by `open_page`."""

    def __init__(self, browser: webdriver.Chrome, config: Config, kiosk: Client) -> None:
        self.browser = browser
        self._config, self._kiosk = config, kiosk
        self._words = load_words("en", config.matching.catalogue)
        self._topic = Topics(config.site, config.kiosk).topic("suggestions")
        self._said: Screen | None = None
        self._said_at = 0.0
        self._opened_at = time.monotonic()

    @cached_property
    def cards(self) -> tuple[Suggestion, ...]:
        """What is suggested to the visitor."""
        context = Context(at=0.0, now=local_time(self._config))
        return self._matcher.match(VISITOR, context)[: self._config.matching.count]

    def rest(self) -> None:
        """Let the screen rest, with the weather and what is open."""
        self._say(
            Screen(around=Around(True, SKY, OpenNow(self._matcher).at(local_time(self._config))))
        )
        self.wait("return !document.querySelector('#now').hidden")

    def show(self, opted_out: bool = False) -> None:
        """Show the cards."""
        self._say(Screen("opted_out" if opted_out else "showing", self.cards, serial=1))
        self.wait(f"return document.querySelectorAll('.card').length === {len(self.cards)}")

    def keep(self) -> None:
        """Say the last again before it is over."""
        if self._said is not None and time.monotonic() - self._said_at > SAY_AGAIN_S:
            self._say(self._said)

    def speak(self, language: str) -> None:
        """Touch a language in the list, and wait until it is spoken."""
        self.browser.execute_script(
            """document.querySelector("#language").click();
            document.querySelector(`#languages [lang='${arguments[0]}']`).click();""",
            language,
        )
        self.wait(f"return document.documentElement.lang === '{language}'")

    def touch(self, selector: str) -> bool:
        """Touch the first such part of the page; whether there is one."""
        touched: bool = self.browser.execute_script(
            "const it = document.querySelector(arguments[0]); it?.click(); return it !== null",
            selector,
        )
        return touched

    def picture(self) -> Picture:
        """The page when it is still, (H, W, 3) uint8 BGR."""
        self.browser.execute_async_script(SETTLE)
        shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"optimizeForSpeed": True})
        encoded = np.frombuffer(b64decode(shot["data"]), np.uint8)
        return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)

    def resize(self, size: tuple[int, int]) -> None:
        """Give the page a window of this width and height, pixels."""
        resize(self.browser, size)
        self.wait(f"return innerWidth === {size[0]} && innerHeight === {size[1]}")

    def wait(self, script: str) -> None:
        """Wait until a script of the page says so.

        Raises:
            TimeoutException: it never did.
        """
        WebDriverWait(self.browser, PATIENCE_S, 0.1).until(lambda _: self._asked(script))

    def _asked(self, script: str) -> Any:
        self.keep()
        return self.browser.execute_script(script)

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher.open(self._config, self._words)

    def _say(self, screen: Screen) -> None:
        self._said, self._said_at = screen, time.monotonic()
        notice: Literal["opted_out", "watching"] = (
            "opted_out" if screen.state == "opted_out" else "watching"
        )
        now = local_time(self._config) + timedelta(seconds=time.monotonic() - self._opened_at)
        message = payloads.suggestions(screen, notice, now, self._words)
        self._kiosk.publish(self._topic, payloads.encode(message), qos=1, retain=True)


def local_time(config: Config) -> datetime:
    """`AFTERNOON` at the kiosk's place."""
    return AFTERNOON.replace(tzinfo=ZoneInfo(config.place.timezone))


@contextmanager
def open_page(behind: Behind, size: tuple[int, int]) -> Iterator[Page]:
    """The page of the shipped configuration, at rest, in a window of this size.

    behind: what the resting screen stands on.

    Raises:
        UserError: chromium or chromedriver is not installed.
    """
    config = load_config(ROOT / "config.yaml")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        display = config.display
        if behind == "photographs":
            write_album(folder / "album")
            display = display.model_copy(update={"photographs": folder / "album"})
        config = config.model_copy(update={"display": display})
        made = made_files(config)
        if behind == "hills":
            made["map.json"] = '{"here": null, "credits": [], "streets": []}'
        free_ports = {"port": 0, "websocket_port": 0}
        broker = EmbeddedBroker(config.mqtt.model_copy(update=free_ports))
        broker.start()
        stack.callback(broker.stop)
        kiosk = Client(CallbackAPIVersion.VERSION2)
        kiosk.connect(HOST, broker.port)
        kiosk.loop_start()
        stack.callback(kiosk.loop_stop)
        stack.callback(kiosk.disconnect)
        settings = settings_script(config, broker.websocket_port)
        server = PageServer(0, settings, made, None, display.photographs)
        server.start()
        stack.callback(server.stop)
        browser = headless(folder / "browser")
        stack.callback(browser.quit)
        resize(browser, size)
        clock = CLOCK % round(local_time(config).timestamp() * 1000)
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": clock})
        browser.get(server.address)
        page = Page(browser, config, kiosk)
        page.rest()
        page.wait(f"return document.body.dataset.scene === '{behind}'")
        yield page
