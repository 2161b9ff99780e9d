"""`wayside report`: a month of what was told, as lines or as a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.__main__ import main
from device.session.archive import Archive
from device.values import Item


@pytest.fixture
def kiosk(tmp_path: Path) -> Path:
    """The configuration of a kiosk that has told a day and two hours."""
    archive = Archive(tmp_path / "state")
    archive.add_hour({"hour": "2026-11-28T12:00:00+00:00", "visitors": 57, "by_mood": {},
                      "by_age_band": {}, "by_company": {}, "touches": {}})  # fmt: skip
    archive.add_day(
        {"day": "2026-11-28", "by_daypart": {"any": {"tea": {"scanned": 14}}},
         "screens": {"tea": 40}},
        lambda _: Item("tea", "place", "The Tea House", "cafe"),
    )  # fmt: skip
    config = tmp_path / "config.yaml"
    config.write_text("{state: state, place: {timezone: Europe/Helsinki}}")
    return config


def test_it_prints_what_was_told_of_a_month(
    kiosk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--month", "2026-11", "--config", str(kiosk)]) == 0
    head, visitors, names, total, tea = capsys.readouterr().out.splitlines()
    assert head == "November 2026, as far as was told: numbers under 11 are missing"
    assert visitors == "visitors: 57; 0 of 1 hours had too few to be told"
    assert names.split() == ["shown", "opened", "liked", "code", "touched", "not", "for", "me"]
    assert total.split() == ["all", "items", "40", "0", "0", "14", "0"]
    assert tea.split() == ["The", "Tea", "House", "40", "–", "–", "14", "–"]


def test_it_writes_a_page(kiosk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = kiosk.parent / "november.html"
    assert main(["report", "--month", "2026-11", "--config", str(kiosk), "--html", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}: the page of November 2026\n"
    assert "The Tea House" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "config", "says"),
    [
        ((), "{state: state}", "told.sqlite: no such file; the kiosk writes it"),
        ((), "{}", "state: not set, so nothing that was counted is kept"),
        (("--html", "page.pdf"), "{state: state}", "--html: got page.pdf, takes the page to write"),
    ],
)
def test_what_it_lacks_is_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    config: str,
    says: str,
) -> None:
    (tmp_path / "config.yaml").write_text(config)
    assert main(["report", "--config", str(tmp_path / "config.yaml"), *words]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_a_month_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["report", "--month", "November"])
    assert "got November, takes a month such as 2026-11" in capsys.readouterr().err
