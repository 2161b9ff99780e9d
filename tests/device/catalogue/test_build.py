"""A table is built whole, or refused with the place of each mistake, and the old one stays."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.catalogue.build import build, read, write, write_table
from device.catalogue.columns import COLUMNS, table
from device.catalogue.store import Catalogue
from device.errors import UserError
from device.values import Item

HEADER = (
    "id,kind,title,category,tags,year,latitude,longitude,hours,minimum_age,popularity,link,source"
)
GOOD = "tower,place,The Tower,sights,view,,,,,,,,a friend"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    return path


def refusal(*sources: Path) -> str:
    with pytest.raises(UserError) as caught:
        read(sources)
    return str(caught.value)


def test_rows_become_items_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "\ufeffid,kind,title,category,tags,creator,year,latitude,longitude,address,hours,price,"
        "minimum_age,popularity,link,picture,source\n"
        "one,place,  The   Tower ,sights,View; Old Stones;view;,Ann,1901,30.5,-120,"
        '"1 Road, Town",Mo-Su 09:00-17:00,free,12,0.25,geo:30.5,pictures/a.jpg,a friend\n'
        "\n"
        'two,song,"Say ""Hi""",pop,,,,,,,,,,,,,known\n',
        encoding="utf-8",
    )
    assert read([path]) == [
        Item(
            "one",
            "place",
            "The Tower",
            "sights",
            tags=("view", "old-stones"),
            creator="Ann",
            year=1901,
            latitude=30.5,
            longitude=-120.0,
            address="1 Road, Town",
            hours="Mo-Su 09:00-17:00",
            price="free",
            minimum_age=12,
            popularity=0.25,
            link="geo:30.5",
            picture="pictures/a.jpg",
            source="a friend",
        ),
        Item("two", "song", 'Say "Hi"', "pop", source="known"),
    ]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",place,T,sights,,,,,,,,,x", "id is empty, takes lower-case letters, digits and -"),
        ("The Tower,place,T,sights,,,,,,,,,x", "id: got 'The Tower', takes lower-case"),
        ("tower,place,T,sights,,,,,,,,,x", "id: 'tower' is taken by {csv}:2"),
        ("t,hotel,T,sights,,,,,,,,,x", "kind: got 'hotel', takes place, film, song, activity"),
        ("t,place, ,sights,,,,,,,,,x", "title is empty, takes text of at most 120 characters"),
        ("t,place,T,Sights!,,,,,,,,,x", "category: got 'Sights!', takes lower-case"),
        ("t,place,T,,,,,,,,,,x", "category is empty"),
        ("t,place,T,sights,b/w;view,,,,,,,,x", "tags: got 'b/w;view', takes words joined by -"),
        ("t,place,T,sights,,86,,,,,,,x", "year: got '86', takes a whole number from 1000 to 2100"),
        ("t,place,T,sights,,1_986,,,,,,,x", "year: got '1_986'"),
        ("t,place,T,sights,,,91,0,,,,,x", "latitude: got '91', takes a number from -90 to 90"),
        ("t,place,T,sights,,,30,181,,,,,x", "longitude: got '181', takes a number from -180"),
        ("t,place,T,sights,,,nan,0,,,,,x", "latitude: got 'nan', takes a number"),
        ("t,place,T,sights,,,30,,,,,,x", "latitude and longitude: takes both, or neither"),
        (
            "t,place,T,sights,,,,,nine to five,,,,x",
            "hours: got 'nine to five', takes OpenStreetMap",
        ),
        ("t,place,T,sights,,,,,,-1,,,x", "minimum_age: got '-1', takes a whole number from 0"),
        ("t,place,T,sights,,,,,,,1.5,,x", "popularity: got '1.5', takes a number from 0 to 1"),
        (
            "t,place,T,sights,,,,,,,,ftp://x,x",
            "link: got 'ftp://x', takes an https:, http: or geo:",
        ),
        ("t,place,T,sights,,,,,,,,javascript:x,x", "link: got 'javascript:x'"),
        ("t,place,T,sights,,,,,,,,https://,x", "link: got 'https://'"),
        ("t,place,T,sights,,,,,,,,,", "source is empty"),
        ("t,place,T,sights,a,b", "got 6 cells, takes 13, as many as the first line has"),
        ("t,place,Tower, old,sights,,,,,,,,,x", "got 14 cells, takes 13"),
        (f"t,place,{'x' * 10_000},sights,,,,,,,,,x", f"title: got '{'x' * 79}..., takes text"),
        ("t,place,\x07,sights,,,,,,,,,x", "title: got '\\x07'"),
    ],
)
def test_a_broken_row_is_refused_with_file_line_and_reason(csv: Path, row: str, says: str) -> None:
    csv.write_text(f"{HEADER}\n{GOOD}\n\n{row}\n", encoding="utf-8")
    lines = refusal(csv).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{csv}:4: ")
    assert says.format(csv=csv) in lines[0]
    assert lines[1] == "1 broken row: nothing was written; mend and try again"


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (f"{HEADER},titel", ":1: unknown column 'titel'; did you mean 'title'?"),
        (f"{HEADER},colour", ":1: unknown column 'colour'; takes id, kind"),
        (f"{HEADER},id", ":1: column 'id' appears twice"),
        ("id,kind,category,source", ":1: column 'title' is missing; takes at least id, kind"),
        ("", ":2: unknown column 'tower'"),
    ],
)
def test_columns_that_are_not_a_catalogues_are_refused(csv: Path, header: str, says: str) -> None:
    csv.write_text(f"{header}\n{GOOD}\n", encoding="utf-8")
    assert f"{csv}{says}" in refusal(csv)


