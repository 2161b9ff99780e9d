"""What `fleet watch` has seen: one SQLite file of a bounded size.

For each kiosk a sample every five minutes, kept for a week, and one every hour, kept for 400 days;
beside them what began, ended and changed. Guarantees: an hour's sample holds its worst temperature,
voltage and free disk, not their mean; a file that is cut, or somebody else's, is one line of error
and stays as it is; a full disk costs samples, and the watch goes on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device.errors import UserError
from tools.fleet.alerts import Alert, Kind
from tools.fleet.table import Row

APPLICATION = 0x57415948
"""`PRAGMA application_id`: "WAYH" in ASCII."""

VERSION = 1

FINE_S, COARSE_S = 300, 3600
"""Seconds between two samples."""

FINE_KEPT, KEPT = timedelta(days=7), timedelta(days=400)

SCHEMA = f"""
CREATE TABLE kiosks (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE samples (
    kiosk INTEGER NOT NULL, span INTEGER NOT NULL, at INTEGER NOT NULL,
    online REAL NOT NULL, release INTEGER, fps REAL, temperature_c REAL, undervoltage INTEGER,
    wifi_dbm REAL, disk_free_mb REAL,
    PRIMARY KEY (kiosk, span, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
    at INTEGER NOT NULL, kiosk TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
    began INTEGER
) STRICT;
CREATE INDEX events_at ON events (at);
CREATE TABLE open_alerts (
    kiosk TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kiosk, kind)
) STRICT;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""

COARSEN = f"""
INSERT OR REPLACE INTO samples
SELECT kiosk, {COARSE_S}, at / {COARSE_S} * {COARSE_S}, avg(online), max(release), avg(fps),
       max(temperature_c), max(undervoltage), min(wifi_dbm), min(disk_free_mb)
FROM samples WHERE kiosk IN (SELECT id FROM kiosks) AND span = {FINE_S} AND at < ?
GROUP BY kiosk, at / {COARSE_S}
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """at: its beginning, in UTC. span_s: how long it stands for. online: share of that."""

    at: datetime
    span_s: int
    online: float
    release: int | None
    fps: float | None
    temperature_c: float | None
    undervoltage: bool | None
    wifi_dbm: float | None
    disk_free_mb: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that began (True), ended (False) or changed (None)."""

    at: datetime
    kiosk: str
    kind: str
    text: str
    began: bool | None


class History:
    """An open file. `close` closes it."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        """make: a new one where there is none.

        Raises:
            UserError: no such file, or it is none of ours, or damaged.
        """
        self._path = path
        if not make and not path.exists():
            raise UserError(f"{path}: no such file; `wayside-tools fleet watch` fills it")
        try:
            self._file = sqlite3.connect(path, isolation_level=None)
            if make and not self._file.execute("SELECT 1 FROM sqlite_master").fetchone():
                self._file.executescript(SCHEMA)
            owner = self._file.execute("PRAGMA application_id").fetchone()[0]
            version = self._file.execute("PRAGMA user_version").fetchone()[0]
            sound = self._file.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        except sqlite3.Error as error:
            raise UserError(f"{path}: {error}; move it away, and watch begins a new one") from None
        if owner != APPLICATION or version != VERSION or not sound:
            what = "damaged" if owner == APPLICATION and not sound else "no history of this version"
            raise UserError(f"{path}: {what}; move it away, and watch begins a new one")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._sampled = self._thinned = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def sample(self, rows: Iterable[Row], now: datetime) -> None:
        """Take a sample of each kiosk, once in five minutes.

        Raises:
            UserError: it cannot be written.
        """
        at = int(now.timestamp()) // FINE_S * FINE_S
        if at == self._sampled:
            return
        self._sampled = at
        with self._writing():
            for row in rows:
                if row.state != "never":
                    self._file.execute(
                        "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (self._id(row.name), FINE_S, at, *_values(row)),
                    )
            if at // COARSE_S != self._thinned:
                self._thinned = at // COARSE_S
                self._thin(at)

    def note(self, events: Iterable[Event]) -> None:
        """Keep what has changed.

        Raises:
            UserError: it cannot be written.
        """
        with self._writing():
            self._file.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
                [(int(e.at.timestamp()), e.kiosk, e.kind, e.text, e.began) for e in events],
            )

    def tell(self, alerts: Iterable[Alert]) -> None:
        """Keep alerts, and which of them are open.

        Raises:
            UserError: it cannot be written.
        """
        alerts = list(alerts)
        self.note(Event(a.at, a.kiosk, a.kind, a.text, a.began) for a in alerts)
        with self._writing():
            for alert in alerts:
                if alert.began:
                    self._file.execute(
                        "INSERT OR REPLACE INTO open_alerts VALUES (?, ?, ?)",
                        (alert.kiosk, alert.kind, alert.text),
                    )
                else:
                    self._file.execute(
                        "DELETE FROM open_alerts WHERE kiosk = ? AND kind = ?",
                        (alert.kiosk, alert.kind),
                    )

    def open_alerts(self) -> dict[tuple[str, Kind], str]:
        """What had begun and not ended when this file was last written."""
        found = self._file.execute("SELECT kiosk, kind, text FROM open_alerts")
        return {(kiosk, kind): text for kiosk, kind, text in found}

    def names(self) -> list[str]:
        """The kiosks that there are samples of."""
        return [name for (name,) in self._file.execute("SELECT name FROM kiosks ORDER BY name")]

    def samples(self, name: str, since: datetime) -> list[Sample]:
        """A kiosk's samples from a time on, oldest first."""
        found = self._file.execute(
            "SELECT at, span, online, release, fps, temperature_c, undervoltage, wifi_dbm,"
            " disk_free_mb FROM samples JOIN kiosks ON id = kiosk"
            " WHERE name = ? AND at >= ? ORDER BY at",
            (name, int(since.timestamp())),
        )
        return [
            Sample(_time(at), span, online, release, fps, hot, None if low is None else bool(low),
                   wifi, disk)
            for at, span, online, release, fps, hot, low, wifi, disk in found
        ]  # fmt: skip

    def events(self, since: datetime, name: str | None = None) -> list[Event]:
        """What began, ended and changed from a time on, newest first. name: of one kiosk."""
        found = self._file.execute(
            "SELECT at, kiosk, kind, text, began FROM events"
            " WHERE at >= ? AND (? IS NULL OR kiosk = ?) ORDER BY at DESC, rowid DESC",
            (int(since.timestamp()), name, name),
        )
        return [
            Event(_time(at), kiosk, kind, text, None if began is None else bool(began))
            for at, kiosk, kind, text, began in found
        ]

    def _id(self, name: str) -> int:
        self._file.execute("INSERT OR IGNORE INTO kiosks (name) VALUES (?)", (name,))
        found = self._file.execute("SELECT id FROM kiosks WHERE name = ?", (name,)).fetchone()
        return int(found[0])

    def _thin(self, at: int) -> None:
        """Make hours of what is older than a week, and drop what is too old."""
        week = (at - int(FINE_KEPT.total_seconds())) // COARSE_S * COARSE_S
        oldest = at - int(KEPT.total_seconds())
        self._file.execute(COARSEN, (week,))
        for span, before in ((FINE_S, week), (COARSE_S, oldest)):
            self._file.execute(
                "DELETE FROM samples WHERE kiosk IN (SELECT id FROM kiosks)"
                " AND span = ? AND at < ?",
                (span, before),
            )
        self._file.execute("DELETE FROM events WHERE at < ?", (oldest,))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All of it is written, or nothing."""
        try:
            self._file.execute("BEGIN")
            yield
            self._file.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._file.execute("ROLLBACK")
            raise UserError(f"{self._path}: cannot be written ({error})") from None


def _values(row: Row) -> Iterator[float | int | None]:
    online = row.state == "online"
    yield 1.0 if online else 0.0
    yield row.release
    # What a kiosk last said of itself says nothing once it is gone.
    for value in (row.fps, row.temperature_c, row.undervoltage, row.wifi_dbm, row.disk_free_mb):
        yield value if online else None


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
