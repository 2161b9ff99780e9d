"""`wayside-tools measure`: what is not there is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.__main__ import main


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (("detection",), "dlib_faces: no such folder"),
        (("framing",), "fer2013.zip: no such file"),
        (("steadiness",), "unlabelled: no .mp4 there"),
        (("temporal", "--jitter"), "unlabelled: no .mp4 there"),
    ],
)
def test_what_is_measured_on_data_that_is_not_there_names_it(
    what: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", *what, "--data", str(tmp_path)]) == 1
    assert said in capsys.readouterr().err
