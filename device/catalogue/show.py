"""A catalogue for people: a table of its items, or everything about one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields

from device.catalogue.store import TAG_SEPARATOR
from device.values import Item

_COLUMNS = ("id", "kind", "title", "category", "tags")
_WIDEST = 44


def table(items: Sequence[Item]) -> Iterator[str]:
    """Lines of a table with one item a line, and a last one that counts them."""
    rows = [_COLUMNS, *(tuple(_cell(item, name) for name in _COLUMNS) for item in items)]
    rows = [tuple(_short(cell) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
    kinds = [item.kind for item in items]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    yield f"{len(items)} items" + (f": {counts}" if counts else "")
    yield from _credits(items)


def _credits(items: Sequence[Item]) -> Iterator[str]:
    """Where items came from that want a credit, with the day of the data."""
    of = Counter((item.source, item.credit) for item in items if item.credit)
    for (source, credit), count in sorted(of.items()):
        yield f"{count} from {source}: {credit}"


def card(item: Item) -> Iterator[str]:
    """Every field of one item; `-` where nothing is known."""
    for field in fields(Item):
        yield f"{field.name:<12} {_cell(item, field.name) or '-'}"


def _cell(item: Item, name: str) -> str:
    value = getattr(item, name)
    if value is None:
        return ""
    return f"{TAG_SEPARATOR} ".join(value) if isinstance(value, tuple) else str(value)


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
