"""`wayside-tools catalogue`, on made-up data."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from tests.tools.recommendation.made_up import write_all
from tools.__main__ import main
from tools.commands.catalogue import SECTIONS
from tools.recommendation import evaluate
from tools.recommendation.extras import missing


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_all(folder)
    return folder


def test_evaluate_prints_and_writes_every_question(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["catalogue", "evaluate", "--data", str(data), "--runs", str(tmp_path), "--json"]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert {row["question"] for row in report["rows"]} == set(evaluate.AIMS)
    assert report["ease_seconds"] < 30
    written = tmp_path / "catalogue"
    assert json.loads((written / "report.json").read_text()) == report
    assert (written / "report.md").read_text().count("\n") == len(report["rows"]) + 2
    assert cv2.imread(str(written / "figures.png")).std() > 10


def test_a_partial_report_leaves_the_full_one_alone(data: Path, tmp_path: Path) -> None:
    command = ["catalogue", "evaluate", "--data", str(data), "--runs", str(tmp_path)]
    assert main([*command, "--only", "unknown", "--gender"]) == 0
    assert not (tmp_path / "catalogue" / "report.md").exists()
    assert "by age and gender" in (tmp_path / "catalogue" / "unknown" / "report.md").read_text()


def test_an_unknown_section_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["catalogue", "evaluate", "--only", "popularity"])
    assert f"takes some of {','.join(SECTIONS)}" in capsys.readouterr().err


def test_playlist_answers_from_lastfm(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["catalogue", "playlist", "--tags", "Tag 0,tag 1", "--data", str(data), "--json"]
    assert main([*command, "--similar", "3", "--count", "3"]) == 0
    out = capsys.readouterr()
    answer = json.loads(out.out)
    assert sorted(answer["ours"]["tags"]) == ["tag 2", "tag 3", "tag 4"]
    of_one_style = {f"Artist {n}" for n in range(0, 24, 4)}
    assert len(answer["ours"]["songs"]) == 3
    assert set(answer["ours"]["songs"]) <= of_one_style
    assert (answer["historical"] is None) == bool(missing())
    assert ("make recommend" in out.err) == bool(missing())


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--tags", "nothing"], "no tag 'nothing'"),
        (["--tags", "tag 0", "--song", "Nobody"], "no song 'Nobody'"),
        (["--tags", "tag 0", "--names", "x.json"], "--names: has the names of the songs of --file"),
        (["--tags", "tag 0", "--file", "/nowhere.json"], "/nowhere.json: no such file"),
    ],
)
def test_a_wish_that_cannot_be_answered_is_one_line(
    data: Path, options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["catalogue", "playlist", "--data", str(data), *options]) == 1
    error = capsys.readouterr().err
    assert complaint in error  # failure 49
    assert error.count("\n") == 1


def test_tags_between_commas_must_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["catalogue", "playlist", "--tags", "a,,b"])
    assert "takes tags separated by commas" in capsys.readouterr().err
