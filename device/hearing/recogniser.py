"""A sound becomes a request, on this machine.

Of all sentences of the grammar the one is searched that the model of speech is most likely to
write, piece by piece, a few beginnings at a time (beam search). What is no request is unlikely in
every one of them, and so is one that was hardly heard: both are taken for nothing. Guarantees:
neither the sound nor the words are kept or passed on, but those of the grammar; who speaks is not
told apart; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from device.hearing.grammar import Grammar
from device.hearing.moonshine import END, Floats, Moonshine, Writing
from device.hearing.spelling import Spelling, State
from device.hearing.utterance import RATE, as_floats, spoken_part
from device.hearing.vocabulary import Says, vocabulary_of
from device.values import Request

LEAST_LIKELY = -0.95
"""Of a request, as `Sentence.likely`. Chosen on the voices and sentences for tuning
(`wayside-tools measure ask --tuning`): lower, hardly more is understood, and soon more than a
tenth of what is no request is taken for one."""

BEGINNINGS, LATE_BEGINNINGS = 16, 4
"""Of sentences, that are kept at a time: at first, and in a long search."""

LONG_SEARCH = 800
"""Beginnings that were tried, counted in each variant, after which a search is long: what is no
request keeps many alive to the end, and its answer would come later than others."""

WORSE = 10.0
"""Natural logarithm of how much less likely than the best a beginning may be that is kept."""

VARIANTS = (
    *((speed, 0.0) for speed in (1.0, 0.9, 1.1, 0.82, 1.2)),
    *((speed, 0.7) for speed in (1.0, 0.9)),
)
"""The model hears each sound at these speeds and with this pre-emphasis, and the mean of what it
takes for likely counts: it errs less often in all of them than in one (docs/experiments.md)."""

MOST_HEARD_S = 26.0
"""Seconds of sound in all variants together: of a long sound there are fewer, so that its answer
does not come later than others."""

MOST_PIECES = 24
"""Of a sentence. The shipped catalogue's grammar has some of 31, which say all that can be said at
once."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """words: of the grammar; none: no sentence was found. likely: natural logarithm of its
    probability, by the number of its letters, so that long names are taken as short ones are."""

    words: Says = ()
    likely: float = -np.inf


@dataclass(frozen=True, slots=True)
class _Beginning:
    """likely: sum of the logarithms. pieces: written so far."""

    likely: float
    pieces: tuple[int, ...]
    state: State


class Recogniser:
    """Recognises requests for what a catalogue has."""

    def __init__(self, counts: Callable[[], Mapping[str, int]], tags: Mapping[str, str]) -> None:
        """counts: how many items of the table in use have each feature; the same object while it is
        the same table. tags: phrases of the screen for features.

        Raises:
            UserError: the model of speech is missing.
        """
        self._model = Moonshine()
        self._counts, self._tags = counts, tags
        self._learn(counts())

    def recognise(self, sound: bytes) -> Request | None:
        """The request in a sound; None: there is none, or it was not understood.

        sound: samples as `device.hearing.utterance` takes them.
        """
        return self.taken(self.hear(sound))

    def taken(self, heard: Sentence, least: float = LEAST_LIKELY) -> Request | None:
        """The request in what was heard, if it is likely enough."""
        return self.grammar.request_in(heard.words) if heard.likely >= least else None

    def hear(self, sound: bytes) -> Sentence:
        """The sentence of the grammar that was said, if one was."""
        if (counts := self._counts()) is not self._known:
            self._learn(counts)
        part = as_floats(spoken_part(sound))
        if not len(part):
            return Sentence()
        writing = self._model.hear(variants_of(part))
        try:
            best = search(writing, self._spelling)
        finally:
            self._spelling.forget()
        if best is None:
            return Sentence()
        text = "".join(self._model.pieces[piece] for piece in best.pieces)
        words = self._spelling.words(text)
        return Sentence(words, best.likely / len("".join(words)))

    def _learn(self, counts: Mapping[str, int]) -> None:
        self._known = counts
        self.vocabulary = vocabulary_of(counts, self._tags)
        self.grammar = Grammar(self.vocabulary)
        self._spelling = Spelling(self.grammar.arcs, self._model.pieces)
        self._spelling.forget()  # which finds those at the start: half a second


def variants_of(sound: Floats) -> list[Floats]:
    """What the model hears of a sound: `VARIANTS`, fewer of a long one."""
    count = max(1, int(MOST_HEARD_S * RATE / len(sound)))
    return [at_speed(emphasised(sound, much), speed) for speed, much in VARIANTS[:count]]


def at_speed(sound: Floats, speed: float) -> Floats:
    """A sound that is said so much faster, and higher."""
    if speed == 1.0:
        return sound
    at = np.arange(0, len(sound) - 1, speed)
    return np.asarray(np.interp(at, np.arange(len(sound)), sound), np.float32)


def emphasised(sound: Floats, much: float) -> Floats:
    """A sound with pre-emphasis, as if it were brighter. much: of each sample that is taken away
    from the next."""
    return np.append(sound[:1], sound[1:] - np.float32(much) * sound[:-1])


def search(writing: Writing, spelling: Spelling) -> _Beginning | None:
    """The likeliest whole sentence; None: none was found. Its pieces are those before `END`."""
    beginnings, best = [_Beginning(0.0, (), spelling.start)], None
    tried = 0
    for _ in range(MOST_PIECES):
        longer: list[tuple[int, _Beginning]] = []
        for row, begun in enumerate(beginnings):
            likely = begun.likely + writing.likely[row]
            if spelling.finished(begun.state) and (best is None or likely[END] > best.likely):
                best = _Beginning(float(likely[END]), begun.pieces, begun.state)
            choices = spelling.choices(begun.state)
            for choice in np.argsort(-likely[choices.pieces])[:BEGINNINGS]:
                piece, after = int(choices.pieces[choice]), choices.states[choice]
                next_ = _Beginning(float(likely[piece]), (*begun.pieces, piece), after)
                longer.append((row, next_))
        kept = BEGINNINGS if tried < LONG_SEARCH else LATE_BEGINNINGS
        longer = sorted(longer, key=lambda each: -each[1].likely)[:kept]
        likeliest = longer[0][1].likely if longer else -np.inf
        # No sentence becomes likelier by what follows.
        least = max(likeliest - WORSE, -np.inf if best is None else best.likely)
        longer = [each for each in longer if each[1].likely > least]
        if not longer:
            break
        beginnings = [begun for _, begun in longer]
        tried += len(beginnings) * writing.variants
        writing.extend([row for row, _ in longer], [begun.pieces[-1] for begun in beginnings])
    return best
