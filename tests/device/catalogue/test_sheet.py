"""A table is read as spreadsheet programs save it, or the separator, column or line is named."""

# failure 35

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.catalogue.build import read
from device.catalogue.sheet import SEPARATORS
from device.errors import UserError
from device.values import Item

TABLE = (
    "id,kind,title,category,tags,latitude,longitude,source\n"
    "cafe,place,Café Müller,museum,quiet,60.17,24.94,a friend\n"
)
CAFE = Item(
    "cafe",
    "place",
    "Café Müller",
    "museum",
    tags=("quiet",),
    latitude=60.17,
    longitude=24.94,
    source="a friend",
)


def saved(folder: Path, content: str | bytes) -> Path:
    path = folder / "places.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def reading(folder: Path, content: str | bytes) -> tuple[list[Item], str]:
    """The items, and how they were read."""
    notices: list[str] = []
    path = saved(folder, content)
    items = read([path], notices.append)
    assert all(notice.startswith(f"{path}: read ") for notice in notices)
    return items, "".join(notices).removeprefix(f"{path}: read ")


def refusal(folder: Path, content: str | bytes) -> str:
    path = saved(folder, content)
    with pytest.raises(UserError) as caught:
        read([path])
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_utf8_is_read_without_a_notice(tmp_path: Path, mark: str, newline: str) -> None:
    assert reading(tmp_path, mark + TABLE.replace("\n", newline)) == ([CAFE], "")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_another_separator_is_read_with_a_notice(
    tmp_path: Path, separator: str, newline: str, encoding: str
) -> None:
    table = TABLE.replace(",", separator).replace("\n", newline)
    items, how = reading(tmp_path, table.encode(encoding))
    assert items == [CAFE]
    assert f"separated by {SEPARATORS[separator]}" in how


@pytest.mark.parametrize(
    "line", ["sep={}", "SEP={}", '"sep={}"', "sep={},,,,", "sep={};;;;", "\ufeffsep={}"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_excels_line_with_the_separator_is_no_row(
    tmp_path: Path, separator: str, line: str
) -> None:
    before = f"{line.format(separator)}\r\n"
    items, how = reading(tmp_path, before + TABLE.replace(",", separator))
    assert (items, how) == ([CAFE], f"separated by {SEPARATORS[separator]}")
    broken = f"{before}{TABLE}x,hotel,X,museum,,,,x\n".replace(",", separator)
    assert refusal(tmp_path, broken).startswith(":4: kind: got 'hotel'")


@pytest.mark.parametrize("separator", ["^", ":", "~", "\x1f", "，", "；", " "])
def test_a_separator_that_is_not_read_is_named(tmp_path: Path, separator: str) -> None:
    header = "id,kind,title,category,source".replace(",", separator)
    assert refusal(tmp_path, f"{header}\n").startswith(
        f":1: columns are separated by {separator!r}; takes a comma"
    )


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ('"id,kind,title,category,source"', "id,kind,title,category,source"),
        ('"id;kind;title;category;source"', "id;kind;title;category;source"),
        ("id;kind,title,category,source", "id;kind"),
    ],
)
def test_names_that_share_a_cell_are_told_so(tmp_path: Path, header: str, cell: str) -> None:
    assert refusal(tmp_path, f"{header}\n") == (
        f":1: {cell!r} is one cell, takes a cell for each name of a column; cells are separated "
        "by commas"
    )


