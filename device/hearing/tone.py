"""The tone of voice of the one person who speaks: an `Observation` for the corridor's `sense`.

Guarantees: no microphone is opened here, and no sound is kept or passed on, only shares of
emotions; with nobody or several people there nothing is observed, since the voice may be anyone's,
and what was heard is dropped when another face comes; noise lowers the trust, to none where the
voice hardly stands out of it. It is off unless `hearing.tone` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device.hearing.functionals import FUNCTIONALS, functionals
from device.hearing.spectrogram import FRAMES, MELS, RATE, Floats, decibels, mel_power, views
from device.hearing.utterance import as_floats
from device.inference.litert import Model, load_model
from device.inference.model_card import load_card
from device.recognition.recognise import softmax
from device.values import Observation

SOURCE = "voice"

SHORTEST_S = 0.6
"""Shorter sounds are a word at most."""

MERGED = {"calm": "neutral"}
"""Labels of the network that the table of moods does not have."""

NO_TRUST_DB, FULL_TRUST_DB = 3.0, 20.0
"""Speech so far above the noise, at most and at least."""

HELD_S = 5.0
"""A tone counts for so long after it was heard: while the cards that were asked for are read."""

WEIGHT = 0.3
"""Beside a face's 1: of speakers of another corpus the network tells 52 % of four classes, and the
face network 70 % of seven (docs/model-card.md)."""

REPEAT_S = 0.5
"""As the smoothing expects of a sensor."""

_LOUD, _QUIET = 0.9, 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """labels: of shares, (L,) float32 probabilities. arousal: probability of high arousal. valence:
    -1 to 1. trust: 0 to 1, by the noise."""

    labels: tuple[str, ...]
    shares: Floats
    arousal: float
    valence: float
    trust: float


class ToneReader:
    """Reads the tone of an utterance with `voice.tflite`."""

    def __init__(self, models: Path) -> None:
        """models: folder of the model and its card.

        Raises:
            UserError: one of them is missing, or another model.
        """
        path = models / "voice.tflite"
        names = load_card(path).labels
        self._model = load_model(path)
        self._model.require(
            {"view": (1, FRAMES, MELS), "functionals": (1, FUNCTIONALS)},
            {"emotion": (1, len(names)), "arousal": (1, 1), "valence": (1, 3)},
        )
        merged = [MERGED.get(name, name) for name in names]
        self.labels = tuple(dict.fromkeys(merged))
        """Of every `Tone`."""
        self._place = [self.labels.index(name) for name in merged]

    def read(self, sound: Floats) -> Tone | None:
        """The tone of an utterance; None: too short to tell.

        sound: (N,) float32 samples at 16 kHz, -1 to 1.
        """
        if len(sound) < SHORTEST_S * RATE:
            return None
        power = mel_power(sound)
        mean = predict_sound(self._model, inputs_of(sound, power))
        shares = np.zeros(len(self.labels), np.float32)
        np.add.at(shares, self._place, mean["emotion"])
        valence = softmax(mean["valence"])
        return Tone(
            self.labels, shares / shares.sum(),
            arousal=float(1 / (1 + np.exp(-mean["arousal"][0]))),
            valence=float(valence[2] - valence[0]),
            trust=trust_of(power),
        )  # fmt: skip


def inputs_of(sound: Floats, power: Floats) -> dict[str, Floats]:
    """(V, ...) inputs of the voice network: each view of a sound, and its functionals. power: of
    `mel_power`."""
    view = views(power)
    return {"view": view, "functionals": np.tile(functionals(sound, power), (len(view), 1))}


def predict_sound(model: Model, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
    """(units,) mean outputs of the views of a sound. inputs: of `inputs_of`."""
    rows = zip(*inputs.values(), strict=True)
    found = [model.run({n: one[None] for n, one in zip(inputs, row, strict=True)}) for row in rows]
    return {name: np.mean([one[name][0] for one in found], axis=0) for name in found[0]}


def trust_of(power: Floats) -> float:
    """0 to 1 by how far the loud frames of (T, MELS) power are above the quiet ones."""
    level = decibels(power.sum(axis=1))
    above = float(np.quantile(level, _LOUD) - np.quantile(level, _QUIET))
    return float(np.clip((above - NO_TRUST_DB) / (FULL_TRUST_DB - NO_TRUST_DB), 0, 1))


def observation_of(tone: Tone | None, people: int, at: float) -> Observation | None:
    """What the corridor takes of a tone, if exactly one person is there.

    people: how many stand there, by the audience. at: monotonic seconds.
    """
    if tone is None or people != 1:
        return None
    return Observation(
        SOURCE, at, tone.labels, emotion=tone.shares, trust=tone.trust, weight=WEIGHT
    )


class Voice:
    """The tone of what was said last, for as long as it counts."""

    def __init__(self, read: Callable[[Floats], Tone | None]) -> None:
        """read: of a `ToneReader`."""
        self._read = read
        self._heard: Tone | None = None
        self._speaking = self._alone = False
        self._since = self._next = 0.0

    def hear(self, sound: bytes) -> None:
        """Read the tone of an utterance, as `device.hearing.utterance` has it, once the button was
        let go, if one person alone was seen all the while. May be called from any thread."""
        if self._alone:
            self._heard = self._read(as_floats(sound))

    def turn(self, speaking: bool, people: int, at: float) -> tuple[Observation, ...]:
        """What is observed now; to be called for each frame, and when everybody is forgotten.

        speaking: the button is held. people: how many faces the camera shows. at: monotonic
        seconds.
        """
        began = speaking and not self._speaking
        self._speaking = speaking
        self._alone = people == 1 and (self._alone or began)
        if speaking:
            self._since = self._next = at
        if speaking or not self._alone or at - self._since > HELD_S:
            self._heard = None
        observed = observation_of(self._heard, people, at)
        if observed is None or at < self._next:
            return ()
        self._next = at + REPEAT_S
        return (observed,)
