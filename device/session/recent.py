"""What this kiosk has shown lately, so that cards take turns. It knows items and times, no people.

A screen counts when it is replaced, and after each minute for which it stays: its items are then
discounted by how long they stood there, half as much three hours later. An item that a page has not
had in view, since it had no room for all at once, was not shown.
"""

from __future__ import annotations

from collections.abc import Set

from device.values import Screen

HALF_LIFE_S = 3 * 3600.0
"""After this time a showing counts half. By simulated days at a table of Helsinki: the least with
which three in ten of its items are shown in a day (docs/matching.md)."""

WHOLE_S = 60.0
"""A card that has stood so long is discounted in full; a screen that stays counts so often."""

LEAST = 0.05
"""What counts less is forgotten."""

STEP = 0.05
"""Discounts are rounded, so that a question stays the same for a while."""

Discounts = tuple[tuple[str, float], ...]
"""Ids of items, each with its discount, 0 to 1."""


class Recent:
    """Discounts of the items shown lately. draw: changes with each screen that has counted; kiosks
    that start with different ones choose differently among equals."""

    def __init__(self, draw: int = 0) -> None:
        self.draw = draw
        self.discounts: Discounts = ()
        self._shown: dict[str, tuple[float, float]] = {}  # discount, and when it was that
        self._ids: tuple[str, ...] = ()
        self._seen: Set[str] | None = None  # not told: all
        self._since = 0.0

    def saw(self, ids: Set[str]) -> None:
        """Take which items of the present screen have been in view."""
        self._seen = ids

    def update(self, screen: Screen, at: float) -> tuple[str, ...]:
        """Take the screen of this turn into account; the items of a screen that counts now.

        at: monotonic seconds.
        """
        ids = tuple(suggestion.item.id for suggestion in screen.suggestions)
        if ids == self._ids and at - self._since < WHOLE_S:
            return ()
        counted = (
            self._ids if self._seen is None else tuple(i for i in self._ids if i in self._seen)
        )
        if counted:
            self._count(counted, min(1.0, (at - self._since) / WHOLE_S), at)
            self.draw += 1
        if ids != self._ids:
            self._seen = None
        self._ids, self._since = ids, at
        return counted

    def _count(self, ids: tuple[str, ...], share: float, at: float) -> None:
        """Add a showing of these items, and forget what has long been shown."""
        faded = {
            item: discount * 0.5 ** ((at - then) / HALF_LIFE_S)
            for item, (discount, then) in self._shown.items()
        }
        for item in ids:
            faded[item] = min(1.0, faded.get(item, 0.0) + share)
        self._shown = {item: (left, at) for item, left in faded.items() if left >= LEAST}
        rounded = {item: round(left / STEP) * STEP for item, (left, _) in self._shown.items()}
        self.discounts = tuple(sorted(rounded.items()))
