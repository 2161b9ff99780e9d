"""Weeks of a place: sums of what was told, with intervals, on a page of its own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from device.report.trend_page import page
from device.report.weeks import Week, weeks_of
from device.session.trend import Span

MONDAY = date(2026, 11, 2)
TODAY = date(2026, 11, 29)


def span(after: int, came: int, pleasant: int, days: int = 1) -> Span:
    first = MONDAY + timedelta(days=after)
    return Span(first, first + timedelta(days=days - 1), came, pleasant)


def test_a_week_is_the_sum_of_the_spans_that_end_in_it_and_one_without_any_is_a_gap() -> None:
    weeks = weeks_of([span(0, 60, 20), span(5, 80, 40, days=4), span(22, 100, 50)])
    assert weeks == [
        Week(MONDAY, 60, 20),
        Week(MONDAY + timedelta(weeks=1), 80, 40),
        None,
        Week(MONDAY + timedelta(weeks=3), 100, 50),
    ]
    assert weeks_of([]) == []


def test_the_interval_is_wilsons() -> None:
    # statsmodels' proportion_confint(20, 60, method="wilson")
    assert Week(MONDAY, 60, 20).interval == pytest.approx((0.2272, 0.4594), abs=1e-4)


def test_the_page_says_each_share_and_fetches_nothing() -> None:
    html = page(weeks_of([span(0, 60, 20), span(14, 1200, 700)]), "a<b", "k", 11, TODAY)
    assert "2026-11-02: 33% of 60; 2026-11-16: 58% of 1200" in html
    assert "a&lt;b" in html
    assert "<script" not in html
    assert "http" not in html
    assert "Nothing has been told yet" in page([], "town", "k", 11, TODAY)
