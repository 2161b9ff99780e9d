"""A stage for the page: a real broker, the page's server, real Chromium, and the kiosk's side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from device.config import Config
from device.display.made import made_files
from device.display.server import PageServer, settings_script
from device.matching.ways import DIRECTIONS
from device.messaging.topics import Topics
from tests.brokers import Heard, Listener, Mosquitto, listen, mosquitto, wait_until
from tests.needs import tool

TOPICS = Topics("helsinki", "kiosk-1")
LONGEST_SCRIPT_S = 150
"""Of a busy machine, in which a script draws the page in every language."""

MOTION = "prefers-reduced-motion"
SIZES = {"landscape": (1920, 1080), "portrait": (1080, 1920), "small": (800, 480)}

PLACE = {
    "id": "place-1",
    "kind": "place",
    "title": "West Lake Museum",
    "creator": "",
    "place": "89 Nanshan Road",
    "year": None,
    "distance_m": 412,
    "why": ["quiet", "open till five"],
    "picture": "",
    "link": "https://example.org/places/west-lake-museum",
    "credit": "© OpenStreetMap contributors, ODbL",
}
ROUTE = f"{DIRECTIONS}-33.86880,-151.20930;-33.86990,-151.21040"
"""As long as a route ever is."""

ON_FOOT = {**PLACE, "route": ROUTE, "walk_min": 6}
FILM = {
    "id": "film-1",
    "kind": "film",
    "title": "Roman Holiday",
    "creator": "William Wyler",
    "place": "",
    "year": 1953,
    "distance_m": None,
    "why": ["light", "about two hours"],
    "picture": "",
    "link": "https://example.org/films/roman-holiday",
}
ACTIVITY = {
    "id": "activity-1",
    "kind": "activity",
    "title": "Feed the goldfish",
    "creator": "",
    "place": "",
    "year": None,
    "distance_m": 1840,
    "why": ["outdoors"],
    "picture": "",
    "link": "",
}
CARDS = (PLACE, FILM, ACTIVITY)

RECORDER = """
window.everShown = [];
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      if (!node.classList?.contains("card")) continue;
      window.everShown.push(node.querySelector("h2").textContent);
    }
  }
}).observe(document, { childList: true, subtree: true });
"""
"""Runs before the page's own scripts and remembers every card that was ever drawn."""

RESIZED = """
const [width, height, done] = arguments;
const look = () => {
  const there = innerWidth === width && innerHeight === height;
  requestAnimationFrame(() => (there ? requestAnimationFrame(done) : look()));
};
look();
"""
"""Waits until the window has its size and the page has heard of it."""

PAGED = """
const more = document.querySelector("#more");
return more.hidden ? "" : more.querySelector(".all").textContent;
"""
"""Of how many cards the screen shows a page; empty: it shows them all."""

FINISH = """
for (const animation of document.getAnimations()) {
  if (Number.isFinite(animation.effect.getComputedTiming().endTime)) animation.finish();
}
"""
"""Ends what fades in."""


def message(
    *items: dict[str, Any],
    state: str = "showing",
    notice: str = "watching",
    serial: int = 1,
    lifetime_s: float = 30,
    at: datetime | None = None,
) -> dict[str, Any]:
    """A message of suggestions, published now or `at`."""
    said = at or datetime.now(UTC)
    return {
        "state": state,
        "serial": serial,
        "at": said.isoformat(),
        "expires_at": (said + timedelta(seconds=lifetime_s)).isoformat(),
        "lifetime_s": lifetime_s,
        "notice": notice,
        "items": list(items),
    }


