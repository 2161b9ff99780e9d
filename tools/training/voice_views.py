"""What the voice network is trained on: varied views of each clip, made once and kept.

Some of each clip, so that an epoch costs the network's arithmetic alone: faster and slower, in
rooms, in noise, cut and stretched as the device would cut them. Guarantees: noise is made from the
speech of the clip's own fold, so that no network hears a speaker of a fold that it is tested on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from tqdm import tqdm

from device.hearing.spectrogram import (
    FRAMES,
    HOP,
    MELS,
    RATE,
    decibels,
    levelled,
    mel_power,
    repeated,
    speech,
    stretched,
    views,
)
from tools.datasets.station_noise import (
    HEARD,
    UNHEARD,
    make_noise,
    mixed,
    speech_level,
)
from tools.datasets.voice import FOLDS, VoiceDataset

Floats = NDArray[np.float32]

VARIANTS = 25
"""Views of each clip; the first `QUIET` of them without noise."""
QUIET = 7

NOISE_S = 20.0
"""Seconds of each noise of a fold, of which parts are taken."""

LOUDEST_NOISE_DB, FAINTEST_NOISE_DB = 0.0, 25.0
"""Signal-to-noise ratios that are trained on."""

TEST_NOISE_DB = 10.0

SPEEDS = (0.85, 1.18)
"""Resampling, which changes pitch and tempo, and stretching, which changes tempo alone."""


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


class ViewMaker:
    """Makes the views of a dataset's clips from a seed."""

    def __init__(self, dataset: VoiceDataset, seed: int = 1) -> None:
        self._dataset, self._draw = dataset, np.random.default_rng(seed)
        self._noises = {fold: self._noises_of(fold) for fold in range(FOLDS)}

    def _noises_of(self, fold: int) -> list[Floats]:
        """Mel power of each kind of noise, twice."""
        sounds = self._dataset.only(self._dataset.fold == fold).sounds
        makers = 2 * [*HEARD.values()] if sounds else []
        return [mel_power(make_noise(m, NOISE_S, sounds, self._draw)) for m in makers]

    def variants(self, clip: int) -> Floats:
        """(VARIANTS, FRAMES, MELS) views of one clip."""
        sound, draw = self._dataset.sounds[clip], self._draw
        slow, fast = draw.uniform(SPEEDS[0], 0.95), draw.uniform(1.05, SPEEDS[1])
        sounds = [
            sound, faster(sound, slow), faster(sound, fast), in_a_room(sound, draw),
            in_a_room(faster(sound, draw.uniform(0.9, 1.1)), draw),
        ]  # fmt: skip
        powers, level = [mel_power(one) for one in sounds], speech_level(sound)
        made = []
        for variant in range(VARIANTS):
            power = powers[variant % len(powers)]
            if variant >= QUIET:
                power = power + self._noise(clip, len(power)) * np.float32(level**2)
            made.append(self._view(speech(decibels(power))))
        return np.stack(made)

    def _noise(self, clip: int, frames: int) -> Floats:
        """(frames, MELS) power. Powers of speech and noise add up but for their phases."""
        draw, noises = self._draw, self._noises[int(self._dataset.fold[clip])]
        noise = noises[draw.integers(len(noises))]
        noise = repeated(noise, frames + 1)
        start = draw.integers(len(noise) - frames)
        ratio = draw.uniform(LOUDEST_NOISE_DB, FAINTEST_NOISE_DB)
        response = 10 ** ((tilt(draw, 4.0) - np.float32(ratio)) / 10)
        return noise[start : start + frames] * response

    def _view(self, heard: Floats) -> Floats:
        draw = self._draw
        heard = stretched(heard, draw.uniform(*SPEEDS))
        start = draw.integers(max(1, len(heard) - FRAMES if len(heard) > FRAMES else len(heard)))
        return levelled(repeated(heard, FRAMES + start)[start : start + FRAMES])


def training_views(dataset: VoiceDataset, cache: Path, seed: int = 1) -> NDArray[np.float16]:
    """(N, VARIANTS, FRAMES, MELS) views of every clip, kept in the folder `cache`."""
    kept = cache / f"voice {_digest(dataset, seed)}.npy"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        maker, part = ViewMaker(dataset, seed), kept.with_suffix(".part.npy")
        shape = (len(dataset), VARIANTS, FRAMES, MELS)
        made = np.lib.format.open_memmap(part, "w+", np.float16, shape)
        for clip in tqdm(range(len(dataset)), "views", unit="clip", disable=None):
            made[clip] = maker.variants(clip)
        made.flush()
        part.replace(kept)
    found: NDArray[np.float16] = np.load(kept, mmap_mode="r")
    return found


def whole_views(dataset: VoiceDataset, noise: bool = False) -> tuple[Floats, NDArray[np.int64]]:
    """The views of whole clips as the device makes them, (V, FRAMES, MELS), and (V,) their clips.

    noise: with `UNHEARD` noise at `TEST_NOISE_DB`, mixed as sound.
    """
    draw, made = np.random.default_rng(0), []
    longest = max(len(sound) for sound in dataset.sounds) / RATE
    noises = [make_noise(maker, 2 * longest, (), draw) for maker in UNHEARD.values()]
    for clip, sound in enumerate(dataset.sounds):
        if noise:
            some = noises[clip % len(noises)]
            start = draw.integers(len(some) - len(sound))
            sound = mixed(sound, some[start:], TEST_NOISE_DB)
        made.append(views(mel_power(sound)))
    clips = np.repeat(np.arange(len(made)), [len(some) for some in made])
    return np.concatenate(made), clips


def of_clips(outputs: Mapping[str, Floats], clips: NDArray[np.int64]) -> dict[str, Floats]:
    """The mean logits of each clip's views, of those of the views."""
    count = np.bincount(clips)[:, None]
    found = {}
    for name, logits in outputs.items():
        total = np.zeros((len(count), logits.shape[1]), np.float32)
        np.add.at(total, clips, logits)
        found[name] = (total / count).astype(np.float32)
    return found


def _digest(dataset: VoiceDataset, seed: int) -> str:
    settings = (
        f"{dataset.fingerprint} {len(dataset)} {seed} {HOP} {VARIANTS} {QUIET} {sorted(HEARD)}"
    )
    return hashlib.sha256(settings.encode()).hexdigest()[:12]
