"""The town's page says what is known, and needs nothing else for it."""

from __future__ import annotations

import re
from datetime import date

from device.report.month import ItemMonth, Month
from device.report.report_page import page
from device.session.archive import SHOWN

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
TODAY = date(2026, 12, 1)
TEA = ItemMonth("tea", "place", "Tea & <b>cake</b>", {SHOWN: 4100, "chosen": 120, "scanned": 25})
OLD = ItemMonth("fair-1", "", "fair-1", {SHOWN: 30, "liked": 12})


def month(*items: ItemMonth) -> Month:
    visitors = {(FIRST.replace(day=d), h): 11 + h + d if h > 9 else None
                for d in range(1, 31) for h in range(7, 22)}  # fmt: skip
    days = {(FIRST.replace(day=day), SHOWN): 100 + day for day in range(1, 31)}
    return Month(FIRST, LAST, visitors, items, days)


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", html)).split())


def test_it_says_what_was_told_and_dashes_for_what_was_not() -> None:
    html = page(month(TEA, OLD), "helsinki", "kiosk-1", 11, TODAY)
    assert "Tea &amp; &lt;b&gt;cake&lt;/b&gt; place 4,100 120 – 25 –" in text(html)
    assert "fair-1 gone from the table 30 – 12 – –" in text(html)
    assert "450 hours were counted; of 90 of them" in text(html)
    assert "fewer than 11" in text(html)


def test_nothing_on_it_is_fetched_or_run() -> None:
    html = page(month(TEA), "helsinki", "kiosk-1", 11, TODAY)
    assert "<script" not in html
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*", html) == []
    assert "url(" not in html


def test_a_month_in_which_nothing_could_be_told_says_so() -> None:
    html = text(page(Month(FIRST, LAST, {}, (), {}), "helsinki", "kiosk-1", 11, TODAY))
    assert "No hour of this month was counted." in html
    assert "Nothing was told of any item: no number has reached 11." in html
    assert "– visitors – cards shown" in html
