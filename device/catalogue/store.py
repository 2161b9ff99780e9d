"""The catalogue: a SQLite file that `wayside catalogue build` makes and the device reads.

Guarantees: the file is opened immutable and never written, so that a new one can replace it at any
time. What matching needs of all items is read at once, as arrays; the texts of an item are read
when it is shown. A missing or damaged file is one line with what to type.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from pathlib import Path
from shlex import quote

from device.catalogue.arrays import Arrays, Gathered
from device.catalogue.network import Network
from device.errors import UserError
from device.values import ACCESS, KINDS, Item

SCHEMA_VERSION = 7
"""Stands in the file as `PRAGMA user_version`."""

APPLICATION_ID = 0x57415953
"""Stands in the file as `PRAGMA application_id`: "WAYS" in ASCII."""

COLUMNS = tuple(field.name for field in fields(Item))
"""Columns of the table of items, in order: the fields of an `Item`."""

TAG_SEPARATOR = ";"

_LISTS = ("tags", "suits")
_TIMES = ("begins", "ends")
_BY_LANGUAGE = ("titles", "abouts")

SOURCE_SUFFIXES = (
    ".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".fods", ".numbers"
)  # fmt: skip
"""Of the tables that people write; Excel calls "Unicode Text" `.txt`."""

ITEMS_KEPT = 256
"""Items whose texts are kept in memory: those of the last screens."""

SCHEMA = f"""
CREATE TABLE items (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ({", ".join(repr(kind) for kind in KINDS)})),
    title TEXT NOT NULL CHECK (title <> ''),
    category TEXT NOT NULL,
    tags TEXT NOT NULL,
    creator TEXT NOT NULL,
    year INTEGER,
    latitude REAL CHECK (latitude BETWEEN -90 AND 90),
    longitude REAL CHECK (longitude BETWEEN -180 AND 180),
    address TEXT NOT NULL,
    hours TEXT NOT NULL,
    price TEXT NOT NULL,
    minimum_age INTEGER NOT NULL CHECK (minimum_age BETWEEN 0 AND 99),
    popularity REAL CHECK (popularity BETWEEN 0 AND 1),
    link TEXT NOT NULL,
    picture TEXT NOT NULL,
    stay INTEGER CHECK (stay BETWEEN 1 AND 1440),
    begins TEXT,
    ends TEXT,
    series TEXT NOT NULL,
    suits TEXT NOT NULL,
    valence REAL CHECK (valence BETWEEN -1 AND 1),
    arousal REAL CHECK (arousal BETWEEN -1 AND 1),
    wheelchair TEXT CHECK (wheelchair IN ({", ".join(repr(access) for access in ACCESS)})),
    wikidata TEXT NOT NULL,
    source TEXT NOT NULL,
    credit TEXT NOT NULL,
    about TEXT NOT NULL,
    titles TEXT NOT NULL,
    abouts TEXT NOT NULL,
    CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CHECK ((valence IS NULL) = (arousal IS NULL)),
    CHECK ((begins IS NULL) = (ends IS NULL)),
    CHECK ((kind = 'event') = (begins IS NOT NULL))
) STRICT;
CREATE TABLE arrays (name TEXT PRIMARY KEY, crc32 INTEGER NOT NULL, content BLOB NOT NULL) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""


FOOTWAYS = "footways"
"""Name of the network of footways among the arrays; a table of one's own may have none."""


def fill(file: sqlite3.Connection, items: Iterable[Item], footways: Network | None = None) -> None:
    """Make a catalogue of these items in an empty database; none of them is kept in memory.

    The same items and footways make the same bytes.

    Raises:
        sqlite3.Error: it cannot be written.
    """
    file.executescript(SCHEMA)
    gathered = Gathered()
    marks = ", ".join("?" for _ in COLUMNS)
    file.executemany(f"INSERT INTO items VALUES ({marks})", _rows(items, gathered))
    network = [] if footways is None else [(FOOTWAYS, footways.encode())]
    blobs = chain(gathered.arrays().blobs(), network)  # one by one: they are copies
    rows = ((name, zlib.crc32(content), content) for name, content in blobs)
    file.executemany("INSERT INTO arrays VALUES (?, ?, ?)", rows)
    file.commit()


