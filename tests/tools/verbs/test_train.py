"""`wayside-tools train`, `measure` and the numbers they take: refused before anything begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.__main__ import main


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--start", "none.keras"), "--start: none.keras: no such file; name a `.keras` network"),
        (("--lessons", "nowhere"), "--lessons: nowhere: no such folder; `none` goes without"),
        (("--labels", "faces", "--train-only"), "--train-only: goes without --labels"),
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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("train", "--limit", "3"), "got '3', takes a number from 8 on"),
        (("train", "--seed", "-1"), "got '-1', takes a number from 0 on"),
        (("train", "--epochs", "0"), "got '0', takes a number from 1 on"),
        (("teach", "--views", "0"), "got '0', takes a number from 1 on"),
        (("measure", "temporal", "--limit", "1"), "got '1', takes a number from 8 on"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(
    given: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(list(given))
    assert said in capsys.readouterr().err


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
