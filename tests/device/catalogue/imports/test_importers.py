"""One command makes a catalogue of files of several kinds; a broken file changes nothing."""

# failure 48

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.catalogue.store import Catalogue
from device.commands.catalogue import add_parser
from device.config import MatchingConfig, PlaceConfig
from device.errors import UserError
from device.matching.match import Matcher
from device.matching.rules import Rules
from device.values import Audience, Context
from tests.device.catalogue.imports.calendars import ics, vevent
from tests.device.catalogue.imports.town import Town
from tests.device.catalogue.imports.web import web

CSV = "id,kind,title,category,source\ntune,song,A Tune,pop,a friend\n"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    made = Town()
    for n in range(300):
        made.node(n * 100, 0, name=f"Cafe {n}", amenity="cafe")
    return made.write(tmp_path / "town.osm.pbf", day="2025-01-02")


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(dest="verb", required=True))
    arguments = parser.parse_args(["catalogue", *map(str, words)])
    return int(arguments.run(arguments))


def test_an_extract_and_a_table_make_one_catalogue_whose_sources_stay_apart(
    town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "songs.csv").write_text(CSV)
    out = tmp_path / "ours.sqlite"
    assert run("import", town, tmp_path / "songs.csv", "--out", out) == 0
    said = capsys.readouterr().out
    assert "town.osm.pbf: OpenStreetMap of 2025-01-02, © OpenStreetMap contributors" in said
    assert said.endswith(f"{out}: 301 items\n")
    sources = {item.source for item in Catalogue.open(out)}
    assert sources == {"OpenStreetMap 2025-01-02", "a friend"}
    assert run("show", "--file", out) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "300 from OpenStreetMap 2025-01-02: © OpenStreetMap contributors, ODbL"
    )


def test_a_table_to_edit_builds_the_same_catalogue(tmp_path: Path) -> None:
    town = Town()
    town.node(name='"Old", <b>Café</b>', name__fi="Vanha; kahvila", amenity="cafe", wheelchair="no",
              cuisine="coffee;cake", opening_hours="Mo-Fr 08:00-18:00; PH off")  # fmt: skip
    town.node(
        300, name="متحف", name__zh_Hans="博物馆", tourism="museum", website="https://a.fi/?b=1,2"
    )
    path = town.write(tmp_path / "town.osm.pbf")
    direct, table, built = (tmp_path / name for name in ("a.sqlite", "town.csv", "b.sqlite"))
    run("import", path, "--out", direct)
    run("import", path, "--out", table)
    run("build", table, "--out", built)
    assert built.read_bytes() == direct.read_bytes()
    table.write_text("mine")
    with pytest.raises(UserError, match="is there already, and may hold what people wrote"):
        run("import", path, "--out", table)
    assert table.read_text() == "mine"


def test_the_same_files_make_the_same_bytes(town: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.sqlite", tmp_path / "two.sqlite"
    run("import", town, "--out", one)
    run("import", town, "--out", two)
    assert one.read_bytes() == two.read_bytes()


def test_what_two_extracts_share_is_there_once(
    town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = tmp_path / "again.osm.pbf"
    again.write_bytes(town.read_bytes())
    run("import", town, again, "--out", tmp_path / "ours.sqlite")
    said = capsys.readouterr().out
    assert "300  in an earlier file too (osm-n1)" in said
    assert said.endswith("300 items\n")


@pytest.mark.parametrize("share", [0, 0.02, 0.1, 0.5, 0.9, 0.999])
def test_of_a_cut_extract_nothing_is_written(town: Path, tmp_path: Path, share: float) -> None:
    out = tmp_path / "ours.sqlite"
    run("import", town, "--out", out)
    before = out.read_bytes()
    whole = town.read_bytes()
    town.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UserError, match=r"^\S+town\.osm\.pbf: is broken or cut \(.*\S\); [^\n]+$"):
        run("import", town, "--out", out)
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("page.osm.pbf", b"<html>404 not found</html>" * 40, "is broken or cut"),
        ("town.osm", b"<osm version='0.6'><node id=", "is broken or cut"),
        ("town.osm.pbf", None, "cannot be read (No such file or directory)"),
        ("films.zip", b"PK", "got a file of another kind, takes OpenStreetMap extracts (.osm.pbf)"),
    ],
)
def test_a_file_that_is_no_extract_is_one_line(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        run("import", path, "--out", tmp_path / "ours.sqlite")
    line = str(caught.value)
    assert line.startswith(f"{path}: {says}")
    assert "\n" not in line
    assert not (tmp_path / "ours.sqlite").exists()


def test_a_table_is_imported_as_excel_writes_it_and_says_how_it_was_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = tmp_path / "ours.csv", tmp_path / "ours.sqlite"
    table.write_bytes(
        "sep=;\r\nID;Kind;Title;category;Latitude;Longitude;source\r\n"
        'cafe;place;"Café ""Süd""; Bühne";museum;60,17;24,94;a friend\r\n'.encode("cp1252")
    )
    assert run("import", table, "--out", out) == 0
    said = capsys.readouterr().out
    for how in ("Windows-1252", "semicolons", "'ID' as 'id'", "decimal commas in latitude"):
        assert how in said
    item = Catalogue.open(out).get("cafe")
    assert item is not None
    assert (item.title, item.latitude) == ('Café "Süd"; Bühne', 60.17)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("tune,song,Again,pop,me", "ours.csv:3: id: 'tune' is taken by "),
        ("other,song,Other,Pop!,me", "ours.csv:3: category: got 'Pop!', takes lower-case letters"),
        ("other,song,Other", "ours.csv:3: got 3 cells, takes 5"),
    ],
    ids=["one id twice", "no category", "columns missing"],
)
def test_a_broken_row_of_a_table_writes_nothing(tmp_path: Path, row: str, says: str) -> None:
    table, out = tmp_path / "ours.csv", tmp_path / "ours.sqlite"
    table.write_text(CSV)
    run("import", table, "--out", out)
    before = out.read_bytes()
    table.write_text(f"{CSV}{row}\n")
    with pytest.raises(UserError) as caught:
        run("import", table, "--out", out)
    assert says in str(caught.value)
    assert out.read_bytes() == before


