"""The mounting guide on a screen: it says what to do, draws the view, and all of it fits."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from selenium import webdriver

from device.camera.capture import FakeCamera
from device.camera.demo import Demo
from device.camera.files import Paced
from device.camera.images import frame_of
from device.commands.preview import Preview, PreviewServer
from device.config import Config
from device.values import Frame
from tests.brokers import wait_until
from tests.device.display.stage import RESIZED
from tests.needs import needs

pytestmark = [pytest.mark.browser, needs("chromium", "chromedriver")]

STATES = "return [...document.querySelectorAll('#verdicts li')].map((e) => e.dataset.state)"
DRAWN = (".band", ".person", ".foot", ".head")
OUTSIDE = """
const inside = (e) => { const b = e.getBoundingClientRect();
  return b.top >= 0 && b.left >= 0 && b.bottom <= innerHeight + 1 && b.right <= innerWidth + 1; };
const list = document.querySelector("#verdicts");
return [...document.querySelectorAll("img, li, #plan svg, h1, .reach")]
  .filter((e) => !inside(e)).map((e) => e.outerHTML.slice(0, 80))
  .concat(list.scrollHeight > list.clientHeight + 1 ? ["the list scrolls"] : []);
"""


def people(config: Config) -> Iterator[Frame]:
    """One person who stays, for ever."""
    demo = Demo(config.camera)
    for number in itertools.count():
        yield frame_of(demo.view(4 + number % 60 / 15), time.monotonic())


@pytest.fixture
def guide(config: Config) -> Iterator[str]:
    """The address of a guide to a camera before which somebody stands."""
    preview = Preview(config, Paced(FakeCamera(people(config))))
    server, over = PreviewServer(preview, 0), threading.Event()

    def turn() -> None:
        while not over.is_set():
            preview.turn()

    with closing(preview):
        server.start()
        thread = threading.Thread(target=turn)
        thread.start()
        yield server.address
        over.set()
        server.stop()
        thread.join()


def test_it_says_what_to_do_draws_the_view_and_fits_every_screen(
    guide: str, browser: webdriver.Chrome
) -> None:
    browser.get(guide)
    wait_until(
        lambda: {"pass", "fail"} >= set(browser.execute_script(STATES) or ["wait"]),
        "every question is answered",
    )
    count = "return document.querySelectorAll(arguments[0]).length"
    drawn = [browser.execute_script(count, f"#plan {part}") for part in DRAWN]
    assert drawn == [1, 1, 2, 3]
    for width, height in ((1920, 1080), (1080, 1920), (800, 480)):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        browser.execute_async_script(RESIZED, width, height)
        assert browser.execute_script(OUTSIDE) == [], (width, height)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
