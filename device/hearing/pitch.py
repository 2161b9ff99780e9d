"""Pitch of speech by autocorrelation, in numpy alone.

After Boersma (1993), "Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound", without its path through the frames: statistics over
an utterance bear a frame that is an octave off.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from device.hearing.spectrogram import HOP, RATE, WINDOW, Floats

PITCH_WINDOW = 1024
"""Samples of a frame, 64 ms: almost four periods of the lowest voice. Its middle is that of a frame
of the spectrogram."""

LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ = 60, 600

NEARLY = 0.9
"""The first peak with so much of the highest autocorrelation is at the period: those at twice and
thrice the period are as high."""

_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(PITCH_WINDOW) / PITCH_WINDOW)
_FIRST, _LAST = RATE // HIGHEST_PITCH_HZ, RATE // LOWEST_PITCH_HZ
_OF_WINDOW = np.correlate(_HANN, _HANN, "full")[PITCH_WINDOW - 1 :][_FIRST:_LAST] / _HANN.dot(_HANN)
_LEAST_POWER = 1e-9


def pitch(sound: Floats) -> tuple[Floats, Floats]:
    """(T,) Hz and (T,) how periodic each frame is: about 1 for a steady voice, 0 for noise.

    sound: as of `mel_power`, whose frames these are.
    """
    beside = (PITCH_WINDOW - WINDOW) // 2
    sound = np.pad(sound, (beside, beside + max(0, WINDOW - len(sound))))
    frames = sliding_window_view(sound, PITCH_WINDOW)[::HOP] * _HANN
    spectrum = np.fft.rfft(frames, 2 * PITCH_WINDOW)
    correlation = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)
    periodic = correlation[:, _FIRST:_LAST] / (correlation[:, :1] + _LEAST_POWER) / _OF_WINDOW
    highest = periodic.max(axis=1, keepdims=True)
    around = np.pad(periodic, ((0, 0), (1, 1)), constant_values=-np.inf)
    peak = (periodic >= around[:, :-2]) & (periodic >= around[:, 2:])
    lag = _FIRST + (peak & (periodic >= NEARLY * highest)).argmax(axis=1)
    return (RATE / lag).astype(np.float32), highest[:, 0].astype(np.float32)
