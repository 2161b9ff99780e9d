"""What a new table has that the present one has not, and the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from device.values import Item

SHOWN = 10
"""Items that are named of those added, removed and changed; the rest are counted."""

SUSPICIOUS = 1 / 3
"""Share of a table whose loss is taken for a mistake of a source until somebody says otherwise."""

_COLUMNS = tuple(field.name for field in fields(Item) if field.name != "id")


@dataclass(frozen=True, slots=True)
class Difference:
    """removed, changed: in the order of the old table; added: in that of the new one. changed: each
    item as it is in the new one, and its columns that differ. before: how many items there were.
    footways: whether they differ."""

    before: int
    added: list[Item]
    removed: list[Item]
    changed: list[tuple[Item, tuple[str, ...]]]
    footways: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.footways)

    def suspicious(self, now: datetime) -> bool:
        """Whether more is lost than sources lose by themselves; events that are over do not count.

        now: an aware time.
        """
        lost = sum(item.ends is None or item.ends > now for item in self.removed)
        return lost > self.before * SUSPICIOUS

    def lines(self) -> Iterator[str]:
        """For people: the first of each, and how many there are."""
        yield from _listed("added", "+", [_named(item) for item in self.added])
        yield from _listed("removed", "-", [_named(item) for item in self.removed])
        changed = [f"{_named(item)}: {', '.join(columns)}" for item, columns in self.changed]
        yield from _listed("changed", "~", changed)
        if self.footways:
            yield "other footways"


def difference(old: Iterable[Item], new: Iterable[Item], *, footways: bool = False) -> Difference:
    """From the old table to the new one. footways: whether they differ."""
    now = {item.id: item for item in new}
    before = 0
    kept: set[str] = set()
    removed: list[Item] = []
    changed: list[tuple[Item, tuple[str, ...]]] = []
    for item in old:
        before += 1
        other = now.get(item.id)
        if other is None:
            removed.append(item)
            continue
        kept.add(item.id)
        columns = tuple(name for name in _COLUMNS if getattr(item, name) != getattr(other, name))
        if columns:
            changed.append((other, columns))
    added = [item for item in now.values() if item.id not in kept]
    return Difference(before, added, removed, changed, footways)


def _named(item: Item) -> str:
    when = "" if item.begins is None else f" ({item.begins:%Y-%m-%d %H:%M})"
    return f"{item.id}  {item.title}{when}"


def _listed(what: str, sign: str, lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"{len(lines)} {what}:"
    yield from (f"  {sign} {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"  ... and {len(lines) - SHOWN} more"
