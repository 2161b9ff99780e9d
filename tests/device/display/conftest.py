"""One browser for all tests of the page, and a stage for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
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


def pictured_site(folder: Path, browser: webdriver.Chrome) -> AbstractContextManager[Stage]:
    """A site whose catalogue's pictures are `wide.png` and `by the lake/tall.jpg`."""
    pictures = folder / "pictures"
    (pictures / "by the lake").mkdir(parents=True)
    for name, shape in (("wide.png", (60, 90, 3)), ("by the lake/tall.jpg", (90, 60, 3))):
        cv2.imwrite(str(pictures / name), np.full(shape, 120, np.uint8))
    return site(folder, browser, pictures)


@pytest.fixture(scope="module")
def module_site(
    tmp_path_factory: pytest.TempPathFactory, browser: webdriver.Chrome
) -> Iterator[Stage]:
    """The broker and the server that the tests of a module share."""
    with pictured_site(tmp_path_factory.mktemp("site"), browser) as stage:
        yield stage


@pytest.fixture
def stage(module_site: Stage, request: pytest.FixtureRequest) -> Stage:
    """The page at 1920 x 1080, connected, before the kiosk has said anything."""
    module_site.anew(request.function.__name__)
    return module_site


@pytest.fixture
def own_stage(tmp_path: Path, browser: webdriver.Chrome) -> Iterator[Stage]:
    """The same with a broker of its own: for a test that stops it."""
    with pictured_site(tmp_path, browser) as stage:
        stage.open()
        yield stage
