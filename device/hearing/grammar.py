"""The sentences of a request as a network of words, and the request in a sentence of it.

A sentence is a lead ("find me"), something of the catalogue, and what is asked of it in any order
("that is open now", "near here"). Guarantee: `request_in` leaves out what it does not know, so that
a request holds only what was said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from device.hearing.vocabulary import Says, Vocabulary, spoken
from device.values import Request

ANY = ("something", "somewhere", "anything", "anywhere")
"""Things of any kind."""

Arc = tuple[int, int, str | None]
"""From a state, to another, and the word that is said on the way; None: none."""


class Grammar:
    """arcs: of the network, from state `START` to `final`, without circles."""

    START, LED, ARTICLE, QUIET, ANY, NAMED, WISHED, ENDING, final = range(9)

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.arcs: list[Arc] = []
        self._states = self.final + 1
        said = vocabulary.phrases
        wishes = (*said.near, *said.open_now, *said.children)
        loose = [" ".join(words) for words in vocabulary.loose]
        named = [" ".join(each) for each in vocabulary.things if each not in vocabulary.loose]
        for start, end, phrases in (
            (self.START, self.LED, said.leads),
            (self.LED, self.ARTICLE, said.articles),
            (self.ARTICLE, self.QUIET, said.quiet),
            (self.NAMED, self.WISHED, wishes),
            (self.WISHED, self.ENDING, wishes),
            (self.ENDING, self.final, said.thanks),
        ):
            self._say(start, end, phrases)
            self.arcs.append((start, end, None))
        self._say(self.QUIET, self.NAMED, named)
        self._say(self.LED, self.ANY, ANY)
        self._say(self.ANY, self.NAMED, (*said.quiet, *loose, *wishes))

    def request_in(self, words: Iterable[str]) -> Request | None:
        """The request in a sentence; None: it asks for nothing.

        Of the things that it names the longest counts, since a part of its name may be one too.
        """
        heard, phrases = tuple(words), self._vocabulary.phrases
        named = [thing for thing in self._vocabulary.things if _has(heard, thing)]
        thing: Says = max(named, key=len, default=())
        near, open_now, quiet, children = (
            any(_has(heard, spoken(each)) for each in says)
            for says in (phrases.near, phrases.open_now, phrases.quiet, phrases.children)
        )
        if not (thing or near or open_now or quiet or children):
            return None
        features = tuple(sorted(self._vocabulary.things[thing])) if thing else ()
        return Request(" ".join(thing), features, open_now, near, quiet, children)

    def _say(self, start: int, end: int, phrases: Iterable[str]) -> None:
        """Ways from one state to another, one a phrase; those that begin alike begin together."""
        self._branch(start, end, {spoken(phrase) for phrase in phrases})

    def _branch(self, start: int, end: int, rows: Iterable[Says]) -> None:
        """rows: the words to say from here, one or more each."""
        behind: dict[str, set[Says]] = defaultdict(set)
        for first, *rest in sorted(rows):
            behind[first].add(tuple(rest))
        for word, rests in behind.items():
            if () in rests:
                self.arcs.append((start, end, word))
            if rests := rests - {()}:
                self._states += 1
                state = self._states - 1
                self.arcs.append((start, state, word))
                self._branch(state, end, rests)


def _has(heard: Says, words: Says) -> bool:
    return any(heard[at : at + len(words)] == words for at in range(len(heard) - len(words) + 1))
