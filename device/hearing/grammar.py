"""The sentences of a request as a network of words, and the request in a sentence of it.

A sentence is a lead ("find me"), something of the catalogue, and what is asked of it in any order
("that is open now", "near here"). The more items a thing stands for, the likelier it is to be asked
for. Guarantee: `request_in` leaves out what it does not know, so that a request holds only what was
said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import sqrt

from device.hearing.vocabulary import Says, Vocabulary, spoken
from device.values import Request

ANY = ("something", "somewhere", "anything", "anywhere")
"""Things of any kind."""

Arc = tuple[int, int, float, str | None]
"""From a state, to another, the probability, and the word that is said on the way; None: none."""


class Grammar:
    """arcs: of the network, from state `START` to `final`, without circles."""

    START, LED, ARTICLE, QUIET, ANY, NAMED, WISHED, ENDING, final = range(9)

    def __init__(self, vocabulary: Vocabulary) -> None:
        """The probabilities are this project's own judgement."""
        self._vocabulary = vocabulary
        self.arcs: list[Arc] = []
        self._states = self.final + 1
        said = vocabulary.phrases
        wishes = dict.fromkeys((*said.near, *said.open_now, *said.children), 1.0)
        names = {words: sqrt(vocabulary.items(words)) for words in vocabulary.things}
        named = {" ".join(w): p for w, p in names.items() if w not in vocabulary.loose}
        loose = {" ".join(words): 1.0 for words in vocabulary.loose}
        self._say(self.START, self.LED, _equally(said.leads), 0.5)
        self._skip(self.START, self.LED, 0.5)
        self._say(self.LED, self.ARTICLE, _equally(said.articles), 0.4)
        self._skip(self.LED, self.ARTICLE, 0.4)
        self._say(self.ARTICLE, self.QUIET, _equally(said.quiet), 0.05)
        self._skip(self.ARTICLE, self.QUIET, 0.95)
        self._say(self.QUIET, self.NAMED, named, 1)
        self._say(self.LED, self.ANY, _equally(ANY), 0.2)
        self._say(self.ANY, self.NAMED, _equally(said.quiet), 0.15)
        self._say(self.ANY, self.NAMED, loose, 0.4)
        self._say(self.ANY, self.NAMED, wishes, 0.45)
        self._say(self.NAMED, self.WISHED, wishes, 0.4)
        self._skip(self.NAMED, self.ENDING, 0.6)
        self._say(self.WISHED, self.ENDING, wishes, 0.3)
        self._skip(self.WISHED, self.ENDING, 0.7)
        self._say(self.ENDING, self.final, _equally(said.thanks), 0.2)
        self._skip(self.ENDING, self.final, 0.8)

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

    def _skip(self, start: int, end: int, share: float) -> None:
        self.arcs.append((start, end, share, None))

    def _say(self, start: int, end: int, phrases: Mapping[str, float], share: float) -> None:
        """Ways from one state to another, one a phrase; those that begin alike begin together."""
        if phrases:
            whole = sum(phrases.values())
            rows = {spoken(text): share * weight / whole for text, weight in phrases.items()}
            self._branch(start, end, rows)

    def _branch(self, start: int, end: int, rows: Mapping[Says, float]) -> None:
        """rows: the words to say from here, and the probability of each row."""
        behind: dict[str, dict[Says, float]] = defaultdict(dict)
        for words, share in rows.items():
            behind[words[0]][words[1:]] = share
        for word, rests in behind.items():
            if () in rests:
                self.arcs.append((start, end, rests.pop(()), word))
            if rests:
                self._states += 1
                state, whole = self._states - 1, sum(rests.values())
                self.arcs.append((start, state, whole, word))
                self._branch(state, end, {row: each / whole for row, each in rests.items()})


def _equally(phrases: Iterable[str]) -> dict[str, float]:
    return dict.fromkeys(phrases, 1.0)


def _has(heard: Says, words: Says) -> bool:
    return any(heard[at : at + len(words)] == words for at in range(len(heard) - len(words) + 1))
