"""`wayside catalogue refresh` shows a difference and takes it in one step, or changes nothing."""

# failure 51

from __future__ import annotations

import argparse
import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.catalogue.store import Catalogue
from device.commands.catalogue import add_parser
from device.commands.refresh import NOT_TAKEN
from device.errors import UserError
from tests.device.catalogue.imports.calendars import ics, vevent
from tests.device.catalogue.imports.web import Web, web

HEADER = "id,kind,title,category,latitude,longitude,hours,source\n"
ROWS = ["hall,place,The Hall,theatre,60.1,24.9,,us"] + [
    f"walk-{n},activity,Walk {n},walking,,,,us" for n in range(8)
]
TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y%m%d}"
CONCERT = vevent(f"DTSTART:{TOMORROW}T170000Z", "DURATION:PT2H", "LOCATION:The Hall", uid="c")
TALK = vevent(f"DTSTART:{TOMORROW}T100000Z", "DURATION:PT1H", uid="t", summary="A Talk")


class Kiosk:
    """A configuration with a table of rows and a calendar, in a folder."""

    def __init__(self, folder: Path, there: Web) -> None:
        self.folder, self.web = folder, there
        self.table = folder / "state" / "town.sqlite"
        self.address = there.address + "/events.ics"
        self.rows(*ROWS)
        self.calendar(CONCERT)
        (folder / "sources.yaml").write_text(
            f"files: [ours.csv]\ncalendars: [{{address: '{self.address}?token=secret', "
            "credit: © Town}]\n"
        )
        (folder / "config.yaml").write_text(
            "place: {timezone: Europe/Helsinki}\n"
            "matching: {catalogue: state/town.sqlite, sources: sources.yaml}\n"
        )

    def rows(self, *rows: str) -> None:
        (self.folder / "ours.csv").write_text(HEADER + "\n".join(rows) + "\n")

    def calendar(self, *events: str) -> None:
        self.web.gives("/events.ics", ics(*events))

    def refresh(self, *words: str) -> int:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers(dest="verb", required=True))
        config = ("--config", str(self.folder / "config.yaml"))
        arguments = parser.parse_args(["catalogue", "refresh", *config, *words])
        return int(arguments.run(arguments))

    @property
    def titles(self) -> list[str]:
        return [item.title for item in Catalogue.open(self.table)]


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with web() as there:
        yield Kiosk(tmp_path, there)


Said = pytest.CaptureFixture[str]


def test_the_first_refresh_makes_the_table_and_another_changes_nothing(
    kiosk: Kiosk, capsys: Said
) -> None:
    assert kiosk.refresh() == 0
    said = capsys.readouterr().out
    assert said.startswith("10 added:\n  + hall  The Hall\n")
    assert said.endswith("town.sqlite: 10 items; a running kiosk takes it when nobody is there\n")
    concert = next(item for item in Catalogue.open(kiosk.table) if item.kind == "event")
    assert (concert.latitude, concert.credit) == (60.1, "© Town")
    before = kiosk.table.stat()
    assert kiosk.refresh() == 0
    assert capsys.readouterr().out == f"{kiosk.table}: nothing has changed, 10 items\n"
    assert (kiosk.table.stat().st_ino, kiosk.table.stat().st_mtime_ns) == (
        before.st_ino, before.st_mtime_ns
    )  # fmt: skip


def test_a_refresh_names_what_is_added_removed_and_changed(kiosk: Kiosk, capsys: Said) -> None:
    kiosk.refresh()
    capsys.readouterr()
    kiosk.rows(ROWS[0].replace(",,us", ",24/7,us"), *ROWS[2:], "new,song,A Song,pop,,,,us")
    kiosk.calendar(TALK)
    assert kiosk.refresh() == 0
    added = capsys.readouterr().out.partition("removed:")[0]
    assert "2 added:\n  + new  A Song\n  + event-" in added
    kiosk.rows(*ROWS)
    kiosk.refresh()
    removed, changed = capsys.readouterr().out.split("changed:")
    assert "  - new  A Song\n" in removed
    assert "  ~ hall  The Hall: hours\n" in changed


def test_of_many_changes_the_first_are_named_and_the_rest_counted(
    kiosk: Kiosk, capsys: Said
) -> None:
    kiosk.refresh()
    capsys.readouterr()
    kiosk.rows(*ROWS, *(f"more-{n},activity,More {n},walking,,,,us" for n in range(40)))
    kiosk.refresh()
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[11]) == ("40 added:", "  ... and 30 more")
    assert len(lines) == 13


@pytest.mark.parametrize("trouble", ["gone", "nonsense", "empty", "cut"])
def test_an_address_that_fails_costs_nothing_its_last_copy_is_used(
    kiosk: Kiosk, capsys: Said, trouble: str
) -> None:
    kiosk.refresh()
    capsys.readouterr()
    (copy,) = (kiosk.folder / "state" / "town.copies").iterdir()
    ago = datetime.now(UTC).timestamp() - 5 * 3600
    os.utime(copy, (ago, ago))
    if trouble == "gone":
        del kiosk.web.say["/events.ics"]
    else:
        answers = {"nonsense": b"<html>", "empty": b"", "cut": ics(CONCERT)[:120]}
        kiosk.web.gives("/events.ics", answers[trouble], "text/html")
    assert kiosk.refresh() == 0
    doubt, nothing = capsys.readouterr().out.splitlines()
    assert doubt.startswith(f"{kiosk.web.address}: ")
    assert doubt.endswith("; its copy of 5 h ago is used")
    assert "nothing has changed, 10 items" in nothing
    kiosk.calendar(TALK)
    kiosk.refresh()
    assert "A Talk" in kiosk.titles


