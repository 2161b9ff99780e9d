"""What the screen shows, and when it changes.

Guarantees: suggestions appear `settle_s` after somebody has come; they stay for `hold_s`, to be
read, unless somebody comes or leaves, and for `linger_s` after the last face or touch. Somebody new
never goes on with the cards of those who left: they go within a second. `leave_s` after the last
person has left, all that is known of them is where a face was lost (`device/session/places.py`).
Time is `Context.at` alone: a jump of the wall clock has no effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from device.config import SessionConfig
from device.session.places import JUDGED_S, Places
from device.values import (
    Audience,
    Company,
    Context,
    Item,
    Request,
    Screen,
    ScreenState,
    Suggestion,
)

SPARES = 5
"""Suggestions that the matcher returns beyond the cards: they replace cards that are refused."""


@dataclass(frozen=True, slots=True)
class _People:
    """The people for whom a screen was chosen. numbers: of `Places`. company: None: any, as nothing
    is known of them any more. minors: whether one of them may be a minor."""

    numbers: frozenset[int]
    company: Company | None
    minors: bool

    def differ(self, chosen_for: _People) -> bool:
        """Whether somebody came or left, or may now be a minor; a new mood does not count."""
        return (
            self.numbers != chosen_for.numbers
            or chosen_for.company not in (None, self.company)
            or (self.minors and not chosen_for.minors)
        )


@dataclass(slots=True)
class _Memory:
    """Everything known about the people who are there; a new one forgets it.

    came_at, seen_at, held_until, others_since: monotonic seconds. chosen_for: for whom the screen
    was chosen. request: what was asked for then. others: who is there instead, until that is
    certain. away: nobody is in the picture.
    refused: ids of items.
    """

    places: Places
    came_at: float | None = None
    seen_at: float = 0.0
    held_until: float = 0.0
    chosen_for: _People = _People(frozenset(), None, False)
    others: _People | None = None
    others_since: float = 0.0
    request: Request | None = None
    away: bool = False
    refused: set[str] = field(default_factory=set)


class Session:
    """The screen over time. cards: how many suggestions it shows."""

    def __init__(self, config: SessionConfig, cards: int) -> None:
        self._config = config
        self._cards = cards
        self._screen = Screen()
        self._memory = _Memory(Places(config))

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
        if context.asleep:
            if self._screen.state != "resting":
                self._rest(at)
            return self._screen
        if context.opted_out:
            if self._screen.state != "opted_out":
                # What a touch has refused is known without looking at anyone.
                self._memory = _Memory(
                    Places(self._config),
                    refused=self._memory.refused,
                    request=self._memory.request,
                )
                self._put("opted_out", self._choose(suggestions), at)
        else:
            if self._screen.state == "opted_out":
                self._rest(at)
            self._watch(audience, suggestions, context)
        self._answer(suggestions, context)
        if self._screen.state != "resting":
            self._read(suggestions, context)
        return self._screen

    def _answer(self, suggestions: tuple[Suggestion, ...], context: Context) -> None:
        """Show what is asked for aloud at once, also to somebody whom no camera sees; of what is no
        longer asked for, other cards."""
        if context.request == self._memory.request:
            return
        self._memory.request, self._memory.held_until = context.request, context.at
        choice = self._choose(suggestions)
        if context.request is not None and self._screen.state == "resting" and choice:
            self._memory.seen_at = context.at
            self._put("showing", choice, context.at)

    def _watch(
        self, audience: Audience, suggestions: tuple[Suggestion, ...], context: Context
    ) -> None:
        """Notice who came, who left, and whether other people are there."""
        at = context.at
        if self._screen.state != "resting":
            self._memory.places.update(audience, at)
            if not audience.size:
                self._linger(context)
            elif self._memory.places.judged:
                self._follow(audience, at)
        if self._screen.state == "resting":
            self._welcome(audience, suggestions, at)

    def _linger(self, context: Context) -> None:
        """Keep the cards while nobody is in the picture, and forget who was."""
        at, memory = context.at, self._memory
        if context.touches or context.used:
            memory.seen_at = at
        elif at - memory.seen_at >= self._config.leave_s:
            chosen_for = memory.chosen_for
            memory.chosen_for = replace(chosen_for, company=None)
            pictured = bool(chosen_for.numbers) and chosen_for.numbers <= memory.places.pictures
            if pictured or at - memory.seen_at >= self._config.stay_s:
                self._rest(at)
                return
        memory.away, memory.others = True, None
        memory.held_until = at + self._config.hold_s

    def _follow(self, audience: Audience, at: float) -> None:
        """Let the cards follow once it is certain that others are there than those for whom they
        were chosen; where none of those is there, they go. Whoever is behind a phone beside others
        is there, and the cards wait for them."""
        memory = self._memory
        places, numbers = memory.places, memory.chosen_for.numbers
        if numbers and not places.there & numbers:
            if at - places.began_at >= JUDGED_S:
                self._rest(at)
            return
        memory.seen_at = at
        covered = places.covered & numbers
        company = None if covered else audience.company
        people = _People(places.there | covered, company, audience.minors)
        if memory.away:
            memory.away = False
            memory.chosen_for = replace(people, minors=memory.chosen_for.minors)
        if covered:
            memory.held_until = at + self._config.hold_s
            memory.chosen_for = replace(memory.chosen_for, company=None)
        elif memory.chosen_for.company is None:
            memory.chosen_for = replace(memory.chosen_for, company=company)
        if not people.differ(memory.chosen_for):
            memory.others = None
        elif memory.others is None or people.differ(memory.others):
            memory.others, memory.others_since = people, at
        elif at - memory.others_since >= self._config.settle_s:
            memory.chosen_for, memory.others = people, None
            memory.held_until = at

    def _welcome(self, audience: Audience, suggestions: tuple[Suggestion, ...], at: float) -> None:
        """Suggest something as soon as somebody has been there for `settle_s`."""
        memory = self._memory
        if not audience.size:
            memory.came_at = None
            return
        if memory.came_at is None:
            memory.came_at = min((visitor.since for visitor in audience.visitors), default=at)
        choice = self._choose(suggestions)
        if choice and at - memory.came_at >= self._config.settle_s:
            memory.seen_at = at
            memory.places.update(audience, at)
            memory.chosen_for = _People(memory.places.there, audience.company, audience.minors)
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
        self._memory = _Memory(Places(self._config), request=self._memory.request)


def _is_over(item: Item, now: datetime | None) -> bool:
    """Whether it is an event that has ended, or of which nobody can tell."""
    return item.ends is not None and (now is None or item.ends <= now)


def _ids(suggestions: tuple[Suggestion, ...]) -> list[str]:
    return [suggestion.item.id for suggestion in suggestions]