def read_footways(path: Path) -> Network | None:
    """The footways of a catalogue file, without its items; None: it has none.

    Raises:
        sqlite3.Error, ValueError: the file is missing or damaged.
    """
    with closing(sqlite3.connect(_read_only(path), uri=True)) as file:
        row = file.execute(
            "SELECT crc32, content FROM arrays WHERE name = ?", (FOOTWAYS,)
        ).fetchone()
    if row is None:
        return None
    if zlib.crc32(row[1]) != row[0]:
        raise ValueError(f"{FOOTWAYS} has changed")
    return Network.decode(row[1])


def _read_only(path: Path) -> str:
    return f"{path.resolve().as_uri()}?mode=ro&immutable=1"


def is_replaceable(path: Path) -> bool:
    """Whether a catalogue may be written there: nothing is there, an empty file or a catalogue.

    What people wrote, and a database of another program, is never overwritten.
    """
    if path.suffix.lower() in SOURCE_SUFFIXES:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(72)
            return not head or head[68:] == APPLICATION_ID.to_bytes(4)  # sqlite.org/fileformat.html
    except OSError:
        return not path.exists()


def _how_to_build(path: Path) -> str:
    """What to type for a catalogue at `path`, or beside it where something else is there."""
    beside = (path.with_suffix(".sqlite"), path.with_name(f"{path.stem}-catalogue.sqlite"))
    out = next((each for each in (path, *beside) if is_replaceable(each)), beside[-1])
    source = quote(str(path)) if path.suffix.lower() in SOURCE_SUFFIXES else "YOUR.csv"
    line = f"build it: wayside catalogue build --out {quote(str(out))} {source}"
    return line if out == path else f"{line}, and name {out} instead"


