"""Functionals of an utterance: what moves them, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from device.hearing.functionals import (
    CEPSTRA,
    FUNCTIONALS,
    LARGEST,
    MELODY,
    RATES_HZ,
)
from device.hearing.functionals import functionals as of_power
from device.hearing.spectrogram import RATE, mel_power

RATES = slice(3 * CEPSTRA, 3 * CEPSTRA + len(RATES_HZ) - 1)
MEDIAN, DEVIATION = FUNCTIONALS - MELODY + 2, FUNCTIONALS - MELODY + 6


def functionals(sound: np.ndarray) -> np.ndarray:
    return of_power(sound, mel_power(sound))


def said(hertz: float = 150, wobble: float = 0.0, syllables: float = 4.0) -> np.ndarray:
    """Two seconds of a voice. wobble: octaves of its pitch. syllables: a second."""
    time = np.arange(2 * RATE) / RATE
    tone = hertz * 2 ** (wobble * np.sin(2 * np.pi * 1.5 * time))
    turns = 2 * np.pi * np.cumsum(tone) / RATE
    sound = sum(np.sin(k * turns) / k for k in range(1, 8))
    swell = 1.05 + np.sin(2 * np.pi * syllables * time)
    hiss = np.random.default_rng(0).standard_normal(len(time))
    return (swell * (0.1 * sound + 0.01 * hiss)).astype(np.float32)


def test_the_gain_of_the_microphone_changes_nothing() -> None:
    np.testing.assert_allclose(functionals(said() * 0.03), functionals(said()), atol=0.01)


def test_silence_before_and_after_speech_changes_little() -> None:
    padded = np.pad(said(), (RATE // 2, RATE))
    np.testing.assert_allclose(functionals(padded), functionals(said()), atol=1)


def test_an_octave_higher_is_two_of_the_pitchs_units() -> None:
    low, high = functionals(said(120)), functionals(said(240))
    assert high[MEDIAN] - low[MEDIAN] == pytest.approx(2, abs=0.1)


def test_a_lively_pitch_deviates_more_than_a_flat_one() -> None:
    assert functionals(said(wobble=0.3))[DEVIATION] > functionals(said())[DEVIATION] + 0.3


def test_faster_syllables_move_the_levels_at_a_higher_rate() -> None:
    slow, fast = (functionals(said(syllables=rate))[RATES] for rate in (2.5, 5.0))
    assert RATES_HZ[int(slow.argmax())] == 2
    assert RATES_HZ[int(fast.argmax())] == 4


@pytest.mark.parametrize("samples", [0, 10, 700, RATE, 12 * RATE])
def test_every_sound_has_finite_ones(samples: int) -> None:
    noise = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    for sound in (noise, np.zeros(samples, np.float32)):
        found = functionals(sound)
        assert found.shape == (FUNCTIONALS,)
        assert np.abs(found).max() <= LARGEST
