"""The operator's hand: what is hidden, pinned and corrected at this kiosk.

A file of the kiosk's own, beside the table and above it: it stays when a new table comes, and its
lines win.

    hide: [osm-n123, film-alien]
    pin: [our-museum]
    correct:
      osm-n456: {hours: "Mo-Su 10:00-18:00", "title:fi": Kahvila, link: null}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from device.catalogue.columns import COLUMNS, TRANSLATED, Value, column_in, translation
from device.catalogue.store import Catalogue
from device.typed_yaml import Section, read_yaml
from device.values import Item

FIXED = (
    "id", "kind", "category", "tags", "creator", "begins", "ends", "series", "source", "credit"
)  # fmt: skip
"""Columns that make an item what it is: who wants others writes a row of their own."""

CHANGEABLE = {column.name: column for column in COLUMNS if column.name not in FIXED}


def _values(given: object) -> dict[str, Value]:
    """The columns of a correction, read as the cells of a table are.

    Raises:
        ValueError: no such column, or not what it takes.
    """
    if not isinstance(given, dict):
        raise ValueError("columns and values, such as {hours: 24/7}")
    return {str(name): _value(str(name), value) for name, value in given.items()}


def _value(name: str, given: object) -> Value:
    column = column_in(name) if translation(name) else CHANGEABLE.get(name)
    if column is None:
        raise ValueError(f"{name}: cannot be corrected; takes {', '.join(CHANGEABLE)}")
    if given is None and not column.required:
        return column.empty
    if isinstance(given, list | tuple):
        given = ";".join(map(str, given))
    return column.value("" if given is None else str(given))


Correction = Annotated[dict[str, Any], BeforeValidator(_values)]


class Hand(Section):
    """Ids of items; an unknown one is reported and does no harm."""

    hide: tuple[str, ...] = Field((), description="never suggested")
    pin: tuple[str, ...] = Field((), description="before all others, where they are in reach")
    correct: dict[str, Correction] = Field({}, description="columns that win over the table's")


NO_HAND = Hand()
"""Nothing hidden, pinned or corrected."""


def load_hand(path: Path) -> Hand:
    """Read the file.

    Raises:
        UserError: no such file, not YAML, or not what it takes.
    """
    return read_yaml(path, Hand, named_by="matching.hand")


def rows_of(catalogue: Catalogue, ids: tuple[str, ...]) -> list[int]:
    """Indices of those of these items that there are."""
    rows = (catalogue.row_of(item_id) for item_id in ids)
    return [row for row in rows if row is not None]


def unknown(catalogue: Catalogue, hand: Hand) -> list[str]:
    """Ids in the file that no item has."""
    named = (*hand.hide, *hand.pin, *hand.correct)
    return sorted({item_id for item_id in named if catalogue.row_of(item_id) is None})


def correct(catalogue: Catalogue, corrections: Mapping[str, Mapping[str, Value]]) -> None:
    """Let these values win over the table's, by id of item and column."""
    changed = {}
    for item_id, values in corrections.items():
        row = catalogue.row_of(item_id)
        if row is not None:
            changed[row] = _corrected(catalogue.item(row), values)
    catalogue.overlay(changed)


def _corrected(item: Item, values: Mapping[str, Value]) -> Item:
    fields: dict[str, Any] = {}
    for name, value in values.items():
        if named := translation(name):
            column, language = named
            others = TRANSLATED[column]
            before = fields.get(others, getattr(item, others))
            fields[others] = {**before, language: str(value)}
        else:
            fields[name] = value
    return replace(item, **fields)
