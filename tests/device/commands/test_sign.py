"""`wayside sign`: a page for the printer, or a PDF of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from device.__main__ import main
from tests.needs import needs


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(
        "operator: {name: City of Oulu, contact: ouka.fi}\ndisplay: {languages: [fi, sv]}\n"
    )
    return file


def test_it_is_in_the_sites_languages_or_in_those_that_are_asked_for(
    config_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sign.html"
    assert main(["sign", "--config", str(config_file), "--out", str(out)]) == 0
    assert "print it on A4" in capsys.readouterr().out
    assert re.findall(r'<section lang="(\S+)"', out.read_text()) == ["fi", "sv"]
    more = ["--language", "ja", "--language", "ar"]
    assert main(["sign", "--config", str(config_file), "--out", str(out), *more]) == 0
    assert re.findall(r'<section lang="(\S+)"', out.read_text()) == ["ja", "ar"]


def test_what_cannot_be_written_is_one_line(
    config_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "absent/sign.html"
    assert main(["sign", "--config", str(config_file), "--out", str(out)]) == 1
    assert "cannot be written (No such file or directory)" in capsys.readouterr().err


@pytest.mark.browser
@needs("chromium")
def test_a_pdf_has_a_page_for_each_sheet_of_a4(config_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "sign.pdf"
    four = [word for code in ("fi", "sv", "en", "de") for word in ("--language", code)]
    assert main(["sign", "--config", str(config_file), "--out", str(out), *four]) == 0
    content = out.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == 2
    width, height = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", content)[0]
    assert (round(float(width)), round(float(height))) == (595, 842)  # points
