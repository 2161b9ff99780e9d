"""The file of a table's sources is checked, and no error shows a password of an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.catalogue.sources import load_sources
from device.errors import UserError


def written(folder: Path, text: str) -> Path:
    (folder / "sources.yaml").write_text(text, encoding="utf-8")
    return folder / "sources.yaml"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "files: [town.osm.pbf, /data/ours.csv]\n"
        "calendars:\n"
        "  - {address: 'https://me:secret@example.org/a.ics?token=x', category: concert}\n"
        "  - {file: library.ics, credit: © Library, minimum_age: 7}\n",
    )
    sources = load_sources(path)
    assert sources.files == (tmp_path / "town.osm.pbf", Path("/data/ours.csv"))
    hall, library = sources.calendars
    assert hall.address is not None
    assert hall.address.get_secret_value() == "https://me:secret@example.org/a.ics?token=x"
    assert (library.file, library.minimum_age) == (tmp_path / "library.ics", 7)
    assert "secret" not in repr(sources)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "takes at least one source, in `files` or `calendars`"),
        ("calendars: [{credit: x}]", "calendars.0: takes either `address` or `file`"),
        ("calendars: [{address: 'http://secret', file: a.ics}]", "either `address` or `file`"),
        ("calendars: [{address: 'ftp://me:secret@x/'}]", "got 'ftp://x', takes a web address"),
        ("calendars: [{address: 'x.org/a?token=secret'}]", "calendars.0.address: got '...', takes"),
        ("calendars: [{file: a.ics, category: Big!}]", "category: got 'Big!', takes lower-case"),
        ("calendars: [{file: a.ics, minimum_age: 120}]", "calendars.0.minimum_age: got 120, takes"),
        (
            "files: ['https://me:secret@x.org/a.ics']",
            "got 'https://x.org', takes a path; addresses",
        ),
        ("calendar: []", "calendar: unknown key; did you mean `calendars`?"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        load_sources(written(tmp_path, text))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
