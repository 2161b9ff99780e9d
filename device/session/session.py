"""What the screen shows, and when it changes.

Guarantees: suggestions appear `settle_s` after somebody has come; they stay for `hold_s`, to be
read, unless somebody comes or leaves; `leave_s` after the last person has left, everything about
the audience is forgotten. Time is `Context.at` alone: a jump of the wall clock has no effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from device.config import SessionConfig
from device.values import Audience, Company, Context, Item, Screen, ScreenState, Suggestion

SPARES = 5
"""Suggestions that the matcher returns beyond the cards: they replace cards that are refused."""


@dataclass(frozen=True, slots=True)
class _People:
    """The people for whom a screen was chosen."""

    ids: frozenset[str]
    size: int
    company: Company
    minors: bool

    @classmethod
    def of(cls, audience: Audience) -> _People:
        ids = frozenset(visitor.track_id for visitor in audience.visitors)
        return cls(ids, audience.size, audience.company, audience.minors)

    def differ(self, chosen_for: _People) -> bool:
        """Whether somebody came or left, or may now be a minor; a new mood does not count."""
        mine, theirs = (self.ids, self.company), (chosen_for.ids, chosen_for.company)
        return mine != theirs or (self.minors and not chosen_for.minors)


@dataclass(slots=True)
class _Memory:
    """Everything known about the people who are there; a new one forgets it.

    came_at, seen_at, held_until, others_since: monotonic seconds. chosen_for: for whom the screen
    was chosen. others: who is there instead, until that is certain. away: nobody is in the picture,
    but they have not left yet. refused: ids of items.
    """

    came_at: float | None = None
    seen_at: float = 0.0
    held_until: float = 0.0
    chosen_for: _People = _People(frozenset(), 0, "nobody", False)
    others: _People | None = None
    others_since: float = 0.0
    away: bool = False
    refused: set[str] = field(default_factory=set)


class Session:
    """The screen over time. cards: how many suggestions it shows."""

    def __init__(self, config: SessionConfig, cards: int) -> None:
        self._config = config
        self._cards = cards
        self._screen = Screen()
        self._memory = _Memory()

    @property
    def screen(self) -> Screen:
        """The screen as the last update has left it."""
        return self._screen

    def update(
        self, audience: Audience, suggestions: tuple[Suggestion, ...], context: Context
    ) -> Screen:
        """The screen now, for this audience and the suggestions for it.

        While `Context.opted_out` the audience is ignored: pass suggestions for an empty one.
        """
        at = context.at
        if context.opted_out:
            if self._screen.state != "opted_out":
                # What a touch has refused is known without looking at anyone.
                self._memory = _Memory(refused=self._memory.refused)
                self._put("opted_out", self._choose(suggestions), at)
        else:
            if self._screen.state == "opted_out":
                self._rest(at)
            self._watch(audience, suggestions, context)
        if self._screen.state != "resting":
            self._read(suggestions, context)
        return self._screen

    def _watch(
        self, audience: Audience, suggestions: tuple[Suggestion, ...], context: Context
    ) -> None:
        """Notice who came, who left, and whether other people are there."""
        at, people = context.at, _People.of(audience)
        if self._screen.state == "resting":
            self._welcome(audience, suggestions, at)
            return
        if people.size or context.touches:
            self._memory.seen_at = at
        elif at - self._memory.seen_at >= self._config.leave_s:
            self._rest(at)
            return
        if not people.size:
            self._memory.away = True
            return
        if self._memory.away and people.size == self._memory.chosen_for.size:
            # As many as before, after less than `leave_s`: the same people on new tracks.
            self._memory.chosen_for = replace(people, minors=self._memory.chosen_for.minors)
        self._memory.away = False
        if not people.differ(self._memory.chosen_for):
            self._memory.others = None
        elif self._memory.others is None or people.differ(self._memory.others):
            self._memory.others, self._memory.others_since = people, at
        elif at - self._memory.others_since >= self._config.settle_s:
            self._memory.chosen_for, self._memory.others = people, None
            self._memory.held_until = at

    def _welcome(self, audience: Audience, suggestions: tuple[Suggestion, ...], at: float) -> None:
        """Suggest something as soon as somebody has been there for `settle_s`."""
        if not audience.size:
            self._memory.came_at = None
            return
        if self._memory.came_at is None:
            self._memory.came_at = min((visitor.since for visitor in audience.visitors), default=at)
        choice = self._choose(suggestions)
        if choice and at - self._memory.came_at >= self._config.settle_s:
            self._memory.chosen_for, self._memory.seen_at = _People.of(audience), at
            self._put("showing", choice, at)

    def _read(self, suggestions: tuple[Suggestion, ...], context: Context) -> None:
        """Keep the cards for `hold_s`, except those that are refused and events that are over."""
        at, shown = context.at, self._screen.suggestions
        touched = {
            verdict: {touch.item_id for touch in context.touches if touch.verdict == verdict}
            & set(_ids(shown))
            for verdict in ("chosen", "not_for_me")
        }
        if touched["chosen"]:
            self._memory.held_until = at + self._config.hold_s
        over = {s.item.id for s in shown if _is_over(s.item, context.now)}
        if gone := touched["not_for_me"] | over:
            self._memory.refused |= gone
            self._put(self._screen.state, self._choose(suggestions, keeping=shown), at)
        elif at >= self._memory.held_until:
            choice = self._choose(suggestions)
            if choice and _ids(choice) != _ids(shown):
                self._put(self._screen.state, choice, at)

    def _choose(
        self, suggestions: tuple[Suggestion, ...], keeping: tuple[Suggestion, ...] = ()
    ) -> tuple[Suggestion, ...]:
        """The best that have not been refused; those in `keeping` keep their places."""
        kept = {s.item.id for s in keeping} - self._memory.refused
        spare = (s for s in suggestions if s.item.id not in kept | self._memory.refused)
        slots = (s if s.item.id in kept else next(spare, None) for s in keeping)
        chosen = [s for s in slots if s is not None]
        return (*chosen, *spare)[: self._cards]

    def _put(self, state: ScreenState, suggestions: tuple[Suggestion, ...], at: float) -> None:
        self._screen = Screen(state, suggestions, at, self._screen.serial + 1)
        self._memory.held_until = at + self._config.hold_s

    def _rest(self, at: float) -> None:
        self._put("resting", (), at)
        self._memory = _Memory()


def _is_over(item: Item, now: datetime | None) -> bool:
    """Whether it is an event that has ended, or of which nobody can tell."""
    return item.ends is not None and (now is None or item.ends <= now)


def _ids(suggestions: tuple[Suggestion, ...]) -> list[str]:
    return [suggestion.item.id for suggestion in suggestions]
