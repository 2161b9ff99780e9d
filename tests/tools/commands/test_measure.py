"""`wayside-tools measure`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.__main__ import main


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("detection", "dlib_faces: no such folder"),
        ("steadiness", "unlabelled: no .mp4 there"),
        ("stillness", "unlabelled: no such folder"),
        ("linger", "unlabelled: no .mp4 there"),
        ("walking", "osm: no .osm.pbf there"),
    ],
)
def test_missing_data_is_one_clear_line(
    what: str, error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", what, "--data", str(tmp_path)]) == 1
    assert error in capsys.readouterr().err


def test_the_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["measure", "temporal", "--help"])
    assert "example: wayside-tools measure temporal" in capsys.readouterr().out