@pytest.mark.parametrize(
    "title",
    [
        "می\u200cخواهم",
        "شارع\u200f Main\u200e",
        "\u202bמוזיאון\u202c \u2067Main\u2069",
        "family 👩\u200d👩\u200d👧",
        "❤\ufe0f 🏳\ufe0f\u200d🌈 👋🏽",
        "क्\u200dष",
        "e\u0301",
        "soft\u00adhyphen",
        "\U0001fae8",  # newer than the Unicode of Python 3.11
        "\U00020bb7野家",
    ],
)
def test_marks_and_joiners_are_part_of_a_title(csv: Path, title: str) -> None:  # failure 38
    csv.write_text(f"id,kind,title,title:fi,category,source\na,place,{title},{title},s,x\n")
    (item,) = read([csv])
    assert (item.title, item.titles) == (title, {"fi": title})


@pytest.mark.parametrize("column", ["title", "title:fi", "creator", "address", "link", "picture"])
@pytest.mark.parametrize("wrong", ["\x00", "\x07", "\x1b", "\x1f", "\x7f", "\x85", "\ud83d"])
def test_control_characters_and_lone_surrogates_are_refused_in_every_column(
    csv: Path, column: str, wrong: str
) -> None:
    cell = {"link": f"https://a.b/{wrong}", "picture": f"a{wrong}.png"}.get(column, f"A{wrong}B")
    row = {"id": "a", "kind": "place", "title": "T", "category": "s", "source": "x", column: cell}
    text = f"{','.join(row)}\n{','.join(row.values())}\n"
    csv.write_bytes(text.encode("utf-8", "surrogatepass"))
    says = refusal(csv)
    assert f"{csv}:2: {column}: got " in says
    assert f"such as U+{ord(wrong):04X}" in says
    assert says.encode()


@pytest.mark.parametrize(
    "title", ["\u200f", "\u200b \u2060", "\ufeff", "\u3164", "\u2800\ufe0f", "\u202e"]
)
def test_a_title_of_which_nothing_is_seen_is_empty(csv: Path, title: str) -> None:
    csv.write_text(f"id,kind,title,category,source\na,place,{title},s,x\n")
    assert "title is empty" in refusal(csv)
    csv.write_text(f"id,kind,title,title:fi,category,source\na,place,A,{title},s,x\n")
    assert read([csv]) == [Item("a", "place", "A", "s", source="x")]


def test_the_name_of_a_picture_is_composed_as_the_kiosk_spells_its_files(csv: Path) -> None:
    csv.write_text("id,kind,title,category,picture,source\na,place,A,s,Cafe\u0301.jpg,x\n")
    assert read([csv])[0].picture == "Caf\u00e9.jpg"


EVENT = "id,kind,title,category,begins,ends,series,source\n"


