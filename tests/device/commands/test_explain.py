"""`wayside catalogue explain`: the operator sees what would be suggested, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.__main__ import main

CSV = """id,kind,title,category,tags,hours,minimum_age,source
tower,place,The Tower,sights,quiet,Mo-Su 09:00-17:00,,a friend
club,place,The Club,clubs and bars,lively,Fr-Sa 20:00-04:00,18,a friend
walk,activity,A Walk,walking,quiet,,,a friend
"""


@pytest.fixture
def config(root: Path, tmp_path: Path) -> str:
    (tmp_path / "ours.csv").write_text(CSV, encoding="utf-8")
    table = tmp_path / "ours.sqlite"
    assert main(["catalogue", "build", "--out", str(table), str(tmp_path / "ours.csv")]) == 0
    path = tmp_path / "config.yaml"
    path.write_text(f"matching: {{catalogue: {table}, rules: {root}/catalogue/rules.yaml}}\n")
    return str(path)


def explained(config: str, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["catalogue", "explain", "--config", config, *words]) == 0
    return capsys.readouterr().out


def test_a_sad_adult_in_the_evening_gets_what_is_open_with_each_term(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = explained(config, capsys, "--mood", "sad", "--age", "30", "--hour", "21", "--day", "Fr")
    first = said.splitlines()[0]
    assert first == "1 person: mood sad, adult, unknown, alone; Fr 21:00"
    assert "The Club" in said
    assert "A Walk" in said
    assert "The Tower" not in said  # closed
    assert "open +0.200 = 0.20 x 1.00" in said
    assert "mood +" in said


def test_who_may_be_a_minor_gets_what_suits_all_ages(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    evening = ("--hour", "21:30", "--day", "Fr")
    for who in ((), ("--age", "15"), ("--age", "40", "--company", "family")):
        assert "The Club" not in explained(config, capsys, *evening, *who)


def test_as_many_as_are_asked_for(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    noon = ("--hour", "12", "--age", "40")
    assert len(explained(config, capsys, *noon, "--top", "1").splitlines()) == 1 + 2
    assert len(explained(config, capsys, *noon, "--top", "9").splitlines()) == 1 + 2 * 2  # all


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--hour", "25"), "got '25', takes a time from 0:00 to 23:59"),
        (("--hour", "noon"), "got 'noon', takes a time such as 20"),
        (("--age", "old"), "got 'old', takes years"),
        (("--top", "0"), "takes a whole number from 1 to 50"),
        (("--mood", "merry"), "invalid choice"),
    ],
)
def test_a_mistake_is_one_line(
    config: str, words: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["catalogue", "explain", "--config", config, *words])
    assert reason in capsys.readouterr().err
