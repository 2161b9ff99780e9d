"""What the ledger has told, by item and day, and visitors by hour: kept for the month's report.

Guarantees: it holds nothing but numbers that have left the ledger in `counts` and `touches`, which
no arithmetic can take apart (`device/session/ledger.py`), and what the items were called; nothing
of it is about anyone. A row is deleted, and its bytes are overwritten, after `LONGEST_DAYS`. What
is written is written in one transaction, so that a power cut leaves all of it or nothing. A file
that is damaged is set aside with one line, and a folder that cannot be written is one line.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from device.errors import UserError
from device.messaging.messages import Counts, Touches
from device.session.ledger import LONGEST_DAYS
from device.session.trend import Span
from device.values import Item

log = logging.getLogger(__name__)

FILE = "told.sqlite"

VERSION = 1
"""Of the tables below, as `PRAGMA user_version`."""

TREND = timedelta(weeks=26)
"""How long moods of the place are kept."""

SHOWN = "shown"
"""Beside the verdicts: screens on which an item stood."""

TABLES = """
CREATE TABLE IF NOT EXISTS hours (hour TEXT PRIMARY KEY, visitors INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told (day TEXT, item TEXT, what TEXT, number INTEGER NOT NULL,
    PRIMARY KEY (day, item, what)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spans (first TEXT PRIMARY KEY, last TEXT NOT NULL, came INTEGER NOT NULL,
    pleasant INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (item TEXT PRIMARY KEY, kind TEXT, title TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class ToldHour:
    """An hour. begins: aware. visitors: None: too few to be told."""

    begins: datetime
    visitors: int | None


@dataclass(frozen=True, slots=True)
class ToldItem:
    """A number of one item that was told at the end of a day.

    what: `SHOWN` or a verdict. kind, title: of when it was told last; empty: never known.
    """

    day: date
    item: str
    what: str
    number: int
    kind: str
    title: str


class Archive:
    """The file in a folder; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE
        self._failed = False

    def add_hour(self, counts: Counts) -> None:
        """Keep the visitors of an hour, unless the clock was not set in it."""
        if (hour := counts["hour"]) is not None:
            row = hour, counts["visitors"]
            self._write(lambda file: file.execute("INSERT OR IGNORE INTO hours VALUES (?, ?)", row))

    def add_span(self, span: Span) -> None:
        """Keep how many came and were in a pleasant mood, and forget what is too old."""
        row = span.first.isoformat(), span.last.isoformat(), span.came, span.pleasant
        oldest = (span.last - TREND).isoformat()

        def write(file: sqlite3.Connection) -> None:
            file.execute("INSERT OR IGNORE INTO spans VALUES (?, ?, ?, ?)", row)
            file.execute("DELETE FROM spans WHERE last <= ?", (oldest,))

        self._write(write)

    def add_day(self, touches: Touches, item: Callable[[str], Item | None]) -> None:
        """Keep what was told of items at the end of a day, and forget what is too old.

        item: the item of an id, for its title; None: it is not in the table any more.
        """
        numbers = Counter({(one, SHOWN): n for one, n in touches["screens"].items()})
        for part in touches["by_daypart"].values():
            for one, verdicts in part.items():
                numbers.update({(one, verdict): n for verdict, n in verdicts.items()})
        day = touches["day"]
        told = [(day, one, what, number) for (one, what), number in numbers.items()]
        found = (item(one) for one in dict.fromkeys(one for one, _ in numbers))
        names = [(one.id, one.kind, one.title) for one in found if one is not None]
        oldest = (date.fromisoformat(day) - timedelta(LONGEST_DAYS)).isoformat()

        def write(file: sqlite3.Connection) -> None:
            file.executemany(
                "INSERT INTO told VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET number = number + excluded.number",
                told,
            )
            file.executemany("INSERT OR REPLACE INTO names VALUES (?, ?, ?)", names)
            file.execute("DELETE FROM told WHERE day < ?", (oldest,))
            file.execute("DELETE FROM hours WHERE hour < ?", (oldest,))
            file.execute("DELETE FROM names WHERE item NOT IN (SELECT item FROM told)")

        self._write(write)

    def _write(self, write: Callable[[sqlite3.Connection], object]) -> None:
        """Write in one transaction; a failure is logged once, until it is over."""
        if self._path is None:
            return
        try:
            try:
                _write(self._path, write)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:  # not a database, or malformed
                aside = self._path.with_suffix(".broken")
                log.warning("%s: damaged; it starts anew, and is now %s", self._path, aside.name)
                self._path.replace(aside)
                _write(self._path, write)
            self._failed = False
        except (sqlite3.DatabaseError, OSError) as error:
            if not self._failed:
                log.warning("%s: cannot be written (%s)", self._path, error)
            self._failed = True


def _write(path: Path, write: Callable[[sqlite3.Connection], object]) -> None:
    """Raises sqlite3.DatabaseError, or OSError where the folder cannot be made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite's own files take its mode
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA secure_delete = ON")
        version = file.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"of version {version}")
        file.executescript(f"{TABLES} PRAGMA user_version = {VERSION};")
        write(file)


def read_hours(folder: Path) -> list[ToldHour]:
    """The hours that a kiosk has told, the oldest first.

    Raises:
        UserError: there is no file, or it cannot be read.
    """
    with _reading(folder) as file:
        rows = file.execute("SELECT hour, visitors FROM hours ORDER BY hour").fetchall()
    return [ToldHour(datetime.fromisoformat(hour), visitors) for hour, visitors in rows]


def read_items(folder: Path, first: date, last: date) -> list[ToldItem]:
    """What a kiosk has told of items at the ends of these days, both included.

    Raises:
        UserError: there is no file, or it cannot be read.
    """
    with _reading(folder) as file:
        rows = file.execute(
            "SELECT day, item, what, number, coalesce(kind, ''), coalesce(title, '')"
            " FROM told LEFT JOIN names USING (item) WHERE day BETWEEN ? AND ?"
            " ORDER BY day, item, what",
            (first.isoformat(), last.isoformat()),
        ).fetchall()
    return [ToldItem(date.fromisoformat(day), *rest) for day, *rest in rows]


def read_spans(folder: Path) -> list[Span]:
    """The moods of the place that a kiosk has told, the oldest first.

    Raises:
        UserError: there is no file, or it cannot be read.
    """
    with _reading(folder) as file:
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'spans'").fetchone():
            return []  # written before there was a trend
        rows = file.execute(
            "SELECT first, last, came, pleasant FROM spans ORDER BY first"
        ).fetchall()
    day = date.fromisoformat
    return [Span(day(first), day(last), *numbers) for first, last, *numbers in rows]


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    path = folder / FILE
    try:
        there = path.exists()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); try it with sudo") from None
    if not there:
        raise UserError(f"{path}: no such file; the kiosk writes it at the end of its first hour")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            yield file
    except sqlite3.OperationalError as error:
        raise UserError(f"{path}: cannot be read ({error}); try it with sudo") from None
    except sqlite3.DatabaseError:
        raise UserError(f"{path}: damaged; the kiosk sets it aside when it next writes") from None
