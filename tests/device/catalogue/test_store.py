"""The device reads a whole catalogue, or says in one line how to get one."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from dataclasses import fields
from pathlib import Path

import pytest

from device.catalogue.build import write
from device.catalogue.store import COLUMNS, SCHEMA_VERSION, Catalogue, is_replaceable
from device.errors import UserError
from device.values import Item

FULL = Item(
    id="leifeng-pagoda",
    kind="place",
    title="Leifeng Pagoda ☖",
    category="heritage sites and monuments",
    tags=("pagoda", "lake"),
    creator="Qian Chu",
    year=1975,
    latitude=-30.5,
    longitude=120.25,
    address="15 Nanshan Road",
    hours="Mo-Su 08:00-17:30",
    price="40 yuan",
    minimum_age=6,
    popularity=0.9,
    link="https://example.org/",
    picture="pictures/leifeng.jpg",
    source="made up",
    titles={"zh": "雷峰塔"},
    about="A pagoda that fell in 1924. Rebuilt in 2002.",
    abouts={"zh": "1924年倒塌的塔。"},
)
BARE = Item(id="walk", kind="activity", title="A walk", category="walking")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "table of ours?#.sqlite"
    write([FULL, BARE], path)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        Catalogue.open(path)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    assert "wayside catalogue build" in line
    return line


def test_items_come_back_as_they_were_written(path: Path) -> None:
    catalogue = Catalogue.open(path)
    assert tuple(catalogue) == (FULL, BARE)
    assert (catalogue.item(0), catalogue.item(1)) == (FULL, BARE)
    assert len(catalogue) == 2
    assert catalogue.get("walk") == BARE
    assert catalogue.get("run") is None
    assert catalogue.tagged("lake") == (FULL,)
    assert catalogue.tagged("lake", "sea") == ()


def test_the_table_has_a_column_for_each_field_of_an_item(path: Path) -> None:
    with sqlite3.connect(path) as file:
        names = [row[1] for row in file.execute("PRAGMA table_info(items)")]
    assert names == list(COLUMNS) == [field.name for field in fields(Item)]


def test_reading_leaves_nothing_beside_the_file_and_does_not_hold_it(path: Path) -> None:
    before = path.read_bytes()
    Catalogue.open(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    path.write_bytes(b"")


def hint(path: Path) -> list[str]:
    """The words of the command that the refusal proposes."""
    command = re.search(r"wayside (catalogue build .*?)(?:, and name .*)?$", refusal(path))
    assert command is not None
    return shlex.split(command[1])


def test_the_command_that_is_proposed_builds_a_catalogue(path: Path, tmp_path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])
    assert hint(path) == ["catalogue", "build", "--out", str(path), "YOUR.csv"]
    write([FULL], path)
    assert tuple(Catalogue.open(path)) == (FULL,)


@pytest.mark.parametrize("name", ["my places.csv", "places.TSV", "unicode.txt", "other.sqlite"])
def test_the_command_that_is_proposed_overwrites_nothing_that_is_no_catalogue(
    tmp_path: Path, name: str
) -> None:  # failure 35
    path = tmp_path / name
    for content in (b"id,kind,title,category,source\n", b"SQLite format 3\0" + b"x" * 84, None):
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        *_, out, source = hint(path)
        missing_catalogue = content is None and name == "other.sqlite"
        assert (Path(out) == path) == missing_catalogue
        assert source == ("YOUR.csv" if name == "other.sqlite" else str(path))
        assert is_replaceable(Path(out))


def test_the_command_that_is_proposed_for_a_folder_names_a_file_beside_it(tmp_path: Path) -> None:
    *_, out, _ = hint(tmp_path)
    assert Path(out) == tmp_path.with_suffix(".sqlite")


def test_a_missing_catalogue_says_how_to_build_one(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.sqlite")


def test_a_folder_is_no_catalogue(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_a_text_file_is_no_catalogue(path: Path) -> None:
    path.write_text("id,kind,title\n" * 100)
    assert "damaged" in refusal(path)


def test_an_empty_file_is_no_catalogue(path: Path) -> None:
    path.write_bytes(b"")
    assert f"schema {SCHEMA_VERSION}" in refusal(path)


def test_some_other_sqlite_file_is_no_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    file = sqlite3.connect(path)
    file.execute("CREATE TABLE items (id)")
    file.commit()
    file.close()
    assert "something else" in refusal(path)


def test_a_catalogue_of_another_schema_is_refused(path: Path) -> None:
    file = sqlite3.connect(path)
    file.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    file.close()
    assert f"schema {SCHEMA_VERSION + 1}" in refusal(path)


def test_a_catalogue_without_items_is_refused(path: Path) -> None:
    file = sqlite3.connect(path)
    file.execute("DELETE FROM items")
    file.commit()
    file.close()
    assert "0 items, arrays of 2" in refusal(path)
    write([], path)
    assert "no item" in refusal(path)


def test_a_catalogue_cut_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(100, len(whole), 1024):
        path.write_bytes(whole[:length])
        refusal(path)


def test_a_catalogue_with_an_overwritten_page_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for page in range(1, len(whole) // 4096):
        corrupted = bytearray(whole)
        corrupted[page * 4096 : (page + 1) * 4096] = bytes(range(256)) * 16
        path.write_bytes(corrupted)
        refusal(path)


def test_arrays_that_have_changed_are_refused(path: Path) -> None:
    whole = path.read_bytes()
    place = whole.index(json.dumps([FULL.category, BARE.category]).encode())
    path.write_bytes(whole[:place] + whole[place:].replace(b"walking", b"talking", 1))
    assert "categories has changed" in refusal(path)
