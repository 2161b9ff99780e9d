"""What the voice network is trained on: a new view of a clip each time that it is asked for.

Of each clip some sounds are kept, faster and slower, close and in rooms; a view is a part of one of
them, in noise, cut and stretched as the device would cut it. Guarantees: noise is made from the
speech of the clip's own fold, so that no network hears a speaker of a fold that it is tested on;
the same generator draws the same view.
"""

from __future__ import annotations

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from tqdm import tqdm

from device.hearing.spectrogram import (
    FRAMES,
    MELS,
    RATE,
    decibels,
    levelled,
    mel_power,
    repeated,
    spoken,
    stretched,
)
from device.hearing.tone import inputs_of
from tools.datasets.station_noise import (
    HEARD,
    UNHEARD,
    make_noise,
    mixed,
    speech_level,
)
from tools.datasets.voice import FOLDS, VoiceDataset

Floats = NDArray[np.float32]

Kept = NDArray[np.float16]

NOISE_S = 20.0
"""Seconds of each noise of a fold, of which parts are taken."""

NOISY = 0.7
"""Share of the views in noise that is heard; below the others lies a floor of noise, since the
silence of one corpus is deeper than that of the other, and no microphone's is."""

IN_A_ROOM = 0.25
"""Share of the views."""

NOISE_DB, FLOOR_DB = (0.0, 25.0), (25.0, 60.0)
"""Signal-to-noise ratios that are trained on."""

TEST_NOISE_DB = 10.0

SLOW, FAST = (0.85, 0.95), (1.05, 1.18)
"""Resampling, which changes pitch and tempo."""

SPEEDS = (SLOW[0], FAST[1])
"""Stretching, which changes tempo alone."""

TILT_DB = 4.0
"""Of the response to noise."""


def tilt(draw: np.random.Generator, size: float) -> Floats:
    """(MELS,) a smooth random response of a microphone, -size to size."""
    knots = draw.uniform(-size, size, 4)
    return np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 4), knots).astype(np.float32)


def faster(sound: Floats, speed: float) -> Floats:
    """Speech at another speed and pitch."""
    return scipy.signal.resample_poly(sound, 100, round(100 * speed)).astype(np.float32)


def in_a_room(sound: Floats, draw: np.random.Generator) -> Floats:
    """Speech with the reverberation of a random room, 0.2 to 0.8 s."""
    length = int(RATE * draw.uniform(0.2, 0.8))
    decay = np.exp(-6.9 * np.arange(length) / length)  # 60 dB
    room = draw.uniform(0.02, 0.08) * draw.standard_normal(length) * decay
    room[0] = 1
    return scipy.signal.fftconvolve(sound, room)[: len(sound)].astype(np.float32)


def noises_by_fold(
    dataset: VoiceDataset, seconds: float, draw: np.random.Generator, takes: int = 1
) -> list[list[Floats]]:
    """For each fold each kind of `HEARD` noise so many times, made from the speech of that fold; of
    a fold without speech there is none."""
    found = []
    for fold in range(FOLDS):
        speech = dataset.only(dataset.fold == fold).sounds
        makers = takes * [*HEARD.values()] if speech else []
        found.append([make_noise(maker, seconds, speech, draw) for maker in makers])
    return found


class TrainingViews:
    """Draws views of a dataset's clips; the sounds and noises are made from a seed."""

    def __init__(self, dataset: VoiceDataset, seed: int = 1) -> None:
        draw = np.random.default_rng(seed)
        self._fold = dataset.fold
        self._noises = [
            [_kept(noise) for noise in noises]
            for noises in noises_by_fold(dataset, NOISE_S, draw, takes=2)
        ]
        self._sounds = [
            _sounds(sound, draw)
            for sound in tqdm(dataset.sounds, "sounds", unit="clip", disable=None)
        ]

    def view(self, clip: int, draw: np.random.Generator) -> Floats:
        """(FRAMES, MELS) one view of a clip."""
        sounds = self._sounds[clip][draw.random() < IN_A_ROOM]
        power = _power(sounds[draw.integers(len(sounds))])
        heard = decibels(power + self._noise(clip, len(power), draw))
        heard = stretched(heard[spoken(heard)], draw.uniform(*SPEEDS))
        start = draw.integers(max(1, len(heard) - FRAMES if len(heard) > FRAMES else len(heard)))
        return levelled(repeated(heard, FRAMES + start)[start : start + FRAMES])

    def _noise(self, clip: int, frames: int, draw: np.random.Generator) -> Floats:
        """(frames, MELS) power. Powers of speech and noise add up but for their phases."""
        noises = self._noises[int(self._fold[clip])]
        noise = repeated(noises[draw.integers(len(noises))], frames + 1)
        start = draw.integers(len(noise) - frames)
        ratio = draw.uniform(*(NOISE_DB if draw.random() < NOISY else FLOOR_DB))
        response = tilt(draw, TILT_DB) - np.float32(ratio)
        return _power(noise[start : start + frames] + response)


def _sounds(sound: Floats, draw: np.random.Generator) -> tuple[list[Kept], list[Kept]]:
    """(T, MELS) dB of a clip at level 1, as it is and faster and slower; close, and in a room."""
    sound = sound / np.float32(speech_level(sound))
    speeds = [draw.uniform(*limits) for limits in (SLOW, FAST, (SLOW[1], FAST[0]))]
    close = [sound, *(faster(sound, speed) for speed in speeds)]
    return [_kept(one) for one in close], [_kept(in_a_room(one, draw)) for one in close]


def _kept(sound: Floats) -> Kept:
    return decibels(mel_power(sound)).astype(np.float16)


def _power(kept: NDArray[np.floating]) -> Floats:
    return np.asarray(10 ** (kept.astype(np.float32) / 10))


def whole_clips(dataset: VoiceDataset, noise: bool = False) -> list[dict[str, Floats]]:
    """The network's inputs for each clip, as the device makes them.

    noise: with `UNHEARD` noise at `TEST_NOISE_DB`.
    """
    draw = np.random.default_rng(0)
    longest = max(len(sound) for sound in dataset.sounds) / RATE
    noises = [make_noise(maker, 2 * longest, (), draw) for maker in UNHEARD.values()]
    made = []
    for clip, sound in enumerate(dataset.sounds):
        if noise:
            some = noises[clip % len(noises)]
            start = draw.integers(len(some) - len(sound))
            sound = mixed(sound, some[start:], TEST_NOISE_DB)
        made.append(inputs_of(sound, mel_power(sound)))
    return made
