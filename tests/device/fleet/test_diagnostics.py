"""What an operator who is far away is sent of a kiosk, and what not."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.fleet import diagnostics
from device.fleet.diagnostics import LONGEST_LINE, UNITS, answer, collect, request

JOURNAL = """\
2026-11-29T12:00:00+0000 kiosk-1 systemd[1]: Started Wayside.
2026-11-29T12:00:05+0000 kiosk-1 wayside[9]: camera: picamera
2026-11-29T12:00:09+0000 kiosk-1 wayside[9]: 12:00:09 showing  West Lake Museum · Roman Holiday
2026-11-29T12:00:30+0000 kiosk-1 wayside[9]: 12:00:30 opted out
2026-11-29T12:01:00+0000 kiosk-1 wayside[9]: the camera is lost: no frame for 5 s
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with programs that answer as those of a kiosk."""
    program(tmp_path / "wayside", "catalogue     ok  1322 items")
    program(tmp_path / "journalctl", JOURNAL)
    (tmp_path / "uptime").write_text("7200.00 100.00\n", encoding="ascii")
    return tmp_path


def program(path: Path, says: str) -> None:
    path.with_suffix(".text").write_text(says, encoding="utf-8")
    path.write_text(f"#!/bin/sh\ncat {path.with_suffix('.text')}\n", encoding="utf-8")
    path.chmod(0o755)


def lines(machine: Path) -> list[str]:
    asked = ([str(machine / "wayside"), "check"], str(machine / "journalctl"), machine / "uptime")
    return list(collect(*asked))


def test_it_says_what_runs_what_check_says_and_what_the_journal_says(machine: Path) -> None:
    found = lines(machine)
    assert found[0].startswith("agent ")
    assert "the machine is up for 2.0 h" in found
    assert "catalogue     ok  1322 items" in found
    assert sum("the camera is lost" in line for line in found) == len(UNITS)


def test_what_was_on_the_screen_stays_on_the_kiosk(machine: Path) -> None:
    text = "\n".join(lines(machine))
    for word in ("West Lake", "Roman Holiday", "showing", "opted out"):
        assert word not in text


def test_the_kiosk_says_what_is_on_the_screen_in_lines_that_are_left_out() -> None:
    """The other side of `ON_SCREEN`: how device/app.py writes such a line."""
    from device.app import _line
    from device.values import Screen

    said = _line(Screen("resting", (), 0.0, 1))
    assert diagnostics.ON_SCREEN.search(f"kiosk-1 wayside[9]: {said}")


def test_what_cannot_be_asked_is_a_line(machine: Path) -> None:
    (machine / "wayside").unlink()
    (machine / "journalctl").unlink()
    assert sum(line.endswith("No such file or directory") for line in lines(machine)) == 5


def test_a_line_without_end_is_cut(machine: Path) -> None:
    program(machine / "wayside", "x" * 100_000)
    assert max(map(len, lines(machine))) == LONGEST_LINE


def test_an_answer_of_an_earlier_request_is_none(tmp_path: Path) -> None:
    (tmp_path / diagnostics.ANSWER).write_text("yesterday\n", encoding="utf-8")
    request(tmp_path)
    assert answer(tmp_path) is None
    assert diagnostics.main(["--out", str(tmp_path / diagnostics.ANSWER)]) == 0
    assert answer(tmp_path)


def test_a_disk_that_refuses_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diagnostics.main(["--out", str(tmp_path / "none" / "out")]) != 0
    assert len(capsys.readouterr().err.splitlines()) == 1
