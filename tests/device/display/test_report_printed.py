"""The town's page of a month prints on two sheets of A4, and fits a phone."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from device.report.month import ItemMonth
from device.report.report_page import page
from device.session.archive import SHOWN
from tests.device.report.test_report_page import TODAY, month
from tests.needs import needs

pytestmark = [pytest.mark.browser, needs("chromium", "chromedriver")]

MANY = tuple(ItemMonth(f"p{n}", "place", f"Place {n}", {SHOWN: 30 + n}) for n in range(40))


def test_it_prints_on_two_sheets_of_a4_and_fits_a_phone(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    (tmp_path / "page.html").write_text(
        page(month(*MANY), "helsinki", "kiosk-1", 11, TODAY), encoding="utf-8"
    )
    browser.get((tmp_path / "page.html").as_uri())
    printed = browser.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
    )
    pdf = base64.b64decode(printed["data"])
    assert re.findall(rb"/Type /Pages\s.*?/Count (\d+)", pdf, re.S) == [b"2"]
    assert len(browser.find_elements(By.CSS_SELECTOR, ".plot .cell")) == 30 * 12
    assert len(browser.find_elements(By.CSS_SELECTOR, ".plot .few")) == 30 * 3
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False},
    )
    wide = "return [document.documentElement.scrollWidth, innerWidth]"
    scrolled, inner = browser.execute_script(wide)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert scrolled <= inner
