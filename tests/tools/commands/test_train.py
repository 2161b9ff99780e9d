"""`wayside-tools train`: what would fail is refused before hours are spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.__main__ import main


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--start", "none.keras"), "--start: none.keras: no such file; name a `.keras` network"),
        (
            ("--lessons", "nowhere"),
            "--lessons: nowhere: no lessons there; `wayside-tools teach` makes",
        ),
        (("--labels", "faces", "--train-only"), "--train-only: goes without --labels"),
        (("--labels", "faces", "--lessons", "none"), "--lessons: goes without --labels"),
        (("--strict",), "--strict: is of --labels"),
    ],
)
def test_what_would_fail_later_is_one_clear_line_at_once(
    given: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["train", *given, "--data", str(tmp_path), "--runs", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
