"""A headless Chromium for pictures and figures of the page; it asks nothing of the network."""

from __future__ import annotations

import shutil
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from device.errors import UserError


def headless(profile: Path) -> webdriver.Chrome:
    """Open the browser; `quit` ends it. profile: an empty folder.

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
    return webdriver.Chrome(options=options, service=Service(str(programs[1])))


def resize(browser: webdriver.Chrome, size: tuple[int, int]) -> None:
    """Give the page a window of exactly this width and height, pixels."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False},
    )