class Stage:
    """The page in a browser, and the kiosk's side of its messages."""

    def __init__(
        self, broker: Mosquitto, kiosk: Listener, driver: webdriver.Chrome, address: str
    ) -> None:
        self.broker, self.kiosk, self.driver, self.address = broker, kiosk, driver, address
        self.said: set[str] = set()  # what the broker retains of the kiosk
        self.test = ""  # whose page is loaded

    def open(self, size: tuple[int, int] = SIZES["landscape"]) -> None:
        """Load the page in a window of this size, and wait until it reports."""
        known = len(self.kiosk.messages)
        self.resize(size)
        self.driver.get(self.address)
        self.heartbeat(known)

    def anew(self, test: str = "") -> None:
        """The page as if the kiosk had said nothing yet, whatever was said and touched before.

        test: whose page it is. The cases of one test share a load; between two of them the screen
        comes to rest, as between two visitors.
        """
        if test and test == self.test and self.driver.current_url == self.address:
            self.resize(SIZES["landscape"])
            self.heartbeat(self.say("suggestions", message(PLACE)), state="showing")
            known = self.forget()
            self.heartbeat(known, state="resting", shows_notice=False)
        else:
            self.driver.get(f"{self.address}nothing")  # the old page says no more
            self.forget()
            self.open()
        self.test = test
        self.kiosk.messages.clear()

    def spoil(self) -> None:
        """What a test has done to the page outlasts a visitor: the next case loads it anew."""
        self.test = ""

    def again(self, test: str = "") -> Stage:
        """The same, when the kiosk has said that nobody is there; test: as `anew` takes it."""
        self.anew(test)
        self.heartbeat(self.say("suggestions", message(state="resting")), shows_notice=True)
        return self

    def forget(self) -> int:
        """Take back what the broker retains; how many messages had been heard before."""
        known = len(self.kiosk.messages)
        for name in self.said:
            self.kiosk.say(TOPICS.topic(name), b"", retain=True)
        self.said.clear()
        return known

    def resize(self, size: tuple[int, int]) -> None:
        """Give the page a window of exactly this size."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False},
        )
        self.driver.execute_async_script(RESIZED, *size)

    @contextmanager
    def less_motion(self) -> Iterator[Stage]:
        """The same page where less motion is asked for: it draws no more than its last state."""
        emulate, reduce = "Emulation.setEmulatedMedia", {"name": MOTION, "value": "reduce"}
        self.driver.execute_cdp_cmd(emulate, {"features": [reduce]})
        try:
            yield self
        finally:
            self.driver.execute_cdp_cmd(emulate, {"features": []})

    def say(self, name: str, payload: Any) -> int:
        """Publish as the kiosk does, retained; how many messages had been heard before."""
        known = len(self.kiosk.messages)
        self.said.add(name)
        self.kiosk.say(TOPICS.topic(name), payload, retain=True)
        return known

    def show(self, *items: dict[str, Any], **about: Any) -> None:
        """Publish suggestions and wait until they are drawn, or the first page of them."""
        self.say("suggestions", message(*items, **about))
        titles = [item["title"] for item in items]

        def drawn() -> bool:
            shown = self.titles()
            paged = self.script(PAGED) == str(len(titles))
            return shown == titles or (paged and shown == titles[: len(shown)] != [])

        wait_until(drawn, f"the page shows {titles}")
        self.script(FINISH)

    def wait_for_titles(self, *titles: str) -> None:
        """Wait until these cards are on the screen, and no other."""
        wait_until(lambda: self.titles() == list(titles), f"the page shows {titles}")
        self.script(FINISH)

    def titles(self) -> list[str]:
        """What the cards are called, in order; nothing in the resting loop."""
        titles: list[str] = self.script(
            "return [...document.querySelectorAll('.card h2')].map((e) => e.textContent)"
        )
        return [title.replace("\N{SOFT HYPHEN}", "") for title in titles]

    def text(self, selector: str) -> str:
        """What a person reads in the first such element."""
        return self.find(selector).text

    def find(self, selector: str) -> WebElement:
        """The first such element."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def script(self, source: str, *arguments: Any) -> Any:
        """Run JavaScript in the page."""
        return self.driver.execute_script(source, *arguments)

    def heartbeat(self, known: int | None = None, **wanted: Any) -> dict[str, Any]:
        """The first heartbeat that says what is wanted, after the first `known` messages.

        known: None waits for one that is still to come.
        """
        return self._heard("display", len(self.kiosk.messages) if known is None else known, wanted)

    def feedback(self, known: int, **wanted: Any) -> dict[str, Any]:
        """The first touch that says what is wanted, after the first `known` messages."""
        return self._heard("feedback", known, wanted)

    def _heard(self, name: str, known: int, wanted: dict[str, Any]) -> dict[str, Any]:
        before = {id(heard) for heard in self.kiosk.messages[:known]}

        def fits(heard: Heard) -> bool:
            if heard.topic != TOPICS.topic(name) or id(heard) in before:
                return False
            message = heard.json()
            return all(message[key] == value for key, value in wanted.items())

        found: dict[str, Any] = self.kiosk.wait(fits).json()
        return found


@contextmanager
def site(
    folder: Path,
    driver: webdriver.Chrome,
    pictures: Path | None = None,
    amend: Callable[[str], str] = str,
    **settings: Any,
) -> Iterator[Stage]:
    """A broker and the page of a kiosk with these settings; the page is not loaded yet.

    amend: changes the text of `settings.js`.
    """
    with mosquitto(folder) as broker:
        mqtt = {"websocket_port": broker.websocket_port}
        config = Config.model_validate({"mqtt": mqtt, **settings})
        script = amend(settings_script(config))
        server = PageServer(0, script, made_files(config), pictures, config.display.photographs)
        server.start()
        try:
            with listen(broker.port, f"{TOPICS.root}/#") as kiosk:
                yield Stage(broker, kiosk, driver, server.address)
                driver.get("about:blank")
        finally:
            server.stop()


@contextmanager
def chromium(folder: Path, **environment: str) -> Iterator[webdriver.Chrome]:
    """A fresh headless browser that keeps to itself and logs what its network does.

    environment: variables that it gets beside those of the test.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = tool("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-features=SpareRendererForSitePerProcess",  # no test opens a second page
        f"--user-data-dir={folder}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = Service(tool("chromedriver"), env={**os.environ, **environment})
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_script_timeout(LONGEST_SCRIPT_S)
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORDER})
        yield driver
    finally:
        driver.quit()
