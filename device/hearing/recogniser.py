"""A sound becomes a request, on this machine, by PocketSphinx and its American English model.

The sound is decoded twice: into a sentence of the grammar, and into any phones of English. What is
no request fits phones far better than any sentence of the grammar, and so does one that was hardly
understood: both are taken for nothing. Guarantees: no sound is kept or passed on; what is returned
holds only words of the grammar.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

from device.errors import UserError
from device.hearing.grammar import Grammar
from device.hearing.utterance import spoken_part
from device.hearing.vocabulary import Vocabulary, vocabulary_of
from device.values import Request

PACKAGE = "pocketsphinx"
LEAST_FIT = -4.2
"""The worst `Heard.fit` of a request. Chosen on the voices and sentences for tuning
(`wayside-tools measure ask --tuning`)."""

BEAMS = {"beam": 1e-40, "wbeam": 1e-22, "pbeam": 1e-40}

MOST_TRAILING = 2
"""Words after a sentence that are noise."""

_Part = tuple[str, int, int, float]
"""A word or phone, its first and last frame, and its log likelihood."""

_WORST = -1000.0
"""The logarithm of a likelihood that is too small for a number."""


@dataclass(frozen=True, slots=True)
class Heard:
    """words: the likeliest sentence of the grammar. fit: natural logarithm of its likelihood
    divided by that of the likeliest phones, for a hundredth of a second of speech; 0 at best.
    whole: whether the sentence came to its end."""

    words: tuple[str, ...] = ()
    fit: float = _WORST
    whole: bool = False


def missing() -> str | None:
    """Why nothing can be recognised here; None: it can."""
    if importlib.util.find_spec(PACKAGE) is None:
        return f"{PACKAGE} is not installed (requirements/hearing.txt)"
    return None


class Recogniser:
    """Recognises the requests of one catalogue."""

    def __init__(self, counts: Mapping[str, int], tags: Mapping[str, str]) -> None:
        """counts, tags: as in `vocabulary_of`.

        Raises:
            UserError: PocketSphinx is not installed.
        """
        if reason := missing():
            raise UserError(f"hearing.ask: {reason}")
        from pocketsphinx import Decoder, get_model_path

        dictionary = get_model_path("en-us/cmudict-en-us.dict")
        lines = Path(dictionary).read_text(encoding="utf-8").splitlines()
        known = frozenset(line.split(maxsplit=1)[0] for line in lines)
        self.vocabulary: Vocabulary = vocabulary_of(counts, tags, known)
        self.grammar = Grammar(self.vocabulary)
        self._decoder = Decoder(
            hmm=get_model_path("en-us/en-us"),
            dict=dictionary,
            lm=None,
            loglevel="FATAL",
            **BEAMS,
        )
        arcs = [arc if arc[-1] else arc[:-1] for arc in self.grammar.arcs]
        network = self._decoder.create_fsg("request", Grammar.START, Grammar.final, arcs)
        self._decoder.add_fsg("request", network)
        self._decoder.add_allphone_file("phones", get_model_path("en-us/en-us-phone.lm.bin"))

    def recognise(self, sound: bytes) -> Request | None:
        """The request in a sound; None: there is none, or it was not understood.

        sound: samples as `device.hearing.utterance` takes them.
        """
        return self.taken(self.hear(sound))

    def taken(self, heard: Heard) -> Request | None:
        """The request in what was heard, if it fits."""
        fits = heard.whole and heard.fit >= LEAST_FIT
        return self.grammar.request_in(heard.words) if fits else None

    def hear(self, sound: bytes) -> Heard:
        """The likeliest sentence of the grammar in a sound, and how well it fits."""
        sound = spoken_part(sound)
        words = self._decode("request", sound) if sound else []
        words = [part for part in words if part[0][0] not in "<[("]
        for _ in range(MOST_TRAILING):
            if words and not self.grammar.accepts(_said(words)):
                words.pop()
        if not words:
            return Heard()
        first, last = words[0][1], words[-1][2]
        phones = [p for p in self._decode("phones", sound) if first <= p[1] and p[2] <= last]
        said = _said(words)
        fit = _per_frame(words) - _per_frame(phones) if phones else _WORST
        return Heard(said, fit, self.grammar.accepts(said))

    def _decode(self, search: str, sound: bytes) -> list[_Part]:
        decoder: Any = self._decoder
        decoder.activate_search(search)
        decoder.start_utt()
        decoder.process_raw(sound, full_utt=True)
        decoder.end_utt()
        if decoder.hyp() is None:
            return []
        return [
            (
                part.word,
                part.start_frame,
                part.end_frame,
                log(part.ascore) if part.ascore else _WORST,
            )
            for part in decoder.seg()
        ]


def _said(parts: Sequence[_Part]) -> tuple[str, ...]:
    """The words, without the numbers of their pronunciations."""
    return tuple(word.split("(")[0] for word, *_ in parts)


def _per_frame(parts: Sequence[_Part]) -> float:
    frames = sum(last - first + 1 for _, first, last, _ in parts)
    return sum(score for *_, score in parts) / frames
