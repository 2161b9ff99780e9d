"""`wayside-tools`: help, light imports, and missing data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.__main__ import main


@pytest.mark.parametrize(
    "command",
    [
        "datasets",
        "frames",
        "augment",
        "train",
        "distill",
        "convert",
        "architectures",
        "evaluate",
        "catalogue",
    ],
)
def test_the_help_of_each_command_shows_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"example: wayside-tools {command}" in capsys.readouterr().out.replace("\n", " ")


def test_help_needs_neither_keras_nor_matplotlib() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, tools.__main__ as m\n"
            "try: m.main(['--help'])\n"
            "except SystemExit: pass\n"
            "print(sorted({'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().endswith("[]")


def test_missing_data_is_a_user_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(tmp_path), "--runs", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "fer2013.zip: no such file" in error
