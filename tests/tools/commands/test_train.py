"""`wayside-tools train`: errors are reported before hours of training."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.__main__ import main


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--start", "none.keras"), "--start: none.keras: no such file; name a .keras network"),
        (
            ("--soft-targets", "nowhere"),
            "--soft-targets: nowhere: no soft targets there; `wayside-tools distill` writes",
        ),
        (("--labels", "faces", "--train-only"), "--train-only: cannot be combined with --labels"),
        (("--labels", "faces", "--soft-targets", "none"), "--soft-targets: cannot be combined"),
        (("--strict",), "--strict: applies to --labels"),
    ],
)
def test_an_error_of_the_options_is_one_line(
    options: tuple[str, ...], error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["train", *options, "--data", str(tmp_path), "--runs", str(tmp_path)]) == 1
    output = capsys.readouterr().err
    assert error in output
    assert output.count("\n") == 1
