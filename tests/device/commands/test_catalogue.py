"""`wayside catalogue build`, `check` and `show`, as a person types them."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from device.commands.catalogue import add_parser
from device.errors import UserError

CSV = """id,kind,title,category,tags,hours,source
tower,place,The Tower,sights,view;quiet,Mo-Su 09:00-17:00,a friend
tune,song,A Tune,pop,piano,,a friend
long,place,A Place With A Name That Goes On And On And On And On,sights,quiet,,a friend
"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "ours.csv").write_text(CSV, encoding="utf-8")
    run("build", "--out", str(tmp_path / "ours.sqlite"), str(tmp_path / "ours.csv"))
    return tmp_path / "ours.sqlite"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(dest="verb", required=True))
    arguments = parser.parse_args(["catalogue", *words])
    return int(arguments.run(arguments))


def test_build_says_what_it_made(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("build", "--out", str(built), str(built.with_suffix(".csv"))) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{built}: 3 items"


def test_show_lists_the_items_as_a_table(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run("show", "--file", str(built)) == 0
    head, first, *_, count = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "kind", "title", "category", "tags"]
    assert first.split() == ["tower", "place", "The", "Tower", "sights", "view;", "quiet"]
    assert count == "3 items: 2 place, 1 song"


def test_show_picks_by_kind_and_tag(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    run("show", "--file", str(built), "--kind", "place", "--tag", "quiet", "--tag", "view")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["id", "tower", "1"]
    run("show", "--file", str(built), "--tag", "nothing")
    assert capsys.readouterr().out.splitlines()[-1] == "0 items"


def test_show_prints_everything_about_one_item(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    run("show", "--file", str(built), "tower")
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert shown["title"] == "The Tower"
    assert shown["hours"] == "Mo-Su 09:00-17:00"
    assert shown["year"] == "-"
    assert shown["minimum_age"] == "0"


def test_an_item_that_is_not_there_is_one_line(built: Path) -> None:
    with pytest.raises(UserError, match="no item 'castle'"):
        run("show", "--file", str(built), "castle")


def test_a_catalogue_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wayside catalogue build"):
        run("show", "--file", str(tmp_path / "none.sqlite"))


@pytest.mark.parametrize("verb", ["build", "show"])
def test_help_shows_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(verb, "--help")
    assert f"example: wayside catalogue {verb}" in capsys.readouterr().out
