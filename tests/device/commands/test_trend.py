"""`wayside trend` as an operator types it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from device.__main__ import main
from device.session.archive import TREND, Archive, read_spans
from device.session.trend import Span

MONDAY = date(2026, 11, 2)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("state: var\nprivacy: {trend: true}\n")
    return path


def test_it_prints_a_week_in_a_line_and_writes_a_page(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Archive(tmp_path / "var").add_span(Span(MONDAY, MONDAY, 60, 20))
    assert main(["trend", "--config", str(config)]) == 0
    assert "2026-11-02      60   33% (23% to 46%)" in capsys.readouterr().out
    out = tmp_path / "t.html"
    assert main(["trend", "--config", str(config), "--html", str(out)]) == 0
    assert "Moods of a place" in out.read_text()


def test_a_span_is_kept_as_told_for_26_weeks(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    spans = [Span(day, day, 60, 20) for day in (MONDAY, MONDAY + TREND - timedelta(days=1))]
    for one in spans:
        archive.add_span(one)
    archive.add_span(Span(MONDAY, MONDAY, 70, 30))  # told once
    assert read_spans(tmp_path) == spans
    archive.add_span(Span(MONDAY + TREND, MONDAY + TREND, 60, 20))
    assert len(read_spans(tmp_path)) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "state: not set"),
        ("state: var", "no such file"),
        ("privacy: {trend: true, desk: true}", "vision.ignore around the desk"),
        ("privacy: {trend_hours: sometimes}", "privacy.trend_hours"),
    ],
)
def test_what_is_missing_is_one_line(
    config: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    config.write_text(text)
    assert main(["trend", "--config", str(config)]) == 1
    assert says in capsys.readouterr().err