def test_what_is_in_no_rule_is_suggested_all_the_same(tmp_path: Path, rules: Rules) -> None:
    table, out = tmp_path / "ours.csv", tmp_path / "ours.sqlite"
    table.write_text("id,kind,title,category,source\nodd,song,Odd,zeuhl,me\n")
    run("import", table, "--out", out)
    matcher = Matcher(Catalogue.open(out), rules, MatchingConfig(), PlaceConfig())
    (found,) = matcher.match(Audience(size=1, mood="sad"), Context(at=0.0, now=None))
    assert found.item.category == "zeuhl"
    assert {part.value for part in found.trace if part.name in ("mood", "age", "company")} == {0}


def test_a_source_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ml-100k: cannot be read \(No such file or directory\)$"):
        run("import", tmp_path / "ml-100k", "--out", tmp_path / "ours.sqlite")


def test_a_folder_of_nothing_that_is_known_says_what_is_taken(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"got a folder of another kind, takes .*MovieLens .*"):
        run("import", tmp_path, "--out", tmp_path / "ours.sqlite")


def test_importing_needs_nothing_but_what_a_kiosk_has(root: Path, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "movies.csv").write_text("movieId,title,genres\n1,A (1999),Drama\n")
    (tmp_path / "list.txt").write_text("bowling\n")
    script = (
        "import sys\n"
        "from device.__main__ import main\n"
        "code = main(['catalogue', 'import', 'films', 'list.txt', '--out', 'ours.sqlite'])\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'scipy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("ours.sqlite: 2 items\n")


def test_a_folder_is_no_extract(tmp_path: Path) -> None:
    (tmp_path / "town.osm.pbf").mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        run("import", tmp_path / "town.osm.pbf", "--out", tmp_path / "ours.sqlite")


def test_an_extract_without_a_place_writes_nothing_and_says_what_it_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = Town()
    empty.node(name="A Bank", amenity="bank")
    empty.way([(0, 0), (10, 0)], name="A Street", highway="residential")
    path = empty.write(tmp_path / "town.osm.pbf")
    with pytest.raises(UserError, match="no item was found, so nothing was written"):
        run("import", path, "--out", tmp_path / "ours.sqlite")
    assert not (tmp_path / "ours.sqlite").exists()
    assert "not a place to go to: amenity (osm-n1 A Bank)" in capsys.readouterr().out


@pytest.mark.real_data
@pytest.mark.parametrize("town", ["helsinki", "monaco"])
def test_a_real_extract_makes_the_same_bytes_again(
    wayside_data: Path, tmp_path: Path, town: str
) -> None:
    path = wayside_data / "catalogue" / "osm" / f"{town}.osm.pbf"
    made = []
    for name in ("one.sqlite", "two.sqlite"):
        run("import", path, "--out", tmp_path / name)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def at(time: datetime) -> str:
    return f"DTSTART:{time.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def test_an_extract_and_calendars_make_one_table_with_events_where_they_are(
    town: Path, tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    file, out = tmp_path / "town.ics", tmp_path / "ours.sqlite"
    file.write_bytes(ics(vevent(at(tomorrow), "DURATION:PT1H", "LOCATION:Cafe 7", uid="a")))
    config = ("--config", root / "config.yaml")
    with web() as there:
        other = ics(vevent(at(tomorrow), "DURATION:PT2H", uid="b", summary="A Talk"))
        address = there.gives("/private/secret.ics", other, "text/plain") + "?token=secret"
        run("import", town, file, address, "--out", out, *config)
        said = capsys.readouterr().out
        with pytest.raises(UserError, match=f"^{there.address}: answers 404"):
            run("import", address.replace("private", "gone"), "--out", out, *config)
    assert "secret" not in said
    assert f"{there.address}: iCal, events of the 60 days from" in said
    assert said.endswith(f"{out}: 302 items\n")
    catalogue = Catalogue.open(out)
    events = {item.title: item for item in catalogue if item.kind == "event"}
    cafe = next(item for item in catalogue if item.title == "Cafe 7")
    assert events["A Concert"].latitude == cafe.latitude
    assert "secret" not in events["A Talk"].source


def test_a_calendar_without_a_place_of_the_kiosk_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "town.ics").write_bytes(ics(vevent()))
    with pytest.raises(UserError, match=r"town\.ics: its times need place\.timezone; --config"):
        run(
            "import", tmp_path / "town.ics", "--out", tmp_path / "o.sqlite", "--config", "none.yaml"
        )
    with pytest.raises(UserError, match=r"none\.ics: cannot be read \(No such file"):
        run("import", tmp_path / "none.ics", "--out", tmp_path / "o.sqlite")