def test_times_are_local_unless_they_say_otherwise(csv: Path) -> None:
    csv.write_text(
        EVENT
        + "a,event,A,concert,2026-07-01 19:00,2026-07-01T21:00,tour,x\n"
        + "b,event,B,concert,2026-12-01T19:00+01:00,2026-12-01T21:00,,x\n"
        + "c,event,C,fair,2026-12-01,2026-12-03,,x\n"
    )
    helsinki = ZoneInfo("Europe/Helsinki")
    a, b, c = read([csv], zone=helsinki)
    assert (a.begins, a.ends) == tuple(datetime(2026, 7, 1, h, tzinfo=UTC) for h in (16, 18))
    assert (b.begins, b.ends) == tuple(datetime(2026, 12, 1, h, tzinfo=UTC) for h in (18, 19))
    assert c.begins == datetime(2026, 12, 1, tzinfo=helsinki)
    assert [a.series, b.series] == ["tour", ""]
    assert "without a time zone; takes times with their offset" in refusal(csv)
    out, again = csv.with_suffix(".sqlite"), csv.with_name("again.csv")
    write([a, b, c], out)
    assert list(Catalogue.open(out)) == [a, b, c]
    write_table([a, b, c], again)
    assert read([again]) == [a, b, c]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("event,A,concert,,,,x", "begins and ends: an event takes both, another kind neither"),
        ("event,A,concert,2026-12-01T19:00,,,x", "an event takes both, another kind neither"),
        ("film,A,drama,2026-12-01T19:00,2026-12-01T21:00,,x", "another kind neither"),
        ("event,A,fair,2026-12-01T19:00Z,2026-12-01T19:00Z,,x", "takes a time later than begins"),
        ("event,A,fair,1.12.2026,2026-12-01,,x", "begins: got '1.12.2026', takes a time such as"),
        ("event,A,fair,19:00,2026-12-01,,x", "begins: got '19:00', takes a time such as"),
        ("event,A,fair,0001-01-01,2026-12-01,,x", "begins: got '0001-01-01', takes"),
        ("event,A,fair,2026-12-01,9999-12-31,,x", "ends: got '9999-12-31', takes"),
    ],
)
def test_an_event_without_a_time_to_be_shown_at_is_refused(csv: Path, row: str, says: str) -> None:
    csv.write_text(f"{EVENT}a,{row}\n")
    assert says in refusal(csv)


def test_of_many_broken_rows_ten_are_named_and_the_rest_counted(csv: Path) -> None:
    csv.write_text(f"{HEADER}\n" + "t,hotel,T,sights,,,,,,,,,x\n" * 25, encoding="utf-8")
    lines = refusal(csv).splitlines()
    assert [line.split(": ")[0] for line in lines[:10]] == [f"{csv}:{n}" for n in range(2, 12)]
    assert lines[10:] == [
        "... and 15 more",
        "25 broken rows: nothing was written; mend and try again",
    ]


def test_an_id_is_unique_over_all_files(csv: Path, tmp_path: Path) -> None:
    other = tmp_path / "films.csv"
    other.write_text(f"{HEADER}\ntower,film,F,drama,,,,,,,,,x\n", encoding="utf-8")
    assert f"{other}:2: id: 'tower' is taken by {csv}:2" in refusal(csv, other)


def test_a_row_over_several_lines_is_named_by_its_first(csv: Path) -> None:
    csv.write_text(
        f'{HEADER}\na,place,"two\nlines",sights,,,,,,,,,x\nb,hotel,B,sights,,,,,,,,,x\n',
        encoding="utf-8",
    )
    assert f"{csv}:4: kind" in refusal(csv)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f'{HEADER}\n{GOOD}\nt,place,"T,s\n'.encode(), ":3: not CSV"),
        (f'{HEADER}\n{GOOD}\nt,place,"T"x,s\n'.encode(), ":3: not CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ":1: not UTF-8 text"),
        (b"", ":1: column 'id' is missing"),
        (HEADER.encode(), "no rows"),
    ],
    ids=["open quote", "stray quote", "picture", "empty", "header only"],
)
def test_a_file_that_is_no_table_is_refused(csv: Path, content: bytes, says: str) -> None:
    csv.write_bytes(content)
    assert says in refusal(csv)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv").endswith(
        "none.csv: cannot be read (No such file or directory)"
    )