def test_an_address_that_never_answered_is_said_and_the_rest_is_taken(
    kiosk: Kiosk, capsys: Said
) -> None:
    del kiosk.web.say["/events.ics"]
    assert kiosk.refresh() == 0
    said = capsys.readouterr().out
    assert "answers 404 Not Found; it has no copy yet: its events are missing\n" in said
    assert "secret" not in said
    assert len(kiosk.titles) == 9


def test_what_loses_more_than_a_third_is_not_taken_without_a_person(
    kiosk: Kiosk, capsys: Said
) -> None:
    kiosk.refresh()
    before = kiosk.table.read_bytes()
    kiosk.rows(*ROWS[:4])
    capsys.readouterr()
    assert kiosk.refresh() == NOT_TAKEN
    said = capsys.readouterr().out
    assert "5 removed:" in said
    assert f"more than 33% of {kiosk.table} would be lost: is a source incomplete?" in said
    assert kiosk.table.read_bytes() == before
    assert kiosk.refresh("--yes") == 0
    assert len(kiosk.titles) == 5


def test_events_that_are_over_are_no_loss(kiosk: Kiosk) -> None:
    past = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    rows = [f"e{n},event,E,fair,{past}T00:00Z,{past}T01:00Z,us" for n in range(20)]
    old = "id,kind,title,category,begins,ends,source\n" + "\n".join(rows) + "\n"
    (kiosk.folder / "ours.csv").write_text(old)
    kiosk.refresh()
    assert len(kiosk.titles) == 21
    kiosk.rows(*ROWS[:2])
    assert kiosk.refresh() == 0
    assert len(kiosk.titles) == 3


def test_a_broken_source_is_one_line_and_the_table_stays(kiosk: Kiosk) -> None:
    kiosk.refresh()
    before = kiosk.table.read_bytes()
    kiosk.rows("Bad Id,place,T,sights,,,,us")
    with pytest.raises(UserError, match=r"ours\.csv:2: id: got 'Bad Id'"):
        kiosk.refresh("--yes")
    (kiosk.folder / "ours.csv").unlink()
    with pytest.raises(UserError, match=r"ours\.csv: cannot be read"):
        kiosk.refresh("--yes")
    (kiosk.folder / "sources.yaml").write_text(f"calendars: [{{address: '{kiosk.address}'}}]\n")
    kiosk.calendar()
    with pytest.raises(UserError, match=r"sources\.yaml: no item was found; .* stays as it is"):
        kiosk.refresh("--yes")
    assert kiosk.table.read_bytes() == before


def test_a_damaged_table_is_made_anew(kiosk: Kiosk, capsys: Said) -> None:
    kiosk.refresh()
    content = bytearray(kiosk.table.read_bytes())
    content[5000:] = bytes(len(content) - 5000)
    kiosk.table.write_bytes(content)
    capsys.readouterr()
    assert kiosk.refresh() == 0
    assert ": all of it is new\n10 added:" in capsys.readouterr().out
    assert len(kiosk.titles) == 10


def test_without_sources_there_is_nothing_to_do(kiosk: Kiosk, capsys: Said) -> None:
    (kiosk.folder / "config.yaml").write_text("matching: {catalogue: state/town.sqlite}\n")
    assert kiosk.refresh() == 0
    assert capsys.readouterr().out == "matching.sources is not set: there is nothing to refresh\n"
    assert not kiosk.table.exists()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 3), ("", 3)])
def test_on_a_terminal_a_person_is_asked(kiosk: Kiosk, root: Path, answer: str, code: int) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "device", "catalogue", "refresh", "--config"]
    with subprocess.Popen(
        [*command, str(kiosk.folder / "config.yaml")],
        cwd=root, stdin=follower, stdout=follower, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        os.close(follower)
        said = ""
        while "? [y/N] " not in said and process.poll() is None:
            if select.select([leader], [], [], 0.1)[0]:
                said += os.read(leader, 4096).decode()
        os.write(leader, f"{answer}\n".encode())
        assert process.wait(timeout=60) == code
    os.close(leader)
    assert "10 added:" in said
    assert kiosk.table.exists() == (code == 0)


def test_a_clock_that_is_behind_the_table_reads_nothing(kiosk: Kiosk, capsys: Said) -> None:
    assert kiosk.refresh("--yes") == 0
    before = kiosk.table.read_bytes()
    next_year = datetime.now(UTC) + timedelta(days=365)
    os.utime(kiosk.table, (next_year.timestamp(), next_year.timestamp()))
    kiosk.calendar(TALK)
    capsys.readouterr()
    assert kiosk.refresh("--yes") == NOT_TAKEN
    assert "nothing is read until it is right" in capsys.readouterr().out
    assert kiosk.table.read_bytes() == before
