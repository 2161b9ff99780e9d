"""One browser for all tests of the page, and a stage for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from selenium import webdriver

from tests.device.display.sounds import Sounds
from tests.device.display.stage import Stage, chromium, site


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for all tests; each loads the page again."""
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture(scope="module")
def sounds() -> Iterator[Sounds]:
    """The server of sounds of a module's tests."""
    server = Sounds()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def stage(tmp_path: Path, browser: webdriver.Chrome) -> Iterator[Stage]:
    """The page at 1920 x 1080, connected, before the kiosk has said anything; the catalogue's
    pictures are `wide.png` and `by the lake/tall.jpg`."""
    pictures = tmp_path / "pictures"
    (pictures / "by the lake").mkdir(parents=True)
    for name, shape in (("wide.png", (60, 90, 3)), ("by the lake/tall.jpg", (90, 60, 3))):
        cv2.imwrite(str(pictures / name), np.full(shape, 120, np.uint8))
    with site(tmp_path, browser, pictures) as stage:
        stage.open()
        yield stage
