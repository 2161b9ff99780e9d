"""Pitch: of tones that are known, and of what has none."""

from __future__ import annotations

import numpy as np
import pytest

from device.hearing.pitch import pitch
from device.hearing.spectrogram import RATE, mel_power


def voice(hertz: float, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, 8)).astype(np.float32)


@pytest.mark.parametrize("hertz", [80, 110, 185, 240, 330, 500])
def test_a_voice_has_its_pitch(hertz: float) -> None:
    found, periodic = pitch(voice(hertz))
    np.testing.assert_allclose(np.median(found), hertz, rtol=0.03)
    assert np.median(periodic) > 0.95


def test_noise_is_not_periodic() -> None:
    draw = np.random.default_rng(0)
    _, periodic = pitch(draw.standard_normal(RATE).astype(np.float32))
    assert periodic.max() < 0.5


def test_the_pitch_is_found_in_noise() -> None:
    draw = np.random.default_rng(0)
    said = voice(150)
    noise = draw.standard_normal(len(said)) * said.std() / 10**0.5  # 10 dB
    found, _ = pitch((said + noise).astype(np.float32))
    np.testing.assert_allclose(np.median(found), 150, rtol=0.03)


@pytest.mark.parametrize("samples", [10, 512, 831, 16_000])
def test_its_frames_are_those_of_the_spectrogram(samples: int) -> None:
    sound = voice(200, samples / RATE)
    assert len(pitch(sound)[0]) == len(pitch(sound)[1]) == len(mel_power(sound))


def test_silence_has_no_pitch() -> None:
    assert pitch(np.zeros(RATE, np.float32))[1].max() == 0
