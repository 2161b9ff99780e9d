"""The catalogue: a SQLite file that `wayside catalogue build` makes and the device reads.

Promises: the file is opened immutable, read once into frozen items and closed again, so that a
new one can take its place at any time; a file that is missing, damaged or of another schema is
one line that says what to type. Nothing here writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import fields
from pathlib import Path

from device.errors import UserError
from device.values import KINDS, Item

SCHEMA_VERSION = 1
"""Stands in the file as `PRAGMA user_version`."""

APPLICATION_ID = 0x57415953
"""Stands in the file as `PRAGMA application_id`: "WAYS" in ASCII."""

COLUMNS = tuple(field.name for field in fields(Item))
"""Columns of the one table, in order: the fields of an `Item`."""

TAG_SEPARATOR = ";"

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
    minimum_age INTEGER NOT NULL CHECK (minimum_age >= 0),
    popularity REAL CHECK (popularity BETWEEN 0 AND 1),
    link TEXT NOT NULL,
    picture TEXT NOT NULL,
    source TEXT NOT NULL,
    CHECK ((latitude IS NULL) = (longitude IS NULL))
) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""


class Catalogue:
    """The items of one table, in its order."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = tuple(items)
        self._by_id = {item.id: item for item in self.items}

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Read a catalogue file.

        Raises:
            UserError: it is missing, cannot be read, is damaged, empty, or of another schema.
        """
        mend = f"build it: wayside catalogue build --out {path} YOUR.csv"
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise UserError(
                f"{path}: the catalogue cannot be read ({error.strerror}); {mend}"
            ) from None
        try:
            address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(address, uri=True)) as file:
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
                rows = file.execute(f"SELECT {', '.join(COLUMNS)} FROM items ORDER BY rowid")
                items = [_item(row) for row in rows]
        except sqlite3.Error as error:
            raise UserError(f"{path}: the catalogue is damaged ({error}); {mend}") from None
        if not items:
            raise UserError(f"{path}: the catalogue holds no item; {mend}")
        return cls(items)

    def __len__(self) -> int:
        return len(self.items)

    def get(self, item_id: str) -> Item | None:
        """The item of this id; None: there is none."""
        return self._by_id.get(item_id)

    def tagged(self, *tags: str) -> tuple[Item, ...]:
        """The items that carry all of these tags."""
        return tuple(item for item in self.items if set(tags) <= set(item.tags))


def _item(row: tuple[object, ...]) -> Item:
    values = dict(zip(COLUMNS, row, strict=True))
    values["tags"] = tuple(str(values["tags"]).split(TAG_SEPARATOR)) if values["tags"] else ()
    return Item(**values)  # type: ignore[arg-type]
