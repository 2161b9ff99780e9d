"""One browser for all tests of the page, and a stage for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from selenium import webdriver

from device.config import Config
from device.display.made import made_files
from device.display.server import PageServer, settings_script
from tests.brokers import listen, mosquitto
from tests.device.display.stage import TOPICS, Stage, chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for all tests; each loads the page again."""
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def stage(tmp_path: Path, browser: webdriver.Chrome) -> Iterator[Stage]:
    """The page at 1920 x 1080, connected, before the kiosk has said anything; the catalogue's
    pictures are `wide.png` and `by the lake/tall.jpg`."""
    pictures = tmp_path / "pictures"
    (pictures / "by the lake").mkdir(parents=True)
    for name, shape in (("wide.png", (60, 90, 3)), ("by the lake/tall.jpg", (90, 60, 3))):
        cv2.imwrite(str(pictures / name), np.full(shape, 120, np.uint8))
    with mosquitto(tmp_path) as broker:
        config = Config.model_validate({"mqtt": {"websocket_port": broker.websocket_port}})
        server = PageServer(0, settings_script(config), made_files(config), pictures)
        server.start()
        try:
            with listen(broker.port, f"{TOPICS.root}/#") as kiosk:
                stage = Stage(broker, kiosk, browser, server.address)
                stage.open()
                yield stage
                browser.get("about:blank")
        finally:
            server.stop()
