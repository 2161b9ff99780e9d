"""Functionals of an utterance: statistics over all of its frames, in numpy alone.

The field's classical description of speech (Eyben et al. 2010, "openSMILE"): how spectrum, rhythm
and pitch lie and move. Guarantees: they do not depend on the gain of the microphone, nor on the
silence before and after speech, and none is larger than `LARGEST`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from device.hearing.pitch import pitch
from device.hearing.spectrogram import (
    FRAMES,
    HOP,
    LOUD,
    MELS,
    RATE,
    SCALE_DB,
    Floats,
    decibels,
    repeated,
    spoken,
)

FLOOR_DB = 35.0
"""Noise so far below the loud parts is added, since one recording's silence is deeper than
another's."""

CEPSTRA = 20
"""Coefficients of the cosine transform of a frame's levels."""

GROUPS = 16
"""Of bands, whose modulation is taken together."""

RATES_HZ = (0.3, 1, 2, 3, 4, 6, 8, 12, 18, 25)
"""Limits of the rates of modulation; syllables come at 3 to 8 a second."""

VOICED, LOUD_DB = 0.5, 35.0
"""Frames so periodic, and no further below the loudest, have a pitch."""

FEWEST_VOICED = 5
"""Frames; fewer tell nothing of the pitch."""

LARGEST_STEP = 5.0
"""Semitones from one voiced frame to the next; a larger step is an error of the pitch."""

MELODY = 20

FUNCTIONALS = 3 * CEPSTRA + len(RATES_HZ) - 1 + GROUPS + MELODY

LARGEST = 10.0

_COSINES = np.cos(np.pi / MELS * np.arange(CEPSTRA)[:, None] * (np.arange(MELS) + 0.5))
_COSINES *= np.sqrt(2 / MELS)
_COSINES[0] /= np.sqrt(2)
_LIFTER = np.arange(1, CEPSTRA + 1) ** 0.75
"""Which makes the coefficients about as large as each other."""

_LEAST_MODULATION = 1e-2
"""Far below that of speech: what does not move is not told from what hardly moves."""


def functionals(sound: Floats, power: Floats) -> Floats:
    """(FUNCTIONALS,) of the speech in a sound. sound: as `mel_power` takes it. power: what that
    returns."""
    rows = spoken(decibels(power))
    power, level = power[rows], levels(power[rows])
    hertz, periodic = pitch(sound)
    found = [
        spectrum(level),
        modulation(level),
        melody(hertz[rows], periodic[rows], decibels(power.sum(axis=1))),
    ]
    return np.clip(np.concatenate(found), -LARGEST, LARGEST).astype(np.float32)


def levels(power: Floats) -> Floats:
    """(T, MELS) of power in units of `SCALE_DB`, without the gain, about -1 to 2."""
    level = decibels(power)
    above = level - np.quantile(level, LOUD)
    floored = np.log10(10 ** (above / 10) + 10 ** (-FLOOR_DB / 10))
    return np.asarray(floored * (10 / SCALE_DB) + 1, np.float32)


def spectrum(level: Floats) -> Floats:
    """(3 * CEPSTRA,) mean, deviation and mean change of the cepstra of (T, MELS) levels."""
    cepstra = (level @ _COSINES.T) * _LIFTER
    change = np.abs(np.diff(cepstra, axis=0, prepend=cepstra[:1]))
    return np.concatenate([cepstra.mean(axis=0), cepstra.std(axis=0), change.mean(axis=0)])


def modulation(level: Floats) -> Floats:
    """(rates + GROUPS,) mean logarithms of the power at which (T, MELS) levels move, by its rate
    and by group."""
    grouped = level.reshape(len(level), GROUPS, -1).mean(axis=2)
    grouped = repeated(grouped - grouped.mean(axis=0), FRAMES)[:FRAMES]
    power = np.abs(np.fft.rfft(grouped * np.hanning(FRAMES)[:, None], axis=0)) ** 2
    first = np.searchsorted(np.fft.rfftfreq(FRAMES, HOP / RATE), RATES_HZ)
    parts = [power[low:high].mean(axis=0) for low, high in pairwise(first)]
    found = np.log(np.stack(parts) + _LEAST_MODULATION)
    return np.concatenate([found.mean(axis=1), found.mean(axis=0)])


def melody(hertz: Floats, periodic: Floats, loudness: Floats) -> Floats:
    """(MELODY,) of the pitch and its periodicity, (T,) of `pitch`, and of (T,) dB; 0: no pitch."""
    loud = loudness > loudness.max() - LOUD_DB
    voiced = loud & (periodic > VOICED)
    count = int(voiced.sum())
    if count < FEWEST_VOICED:
        return np.zeros(MELODY, np.float32)
    tone = 12 * np.log2(hertz[voiced] / 100)
    step = np.abs(np.diff(tone))
    step = np.append(step[step < LARGEST_STEP], 0)
    seconds = HOP / RATE * np.arange(count)
    lengths = _run_lengths(voiced) * HOP / RATE
    held, loudness = periodic[voiced], loudness[voiced]
    # Semitones by six, and periodicity and seconds by a tenth, are about as large as the rest.
    return np.array([
        *np.quantile(tone, (0.05, 0.2, 0.5, 0.8, 0.95)) / 6,
        tone.mean() / 6, tone.std() / 6, step.mean(), step.std(),
        np.polyfit(seconds, tone, 1)[0] / 6,
        (held.mean() - 0.8) * 10, held.std() * 10, (np.quantile(held, 0.1) - 0.8) * 10,
        (voiced.mean() - 0.5) * 10, lengths.mean() * 10, lengths.std() * 10,
        len(lengths) * RATE / HOP / len(voiced), np.log(loud.sum() * HOP / RATE),
        loudness.std() / 4, np.abs(np.diff(loudness)).mean(),
    ], np.float32)  # fmt: skip


def _run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of the runs of True."""
    return np.diff(np.flatnonzero(np.diff(mask, prepend=False, append=False)))[::2]
