"""From the cells of a row to an item: each as its column reads it, and all as they go together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from device.catalogue.columns import COLUMNS, TRANSLATED, Value, column_in, translation
from device.values import Item

_EMPTY = {column.name: column.empty for column in COLUMNS}

_OWN = ("id", "title", "creator", "tags", "latitude", "longitude", "address", "link", "popularity")
"""Columns in which nearly every cell is another one."""

_READ = {
    column.name: column.value if column.name in _OWN else lru_cache(1024)(column.value)
    for column in COLUMNS
}
"""Cells of the other columns are read once for each text."""


_REQUIRED = tuple(column.name for column in COLUMNS if column.required)


def item_of(row: Mapping[str, str], zone: tzinfo | None) -> Item:
    """The item of the cells of a row, by column. zone: of times without an offset from UTC.

    Raises:
        ValueError: a cell that its column does not take, or cells that do not go together.
    """
    values: dict[str, Any] = dict(_EMPTY)
    for name in _REQUIRED:
        values[name] = _READ[name](row.get(name, ""))
    for name, cell in row.items():
        if not cell or name in _REQUIRED:  # most cells of a wide table are empty
            continue
        if name in _READ:
            values[name] = _READ[name](cell)
        elif (named := translation(name)) and (text := column_in(name).value(cell)):
            column, language = named
            values.setdefault(TRANSLATED[column], {})[language] = str(text)
    for one, other in (("latitude", "longitude"), ("valence", "arousal")):
        if (values[one] is None) != (values[other] is None):
            raise ValueError(f"{one} and {other}: takes both, or neither")
    if values["kind"] == "event" or values["begins"] or values["ends"]:
        values |= _times(values, zone)
    return Item(**values)


def _times(values: Mapping[str, Value], zone: tzinfo | None) -> dict[str, Value]:
    """`begins` and `ends` as aware times.

    Raises:
        ValueError: one is missing or not of an event, or has no zone, or it ends before it begins.
    """
    begins, ends = values["begins"], values["ends"]
    if values["kind"] != "event" or not (
        isinstance(begins, datetime) and isinstance(ends, datetime)
    ):
        raise ValueError("begins and ends: an event takes both, another kind neither")
    if zone is None and (begins.tzinfo is None or ends.tzinfo is None):
        raise ValueError(
            "begins and ends: without a time zone; takes times with their offset from UTC, such as "
            "2026-12-01T19:00+02:00, or --config with place.timezone"
        )
    begins, ends = (each if each.tzinfo else each.replace(tzinfo=zone) for each in (begins, ends))
    if ends <= begins:
        raise ValueError(f"ends: got {ends.isoformat()}, takes a time later than begins")
    return {"begins": begins, "ends": ends}