@pytest.mark.parametrize("before", ["Our places 2026,,,,\n", "# mine\n\n", "id\n", "x;y\n,\n"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_line_above_the_names_is_refused_with_the_line_of_the_names(
    tmp_path: Path, before: str, separator: str
) -> None:
    says = refusal(tmp_path, before + TABLE.replace(",", separator))
    if before == "id\n":
        assert (
            says == ":1: column 'kind' is missing; takes at least id, kind, title, category, source"
        )
    else:
        line = before.count("\n") + 1
        assert says.startswith(f":{line}: the names of the columns, which must be in the first")


def test_a_blank_before_a_quoted_cell_is_no_part_of_it(tmp_path: Path) -> None:
    table = 'id, kind, title, category, tags, source\na, place, "A, B", museum, "x;y", "me"\n'
    items, _ = reading(tmp_path, table)
    assert items == [Item("a", "place", "A, B", "museum", tags=("x", "y"), source="me")]


def test_a_cell_too_many_names_the_separator(tmp_path: Path) -> None:
    row = "a;place;A;museum;view;quiet;;;x"
    says = refusal(tmp_path, f"{TABLE.splitlines()[0].replace(',', ';')}\n{row}\n")
    assert says.startswith(":2: got 9 cells, takes 8")
    assert "separated by semicolons: put a cell that holds ';' in double quotes" in says


@pytest.mark.parametrize(
    ("encoding", "bom", "how"),
    [
        ("utf-16-le", codecs.BOM_UTF16_LE, "as UTF-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "as UTF-16"),
        ("utf-16-le", b"", "as UTF-16"),
        ("utf-16-be", b"", "as UTF-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "as UTF-32"),
    ],
)
def test_excels_unicode_text_is_read_whatever_its_byte_order(
    tmp_path: Path, encoding: str, bom: bytes, how: str
) -> None:
    text = TABLE.replace("Café Müller", "西湖 🌳 متحف").replace(",", "\t")
    items, notice = reading(tmp_path, bom + text.encode(encoding))
    assert items[0].title == "西湖 🌳 متحف"
    assert notice == f"{how}, separated by tabs"


@pytest.mark.parametrize(
    "title",
    ["Café", "Ateneum – Tähti", "À l’Œuvre", "Œuvre d’été…", "Straße “Süd”", "Niño, ¿sí?", "Ærø",
     "São João", "Pääsiäisyö", "5 € café", "l·lusió", "n° 5, 20 m²", "Ça va ?", "Þór", "ÅÄ",
     "Joe´s Café"],
)  # fmt: skip
def test_windows_1252_is_read_with_an_example_to_look_at(tmp_path: Path, title: str) -> None:
    table = TABLE.replace("Café Müller", f'"{title}"')
    items, how = reading(tmp_path, table.encode("cp1252"))
    assert items[0].title == title
    assert how.startswith("as Windows-1252 ('")
    assert how.endswith("' in line 2)")


@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        ("Музей воды", "cp1251"),
        ("Музей воды", "koi8-r"),
        ("Κήπος", "cp1253"),
        ("מוזיאון", "cp1255"),
        ("متحف بحيرة", "cp1256"),
        ("พิพิธภัณฑ์", "cp874"),
        ("西湖博物馆", "gb18030"),
        ("西湖", "gb18030"),
        ("西湖美術館", "big5"),
        ("美術館とカフェ", "cp932"),
        ("박물관", "cp949"),
        ("Wisła", "cp1250"),
        ("Café", "mac-roman"),
        ("München", "mac-roman"),
        ("Café", "cp850"),
        ("Łódź", "cp1250"),
    ],
)
def test_text_in_another_code_page_is_refused_and_never_garbled(
    tmp_path: Path, title: str, encoding: str
) -> None:
    table = TABLE.replace("Café Müller", f'"{title}"')
    says = refusal(tmp_path, table.encode(encoding))
    assert says == ":2: not UTF-8 text; save it as CSV UTF-8"


def test_utf8_with_a_few_bytes_of_windows_1252_is_refused_at_their_line(tmp_path: Path) -> None:
    broken = TABLE.encode() + "b,place,Bäckerei,museum,,,,x\n".encode("cp1252")
    assert refusal(tmp_path, broken) == ":3: not UTF-8 text; save it as CSV UTF-8"


@pytest.mark.parametrize("lost", ["Caf\ufffd", "CafÃ©", "donâ€™t", "MÃ¼ller"])
def test_letters_that_were_lost_before_are_told_with_their_line(tmp_path: Path, lost: str) -> None:
    items, how = reading(tmp_path, TABLE.replace("Café Müller", lost))
    assert items[0].title == lost
    assert how == "with letters that look lost in line 2"
    assert reading(tmp_path, TABLE.replace("Café Müller", "SÃO JOÃO Â à"))[1] == ""


@pytest.mark.parametrize("start", [b"PK\x03\x04\x14\x00\x06\x00", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_a_workbook_is_refused_by_name(tmp_path: Path, start: bytes) -> None:
    assert refusal(tmp_path, start + bytes(50)).startswith(":1: a spreadsheet's own format; save")


@pytest.mark.parametrize(
    "content",
    [
        "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table>",
        "\ufeff<?xml version='1.0'?><office:document>",
        "\r\n<!DOCTYPE html>",
    ],
)
def test_a_page_that_is_called_a_table_is_refused_by_name(tmp_path: Path, content: str) -> None:
    assert refusal(tmp_path, content).startswith(":1: a spreadsheet's own format; save")


@pytest.mark.parametrize(
    "error",
    ["#N/A", "#NV", "#N/D", "#REF!", "#BEZUG!", "#NAME?", "#NOM?", "#¡REF!", "#DIV/0!", "#WERT!",
     "########", "Err:502"],
)  # fmt: skip
@pytest.mark.parametrize("column", ["title", "source"])
def test_an_error_of_the_spreadsheet_is_no_text(tmp_path: Path, error: str, column: str) -> None:
    value = "Café Müller" if column == "title" else "a friend"
    says = refusal(tmp_path, TABLE.replace(value, error))
    assert says.startswith(f":2: {column}: got {error!r}, an error of the spreadsheet")


@pytest.mark.parametrize("title", ["#", "#1", "#ALIVE", "# 9", "#SELFIE", "No. #5!", "C#"])
def test_a_title_may_begin_with_a_number_sign(tmp_path: Path, title: str) -> None:
    assert reading(tmp_path, TABLE.replace("Café Müller", title))[0][0].title == title


@pytest.mark.parametrize("year", ["1994", "1994.0", "1994.00", "1994,0", "+1994"])
def test_a_whole_number_may_have_a_decimal_of_zero(tmp_path: Path, year: str) -> None:
    table = f'id,kind,title,category,year,source\na,film,A,drama,"{year}",x\n'
    assert reading(tmp_path, table)[0][0].year == 1994
    for wrong in ("1994.5", "1.994", "1994.000", "1994.", "1994-05-01", "01.05.1994", "٤"):
        says = refusal(tmp_path, table.replace(year, wrong))
        assert says.startswith(f":2: year: got {wrong!r}, takes a whole number")


@pytest.mark.parametrize("number", ["-33.86", "\u221233.86", "-33,86"])
def test_a_number_may_have_the_sign_that_typesetters_use(tmp_path: Path, number: str) -> None:
    table = TABLE.replace("60.17", f'"{number}"').replace("24.94", "+151.2")
    item = reading(tmp_path, table)[0][0]
    assert (item.latitude, item.longitude) == (-33.86, 151.2)


@pytest.mark.parametrize(
    ("header", "how"),
    [
        ("ID,Kind,TITLE,category,tags,latitude,longitude,source",
         "'ID' as 'id', 'Kind' as 'kind', 'TITLE' as 'title'"),
        ("id , kind,\xa0title,category,tags,latitude,longitude, source ", ""),
        ('"id","kind","title","category","tags","latitude","longitude","source"', ""),
        ("id,kind,Title:FI,title,category, Minimum Age,minimum-age,source", None),
    ],
)  # fmt: skip
def test_names_of_columns_may_have_capitals_and_blanks(
    tmp_path: Path, header: str, how: str | None
) -> None:
    if how is None:
        assert refusal(tmp_path, f"{header}\n") == ":1: column 'minimum_age' appears twice"
    else:
        assert reading(tmp_path, f"{header}\n{TABLE.splitlines()[1]}\n") == ([CAFE], how)


def test_a_title_in_another_language_is_found_by_any_spelling(tmp_path: Path) -> None:
    header = "id,kind,title,Title: FI,category,source,Minimum Age"
    items, how = reading(tmp_path, f"{header}\na,place,Market,Tori,museum,x,7\n")
    assert items[0].titles == {"fi": "Tori"}
    assert items[0].minimum_age == 7
    assert how == "'Title: FI' as 'title:fi', 'Minimum Age' as 'minimum_age'"


def test_a_column_that_differs_only_in_case_appears_twice(tmp_path: Path) -> None:
    says = refusal(tmp_path, "id,ID,kind,title,category,source\n")
    assert says == ":1: column 'id' appears twice"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_empty_columns_are_left_out(tmp_path: Path, separator: str) -> None:
    header, row = TABLE.splitlines()
    table = f"{header},,\n{row},,\n,,,,,,,,,\n"
    items, how = reading(tmp_path, table.replace(",", separator))
    assert items == [CAFE]
    assert how.endswith("without 2 empty columns")
    assert reading(tmp_path, f"{header}\n{row},,\n") == ([CAFE], "")
    assert reading(tmp_path, f"\n,,,\n{header}\n{row}\n") == ([CAFE], "")


def test_a_cell_in_a_column_without_a_name_is_refused(tmp_path: Path) -> None:
    says = refusal(tmp_path, "id,kind,title,,category,source\na,place,A,what,museum,x\n")
    assert says.startswith(":2: column 4 has no name in the first line, got 'what'")
    items, _ = reading(tmp_path, "id,kind,title,,category,source\na,place,A,,museum,x\n")
    assert items == [Item("a", "place", "A", "museum", source="x")]
    says = refusal(tmp_path, "id,kind,title,category,source,,\na,place,A, B,museum,x,\n")
    assert says.startswith(":2: got 6 cells, takes 5")


@pytest.mark.parametrize(
    "row",
    [
        "cafe;place;Café Müller;museum;quiet;60,17;24,94;a friend",
        'cafe;place;Café Müller;museum;quiet;"60,17";24,94;a friend',
    ],
)
def test_decimal_commas_are_read_with_a_notice(tmp_path: Path, row: str) -> None:
    header = TABLE.splitlines()[0].replace(",", ";")
    assert reading(tmp_path, f"{header}\n{row}\n") == (
        [CAFE],
        "separated by semicolons, with decimal commas in latitude, longitude",
    )


@pytest.mark.parametrize("number", ["60.170,5", "60,17,4", "6,02E+01", "60,17N", ",5"])
def test_a_number_that_may_be_two_is_refused(tmp_path: Path, number: str) -> None:
    header = TABLE.splitlines()[0].replace(",", ";")
    says = refusal(tmp_path, f"{header}\na;place;A;museum;;{number};24,9;x\n")
    assert says.startswith(f":2: latitude: got '{number}', takes a number from -90 to 90")


def test_a_quote_that_is_never_closed_is_named_by_the_line_of_its_row(tmp_path: Path) -> None:
    table = 'id,kind,title,category,source\na,place,"A,museum,x\nb,place,B,museum,x\n'
    assert refusal(tmp_path, table).startswith(":2: not CSV: a double quote")


def test_what_follows_a_closing_quote_is_told(tmp_path: Path) -> None:
    table = 'id,kind,title,category,source\na,place,"A \\"B\\" C",museum,x\n'
    assert refusal(tmp_path, table) == (
        ":2: not CSV: after the double quote that closes a cell; write one inside a cell twice"
    )


@pytest.mark.parametrize("end", ["\x1a", "\0\0\0"])
def test_what_a_program_left_at_the_end_is_shown(tmp_path: Path, end: str) -> None:
    assert refusal(tmp_path, TABLE + end).startswith(f":3: got 1 cell, {end!r}, takes 8")


def test_a_table_without_items_beside_another_is_told(tmp_path: Path) -> None:
    header = TABLE.splitlines()[0]
    empty = tmp_path / "empty.csv"
    empty.write_text(f"{header}\n,,,,,,,\n")
    notices: list[str] = []
    assert read([saved(tmp_path, TABLE), empty], notices.append) == [CAFE]
    assert notices == [f"{empty}: read without a row of items"]


@given(st.binary(max_size=200))
def test_any_bytes_are_items_or_one_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = saved(tmp_path_factory.mktemp("any"), content)
    with pytest.raises(UserError):
        read([path])
