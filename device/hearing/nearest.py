"""The sentence of the grammar that sounds nearest to a text.

A recogniser writes what it has heard as any words ("find me a partner bye"); what was said may be
the sentence of the grammar whose letters are the nearest ("find me a park nearby"). The letters of
all sentences are one network, and the distance is that of Levenshtein, where letters that sound
alike are nearer to each other, on the likeliest way through it. Spaces count nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from device.hearing.grammar import Arc, Grammar
from device.hearing.vocabulary import Says

ALIKE = ("aeiouy", "bp", "dt", "gkcq", "szcx", "fv", "mn", "vw", "lr", "jg")
"""Letters that are often taken for one another."""

HALF = 0.5
"""Of letters that sound alike, and of a vowel or h too many or too few."""

SOFT = "aeiouyhw'"

LIKELY = 0.15
"""What the logarithm of a way's probability counts, in letters."""

AT_ONCE = 10
"""Letters and empty arcs that can be left out in a row."""

Costs = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Near:
    """A sentence, and its distance from the text, in letters of the longer of the two."""

    words: Says = ()
    distance: float = 1.0


class Nearest:
    """Finds the nearest sentence of a grammar."""

    def __init__(self, arcs: Sequence[Arc]) -> None:
        """arcs: of the grammar."""
        edges: list[tuple[int, int, str, float, str]] = []
        """From a node, to another, the letter, the cost, and the word that ends with it."""
        self._nodes = 1 + max(max(start, end) for start, end, *_ in arcs)
        for start, end, share, word in arcs:
            unlikely = -LIKELY * log(share)
            letters = list(word or "") or [""]
            for place, letter in enumerate(letters):
                last = place == len(letters) - 1
                target = end if last else self._new()
                cost, ended = 0 if place else unlikely, (word or "") if last else ""
                edges.append((start, target, letter, cost, ended))
                start = target
        edges.sort(key=lambda edge: edge[1])
        self._edges = edges
        self._source = np.array([edge[0] for edge in edges])
        ends = np.array([edge[1] for edge in edges])
        self._targets, self._starts = np.unique(ends, return_index=True)
        self._extra = np.array([edge[3] for edge in edges], np.float32)
        self._leave_out = self._extra + np.array(
            [_soft(edge[2]) if edge[2] else 0 for edge in edges], np.float32
        )
        self._instead = {
            letter: self._extra + np.array([_apart(letter, edge[2]) for edge in edges], np.float32)
            for letter in "abcdefghijklmnopqrstuvwxyz'"
        }
        self._into: dict[int, list[int]] = defaultdict(list)
        for number, edge in enumerate(edges):
            self._into[edge[1]].append(number)

    def to(self, words: Iterable[str]) -> Near:
        """The sentence that is nearest to these words."""
        text = "".join(words)
        if not text:
            return Near()
        column = np.full(self._nodes, np.inf, np.float32)
        column[Grammar.START] = 0
        columns = [self._shorter(column)]
        for letter in text:
            before = columns[-1]
            column = before + np.float32(_soft(letter))
            self._step(before, self._instead[letter], column)
            columns.append(self._shorter(column))
        said = self._words(columns, text)
        length = max(len(text), len("".join(said)))
        return Near(said, float(columns[-1][Grammar.final]) / length)

    def _step(self, before: Costs, cost: Costs, column: Costs) -> None:
        """Lower `column` to what each node costs by its cheapest edge."""
        least = np.minimum.reduceat(before[self._source] + cost, self._starts)
        column[self._targets] = np.minimum(column[self._targets], least)

    def _shorter(self, column: Costs) -> Costs:
        """Leave out letters, as long as that is cheaper."""
        for _ in range(AT_ONCE):
            self._step(column, self._leave_out, column)
        return column

    def _words(self, columns: list[Costs], text: str) -> Says:
        """The words on the cheapest way, from its end."""
        node, place, said = Grammar.final, len(text), []
        while (node, place) != (Grammar.START, 0):
            here, ways = columns[place][node], []
            for number in self._into[node]:
                source = self._edges[number][0]
                ways.append((columns[place][source] + self._leave_out[number], number, 0))
                if place:
                    instead = self._instead[text[place - 1]][number]
                    ways.append((columns[place - 1][source] + instead, number, 1))
            if place:
                ways.append((columns[place - 1][node] + _soft(text[place - 1]), -1, 1))
            cost, number, step = min(ways)
            if not np.isfinite(here) or cost > here + 1e-3:
                return ()
            place -= step
            if number >= 0:
                node = self._edges[number][0]
                said.append(self._edges[number][4])
        return tuple(word for word in reversed(said) if word)

    def _new(self) -> int:
        self._nodes += 1
        return self._nodes - 1


def _soft(letter: str) -> float:
    return HALF if letter in SOFT else 1.0


def _apart(letter: str, other: str) -> float:
    """What one letter instead of another costs; infinite where there is none."""
    if letter == other:
        return 0.0
    if not other:
        return float("inf")
    return HALF if any(letter in group and other in group for group in ALIKE) else 1.0