class Catalogue:
    """The items of one table, in its order."""

    def __init__(self, file: sqlite3.Connection) -> None:
        """Read the arrays; `file` stays open for the texts. Use `open` or `of`.

        Raises:
            sqlite3.Error, ValueError, KeyError: the file is damaged.
        """
        self._file = file
        blobs = dict(self._blobs())
        self.arrays = Arrays.from_blobs(blobs)
        self.network = Network.decode(blobs[FOOTWAYS]) if FOOTWAYS in blobs else None
        """The footways around the items; None: the table has none."""
        rows = file.execute("SELECT max(rowid) FROM items").fetchone()[0] or 0
        if rows != len(self.arrays):
            raise ValueError(f"{rows} items, arrays of {len(self.arrays)}")
        self.item = lru_cache(ITEMS_KEPT)(self._item)
        self._overlay: dict[int, Item] = {}
        self._pictures: Mapping[str, str] = {}

    @classmethod
    def of(cls, items: Iterable[Item], network: Network | None = None) -> Catalogue:
        """A catalogue in memory."""
        file = sqlite3.connect(":memory:", check_same_thread=False)
        fill(file, items, network)
        return cls(file)

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open a catalogue file.

        Raises:
            UserError: it is missing, cannot be read, is damaged, empty, or of another schema.
        """
        mend = _how_to_build(path)
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise UserError(
                f"{path}: the catalogue cannot be read ({error.strerror}); {mend}"
            ) from None
        if path.suffix.lower() in SOURCE_SUFFIXES:
            raise UserError(
                f"{path}: got a table, takes the catalogue that is built from it; {mend}"
            )
        try:
            # Opened by the thread that starts the kiosk, read by the one that runs the corridor.
            file = sqlite3.connect(_read_only(path), uri=True, check_same_thread=False)
            version = file.execute("PRAGMA user_version").fetchone()[0]
            owner = file.execute("PRAGMA application_id").fetchone()[0]
            if (owner, version) != (APPLICATION_ID, SCHEMA_VERSION):
                found = f"schema {version}" if owner == APPLICATION_ID else "something else"
                raise UserError(
                    f"{path}: got {found}, takes a catalogue of schema {SCHEMA_VERSION}; {mend}"
                )
            sound = file.execute("PRAGMA quick_check(1)").fetchone()[0]
            if sound != "ok":
                raise UserError(f"{path}: the catalogue is damaged; {mend}")
            catalogue = cls(file)
        except (sqlite3.Error, ValueError, KeyError) as error:
            raise UserError(f"{path}: the catalogue is damaged ({error}); {mend}") from None
        if not len(catalogue):
            raise UserError(f"{path}: the catalogue holds no item; {mend}")
        return catalogue

    def overlay(self, changed: Mapping[int, Item]) -> None:
        """Let these items win over the file's, by index; see `Arrays.with_items`."""
        if changed:
            self._overlay |= changed
            self.arrays = self.arrays.with_items(changed)
            self.item.cache_clear()

    def picture(self, by_id: Mapping[str, str]) -> None:
        """Give the items that name no picture these ones; see `pictures.by_name`."""
        self._pictures = by_id
        self.item.cache_clear()

    def __len__(self) -> int:
        return len(self.arrays)

    def __iter__(self) -> Iterator[Item]:
        for index, row in enumerate(self._select("ORDER BY rowid")):
            yield self._pictured(self._overlay.get(index) or _from_row(row))

    def get(self, item_id: str) -> Item | None:
        """The item of this id; None: there is none."""
        index = self.row_of(item_id)
        return None if index is None else self.item(index)

    def row_of(self, item_id: str) -> int | None:
        """Index of the item of this id; None: there is none."""
        row = self._file.execute("SELECT rowid FROM items WHERE id = ?", (item_id,)).fetchone()
        return None if row is None else int(row[0]) - 1

    def tagged(self, *tags: str) -> tuple[Item, ...]:
        """The items that carry all of these tags."""
        return tuple(item for item in self if set(tags) <= set(item.tags))

    def _blobs(self) -> Iterator[tuple[str, bytes]]:
        # SQLite's own check covers the structure of the file, not the content of a blob.
        for name, crc32, content in self._file.execute("SELECT name, crc32, content FROM arrays"):
            if zlib.crc32(content) != crc32:
                raise ValueError(f"{name} has changed")
            yield name, content

    def _item(self, index: int) -> Item:
        """The item at an index of the arrays."""
        item = self._overlay.get(index) or _from_row(
            self._select("WHERE rowid = ?", index + 1).fetchone()
        )
        return self._pictured(item)

    def _pictured(self, item: Item) -> Item:
        if item.picture or item.id not in self._pictures:
            return item
        return replace(item, picture=self._pictures[item.id])

    def _select(self, which: str, *values: object) -> sqlite3.Cursor:
        return self._file.execute(f"SELECT {', '.join(COLUMNS)} FROM items {which}", values)


def _rows(items: Iterable[Item], gathered: Gathered) -> Iterator[tuple[object, ...]]:
    """The cells of each item in the order of `COLUMNS`; `gathered` gets the item too."""
    cells = attrgetter(*COLUMNS)
    tags, suits, begins, ends = (COLUMNS.index(name) for name in (*_LISTS, *_TIMES))
    by_language = [COLUMNS.index(name) for name in _BY_LANGUAGE]
    for item in items:
        gathered.add(item)
        row = list(cells(item))
        row[tags] = TAG_SEPARATOR.join(item.tags)
        row[suits] = TAG_SEPARATOR.join(item.suits)
        for column in by_language:
            texts = row[column]
            row[column] = json.dumps(dict(texts), ensure_ascii=False) if texts else ""
        if item.begins is not None and item.ends is not None:
            row[begins], row[ends] = item.begins.isoformat(), item.ends.isoformat()
        yield tuple(row)


def _from_row(row: tuple[object, ...]) -> Item:
    values = dict(zip(COLUMNS, row, strict=True))
    for name in _LISTS:
        values[name] = tuple(str(values[name]).split(TAG_SEPARATOR)) if values[name] else ()
    for name in _TIMES:
        values[name] = datetime.fromisoformat(str(values[name])) if values[name] else None
    for name in _BY_LANGUAGE:
        values[name] = json.loads(str(values[name])) if values[name] else {}
    return Item(**values)  # type: ignore[arg-type]
