"""A sound becomes a request, on this machine, by Moonshine's smallest English model.

The model (https://github.com/moonshine-ai/moonshine, 27 million parameters, MIT licence, in the
package) writes what was said as any words, and of the grammar the sentence that sounds nearest is
taken. What is no request is far from every sentence, and so is one that was hardly understood: both
are taken for nothing. Guarantees: neither the sound nor the words are kept or passed on, but those
of the grammar; who speaks is not told apart; nothing is fetched.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from device.errors import UserError
from device.hearing.grammar import Grammar
from device.hearing.nearest import Near, Nearest
from device.hearing.utterance import as_floats, spoken_part
from device.hearing.vocabulary import spoken, vocabulary_of
from device.values import Request

PACKAGE = "moonshine_voice"

FARTHEST = 0.38
"""The greatest distance of a request (`device.hearing.nearest`). Chosen on the voices and sentences
for tuning (`wayside-tools measure ask --tuning`)."""

OPTIONS = {"identify_speakers": "false", "vad_threshold": "0"}
"""Who speaks is nobody's business; the whole utterance is one line."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """text: what was heard, in any words. near: the nearest sentence of the grammar."""

    text: str = ""
    near: Near = field(default_factory=Near)


def missing() -> str | None:
    """Why nothing can be recognised here; None: it can."""
    if importlib.util.find_spec(PACKAGE) is None:
        return "moonshine-voice is not installed (requirements/hearing.txt)"
    return None


class Recogniser:
    """Recognises requests for what a catalogue has."""

    def __init__(self, counts: Callable[[], Mapping[str, int]], tags: Mapping[str, str]) -> None:
        """counts: how many items of the table in use have each feature; the same object while it is
        the same table. tags: phrases of the screen for features.

        Raises:
            UserError: the package is not installed, or its model is missing.
        """
        if reason := missing():
            raise UserError(f"hearing.ask: {reason}")
        from moonshine_voice import ModelArch, MoonshineError
        from moonshine_voice.transcriber import Transcriber
        from moonshine_voice.utils import get_model_path

        try:
            path = str(get_model_path("tiny-en"))
            self._transcriber: Any = Transcriber(path, ModelArch.TINY, options=OPTIONS)
        except MoonshineError as error:
            raise UserError(f"hearing.ask: {error}") from None
        self._counts, self._tags = counts, tags
        self._learn(counts())

    def recognise(self, sound: bytes) -> Request | None:
        """The request in a sound; None: there is none, or it was not understood.

        sound: samples as `device.hearing.utterance` takes them.
        """
        return self.taken(self.hear(sound))

    def taken(self, heard: Sentence) -> Request | None:
        """The request in what was heard, if it is near enough."""
        near = heard.near
        return self.grammar.request_in(near.words) if near.distance <= FARTHEST else None

    def hear(self, sound: bytes) -> Sentence:
        """What was said, and the sentence of the grammar that is nearest to it."""
        if (counts := self._counts()) is not self._known:
            self._learn(counts)
        part = spoken_part(sound)
        if not part:
            return Sentence()
        lines = self._transcriber.transcribe_without_streaming(as_floats(part)).lines
        text = " ".join(line.text for line in lines)
        return Sentence(text, self._nearest.to(spoken(text)))

    def _learn(self, counts: Mapping[str, int]) -> None:
        self._known = counts
        self.vocabulary = vocabulary_of(counts, self._tags)
        self.grammar = Grammar(self.vocabulary)
        self._nearest = Nearest(self.grammar.arcs)
