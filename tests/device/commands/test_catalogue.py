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


def test_show_counts_what_there_is_and_what_is_missing(
    built: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    config = ("--config", str(root / "config.yaml"))
    assert run("show", "--file", str(built), "--counts", *config) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 items: 2 place, 1 song"
    assert "       2  place sights" in lines
    assert "       2  of 2 coordinates, such as tower, long" in lines
    assert lines[lines.index("items never shown:") + 1].split()[:3] == ["0", "of", "3"]


def test_show_writes_a_page_and_takes_no_other_name_for_one(
    built: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ("--config", str(root / "config.yaml"))
    out = built.with_suffix(".html")
    assert run("show", "--file", str(built), "--html", str(out), *config) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{out}: the page"
    assert "A Tune" not in out.read_text(encoding="utf-8")  # it has no place on the map
    assert "3</b> items" in out.read_text(encoding="utf-8")
    with pytest.raises(UserError, match=r"--html: got .*town\.txt, takes the page to write"):
        run("show", "--file", str(built), "--html", str(built.with_name("town.txt")), *config)
    with pytest.raises(UserError, match="of all items"):
        run("show", "tower", "--file", str(built), "--html", str(out), *config)
    (built.parent / "dir.html").mkdir()
    with pytest.raises(UserError, match="choose another --html"):
        run("show", "--file", str(built), "--html", str(built.parent / "dir.html"), *config)
