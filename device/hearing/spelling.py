"""Which pieces of text may follow one another, so that a sentence of the grammar is written.

A recogniser writes pieces of words ("▁book", "shop", "."). The words of a grammar are one network
of letters, and a state is the nodes that have been reached in it. Guarantees: whatever is written
by these choices can be finished, if every letter is a piece, and then `words` finds its words;
capital letters and the marks of a sentence are free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from device.hearing.grammar import Arc, Grammar
from device.hearing.vocabulary import Says

SPACE = "▁"
"""Before the first letter of a word, in a piece."""

LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz'" + SPACE)

PAUSES, ENDS = (",",), (".", "?", "!")
"""Marks of a sentence. What is said says nothing of them."""

State: TypeAlias = frozenset[int]


@dataclass(frozen=True, slots=True)
class Choices:
    """pieces: (K,) indices of those that may follow. states: K, what each leads to."""

    pieces: NDArray[np.int64]
    states: tuple[State, ...]


class Spelling:
    """The choices at each state; those that were asked for are kept until `forget`."""

    def __init__(self, arcs: Sequence[Arc], pieces: Sequence[str]) -> None:
        """arcs: of a grammar. pieces: of text, by the recogniser's numbers."""
        self._edges: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._empty: dict[int, set[int]] = defaultdict(set)
        self._ended: dict[tuple[int, int], str] = {}
        """The word whose last letter lies between two nodes."""
        self._nodes = 1 + max(max(start, end) for start, end, _ in arcs)
        for start, end, word in arcs:
            if word is None:
                self._empty[start].add(end)
            else:
                self._spell(start, end, word)
        self._tree: dict[str, Any] = {}
        self._pauses, self._ends = (
            [number for number, piece in enumerate(pieces) if piece in marks]
            for marks in (PAUSES, ENDS)
        )
        for number, piece in enumerate(pieces):
            if piece and LETTERS.issuperset(letters := _letters(piece)):
                self._place(letters, number)
        self._kept: dict[State, Choices] = {}
        self._moved: dict[State, dict[str, State]] = {}
        self.start = self._reached({Grammar.START})

    @staticmethod
    def finished(state: State) -> bool:
        """Whether what was written is a whole sentence."""
        return Grammar.final in state

    def choices(self, state: State) -> Choices:
        """What may follow."""
        if state not in self._kept:
            found = list(self._walk(self._tree, state))
            if self.finished(state):
                found += [(number, frozenset({Grammar.final})) for number in self._ends]
            if state != self.start:
                found += [(number, state) for number in self._pauses]
            numbers = np.array([number for number, _ in found], np.int64)
            self._kept[state] = Choices(numbers, tuple(after for _, after in found))
        return self._kept[state]

    def forget(self) -> None:
        """Drop the choices that were asked for, which tell what was said, but for the start's."""
        self._kept = {self.start: self.choices(self.start)}
        self._moved = {}

    def words(self, text: str) -> Says:
        """The words of a sentence that was written by these choices; empty: it is none."""
        ways: dict[int, Says] = dict.fromkeys(self.start, ())
        for letter in SPACE + _letters(text).lstrip(SPACE):
            if letter not in LETTERS:
                continue
            after: dict[int, Says] = {}
            for node, said in ways.items():
                for target in self._edges.get(node, {}).get(letter, ()):
                    word = self._ended.get((node, target))
                    for each in self._reached({target}):
                        after.setdefault(each, said if word is None else (*said, word))
            ways = after
        return ways.get(Grammar.final, ())

    def _spell(self, start: int, end: int, word: str) -> None:
        """The letters of a word, after a space."""
        node = self._new()
        self._edges[start][SPACE].add(node)
        for letter in word[:-1]:
            after = self._new()
            self._edges[node][letter].add(after)
            node = after
        self._edges[node][word[-1]].add(end)
        self._ended[node, end] = word

    def _place(self, letters: str, number: int) -> None:
        """Keep a piece in the tree of pieces."""
        branch = self._tree
        for letter in letters:
            branch = branch.setdefault(letter, {})
        branch.setdefault("", []).append(number)

    def _walk(self, branch: Mapping[str, Any], state: State) -> Iterator[tuple[int, State]]:
        """Pieces below a branch whose letters lead on from a state, and the state after each."""
        if "" in branch:
            yield from ((number, state) for number in branch[""])
        for letter, after in self._moves(state).items():
            if letter in branch:
                yield from self._walk(branch[letter], after)

    def _moves(self, state: State) -> dict[str, State]:
        """The letters that may follow, and the state after each."""
        if state not in self._moved:
            found: dict[str, set[int]] = defaultdict(set)
            for node in state & self._edges.keys():
                for letter, targets in self._edges[node].items():
                    found[letter] |= targets
            self._moved[state] = {letter: self._reached(after) for letter, after in found.items()}
        return self._moved[state]

    def _reached(self, nodes: set[int]) -> State:
        """These nodes, and those that can be reached without a letter."""
        found, new = set(nodes), list(nodes)
        while new:
            more = self._empty.get(new.pop(), set()) - found
            found |= more
            new += more
        return frozenset(found)

    def _new(self) -> int:
        self._nodes += 1
        return self._nodes - 1


def _letters(piece: str) -> str:
    return piece.lower().replace(" ", SPACE)