def test_after_a_broken_row_the_old_table_stays(csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "table.sqlite"
    assert build([csv], out) == 1
    old = out.read_bytes()
    csv.write_text(f"{HEADER}\n{GOOD}\nt,hotel,T,s,,,,,,,,,x\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"places\.csv:3: kind"):
        build([csv], out)
    assert out.read_bytes() == old
    assert list(out.parent.iterdir()) == [out]


def test_a_table_that_cannot_be_written_leaves_the_old_one(csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.sqlite"
    out.mkdir()
    (out / "keep").touch()
    with pytest.raises(UserError, match=r"table\.sqlite: cannot be written"):
        build([csv], out)
    assert {path.name for path in tmp_path.iterdir()} == {"places.csv", "table.sqlite"}


@pytest.mark.parametrize("name", ["mine.csv", "mine.CSV", "mine.txt", "mine.tsv"])
def test_a_source_is_never_overwritten_by_a_catalogue(csv: Path, name: str) -> None:
    source = csv.rename(csv.with_name(name))
    with pytest.raises(UserError, match="--out names the catalogue to make"):
        build([source], source)
    assert source.read_text(encoding="utf-8").startswith(HEADER)


@pytest.mark.parametrize("name", ["config.yaml", "notes", "photographs.sqlite"])
def test_what_is_no_catalogue_is_never_overwritten_by_one(csv: Path, name: str) -> None:
    other = csv.with_name(name)
    if other.suffix == ".sqlite":
        with closing(sqlite3.connect(other)) as file:
            file.execute("CREATE TABLE photographs (id)")
    else:
        other.write_text("kiosk: hall\n")
    before = other.read_bytes()
    with pytest.raises(UserError, match=f"{name}: cannot be written: it is no catalogue"):
        build([csv], other)
    assert other.read_bytes() == before


def test_the_same_rows_make_the_same_bytes_for_everyone_to_read(csv: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    build([csv], first)
    build([csv], second)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o644


def test_a_reader_sees_the_old_table_or_the_new_one_while_one_is_built(
    csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "table.sqlite"
    build([csv], out)
    with sqlite3.connect(f"{out.as_uri()}?mode=ro&immutable=1", uri=True) as reader:
        write([Item("other", "place", "O", "sights", source="x")], out)
        assert reader.execute("SELECT id FROM items").fetchall() == [("tower",)]
    assert Catalogue.open(out).get("other") is not None


def test_building_needs_nothing_but_what_a_kiosk_has(root: Path, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from device.__main__ import main\n"
        "code = main(['catalogue', 'build', '--out', *sys.argv[1:]])\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    out = tmp_path / "example.sqlite"
    sources = [str(path) for path in sorted((root / "catalogue").glob("*.csv"))]
    done = subprocess.run(
        [sys.executable, "-c", script, str(out), *sources],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out}: {len(Catalogue.open(out))} items\n"


def test_a_broken_table_is_one_plain_message_on_the_command_line(csv: Path, root: Path) -> None:
    csv.write_text(f"{HEADER}\nt,hotel,T,s,,,,,,,,,x\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "device", "catalogue", "build", "--out", "x.sqlite", str(csv)],
        cwd=csv.parent,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"wayside: {csv}:2: kind: got 'hotel', takes place, film, song, activity, event",
        "1 broken row: nothing was written; mend and try again",
    ]


TEXT = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=20
)


@settings(deadline=None)
@given(title=TEXT, creator=st.just("") | TEXT, year=st.none() | st.integers(1000, 2100))
def test_any_printable_title_survives(
    tmp_path_factory: pytest.TempPathFactory, title: str, creator: str, year: int | None
) -> None:
    out = tmp_path_factory.mktemp("any") / "t.sqlite"
    item = Item("a", "song", title, "pop", creator=creator, year=year, source="x")
    write([item], out)
    assert tuple(Catalogue.open(out)) == (item,)


def test_the_documentation_lists_the_columns_as_they_are_checked(root: Path) -> None:
    assert table() in (root / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert [*(column.name for column in COLUMNS), "titles", "abouts"] == list(
        Item.__dataclass_fields__
    )


def test_lines_about_an_item_come_in_languages_and_survive_a_table_of_them(tmp_path: Path) -> None:
    csv, again = tmp_path / "t.csv", tmp_path / "again.csv"
    csv.write_text(
        "id,kind,title,category,source,about,about:fi,title:sv\n"
        "a,place,Cathedral,sights,x,White and wide.,Valkea ja leveä.,Domkyrkan\n"
        f"b,place,Market,sights,x,{'a' * 160},,\n",
        encoding="utf-8",
    )
    cathedral, market = read([csv])
    assert (cathedral.about, cathedral.abouts) == ("White and wide.", {"fi": "Valkea ja leveä."})
    assert (len(market.about), market.abouts) == (160, {})
    write_table([cathedral, market], again)
    assert read([again]) == [cathedral, market]
    csv.write_text(f"id,kind,title,category,source,about:fi\na,place,A,s,x,{'a' * 161}\n")
    assert f"{csv}:2: about:fi: got " in refusal(csv)


def test_titles_in_other_languages_have_columns_of_their_own(tmp_path: Path) -> None:
    csv, out = tmp_path / "t.csv", tmp_path / "t.sqlite"
    csv.write_text(
        "id,kind,title,title:fi,title:zh-Hant,category,source\n"
        "a,place,Cathedral,Tuomiokirkko,大教堂,sights,x\nb,place,Market,,,sights,x\n",
        encoding="utf-8",
    )
    build([csv], out)
    cathedral, market = Catalogue.open(out)
    assert cathedral.titles == {"fi": "Tuomiokirkko", "zh-Hant": "大教堂"}
    assert market.titles == {}
    csv.write_text("id,kind,title,title:Finnish,category,source\na,place,A,B,sights,x\n")
    with pytest.raises(UserError, match=r":1: unknown column 'title:Finnish'"):
        build([csv], out)
