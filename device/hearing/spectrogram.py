"""Log-mel spectrograms of speech, in numpy alone: the same on the device and where it is trained.

Guarantees: `decibels` of `mel_power` is what librosa computes with these settings, to 1e-4 dB; what
the network receives does not depend on the gain of the microphone, nor on the silence before and
after speech.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RATE = 16_000
"""Samples a second."""

WINDOW, HOP = 512, 320
"""Samples of a frame, 32 ms, and between the beginnings of two, 20 ms."""

MELS = 64
LOWEST_HZ, HIGHEST_HZ = 50.0, 8_000.0

FRAMES = 150
"""Of one view of the network: 3 s."""

TEMPOS = (0.84, 0.92, 1.0, 1.09, 1.18)
"""Speech is also heard slower and faster: the mean of five is right more often than one."""

SILENCE_DB = 40.0
"""Frames so far below the loudest are silence at the ends of speech."""

ABOVE_NOISE_DB, CLEAR_DB = 3.0, 12.0
"""Frames less than the first above the quietest tenth are noise, where the loudest is at least the
second above the noise."""

LOUD = 0.95
"""The quantile of a view's values that becomes 0 dB."""

DEEPEST_DB, SCALE_DB = -60.0, 20.0
"""Values below the first are equal to it; the second is a unit of the network's input."""

_LEAST_POWER = 1e-10
_LINEAR_HZ, _HZ_A_MEL = 1_000.0, 200.0 / 3
_MELS_A_NEPER = 27 / np.log(6.4)
_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
# In float64, since what is 100 dB below a loud tone would be its rounding error in float32.


def mel_filters() -> Floats:
    """(MELS, WINDOW // 2 + 1) triangular filters of equal area on the mel scale of Slaney's
    Auditory Toolbox (1998): linear to 1 kHz, then logarithmic."""
    lowest, highest = _mels(np.array([LOWEST_HZ, HIGHEST_HZ]))
    edges = _hertz(np.linspace(lowest, highest, MELS + 2))
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    hertz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    slopes = np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle))
    return (np.maximum(slopes, 0) * 2 / (high - low)).astype(np.float32)


def mel_power(sound: Floats) -> Floats:
    """(T, MELS) power of each frame in each filter.

    sound: (N,) samples at `RATE`, -1 to 1; shorter than a frame: silence is added.
    """
    sound = np.pad(sound, (0, max(0, WINDOW - len(sound))))
    spectrum = np.fft.rfft(sliding_window_view(sound, WINDOW)[::HOP] * _HANN, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power.astype(np.float32) @ _FILTERS.T)


def decibels(power: Floats) -> Floats:
    """10 log10 of power, at least -100 dB."""
    return 10 * np.log10(np.maximum(power, np.float32(_LEAST_POWER)))


def spoken(spectrogram: Floats) -> slice:
    """The frames from the first to the last that are speech, of (T, MELS) dB."""
    loudest = spectrogram.max(axis=1)
    limit = loudest.max() - SILENCE_DB
    noise = np.quantile(loudest, 0.1) + ABOVE_NOISE_DB
    if noise < loudest.max() - CLEAR_DB:
        limit = max(limit, noise)
    heard = np.flatnonzero(loudest >= limit)
    return slice(int(heard[0]), int(heard[-1]) + 1)


def repeated(spectrogram: Floats, frames: int) -> Floats:
    """At least this many frames: less is repeated from its beginning."""
    return np.tile(spectrogram, (-(-frames // len(spectrogram)), 1))


def levelled(view: Floats) -> Floats:
    """(FRAMES, MELS) dB as the network receives them: without the gain, about -2 to 2."""
    place = int(LOUD * (view.size - 1))
    view = view - np.partition(view, place, axis=None)[place]
    return np.clip(view, DEEPEST_DB, SCALE_DB) / np.float32(SCALE_DB) + 1


def stretched(spectrogram: Floats, tempo: float) -> Floats:
    """(T, MELS) frames at another tempo, the pitch unchanged."""
    last = len(spectrogram) - 1
    place = np.linspace(0, last, max(2, round(len(spectrogram) / tempo)))
    before = place.astype(np.int64)
    share = (place - before)[:, None].astype(np.float32)
    after = np.minimum(before + 1, last)
    return spectrogram[before] * (1 - share) + spectrogram[after] * share


def views(power: Floats) -> Floats:
    """(V, FRAMES, MELS) views of the speech in (T, MELS) power, as the network receives them.

    One for each of `TEMPOS`, several where speech is longer than a view; their logits are averaged.
    """
    heard = decibels(power)
    heard = heard[spoken(heard)]
    made = []
    for tempo in TEMPOS:
        frames = heard if tempo == 1 else stretched(heard, tempo)
        starts = [0]
        if len(frames) > FRAMES:
            count = 2 + (len(frames) - FRAMES) // FRAMES
            starts = [int(at) for at in np.linspace(0, len(frames) - FRAMES, count)]
        frames = repeated(frames, FRAMES)
        made += [levelled(frames[at : at + FRAMES]) for at in starts]
    return np.stack(made)


def _mels(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    above = np.log(np.maximum(hertz, _LINEAR_HZ) / _LINEAR_HZ) * _MELS_A_NEPER
    return np.asarray(np.minimum(hertz, _LINEAR_HZ) / _HZ_A_MEL + above)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _LINEAR_HZ / _HZ_A_MEL
    return np.asarray(
        np.minimum(mels, knee) * _HZ_A_MEL * np.exp(np.maximum(mels - knee, 0) / _MELS_A_NEPER)
    )


_FILTERS = mel_filters()
