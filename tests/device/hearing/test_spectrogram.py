"""Log-mel spectrograms: librosa's numbers, and what does not matter to them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from device.hearing.spectrogram import (
    FRAMES,
    MELS,
    RATE,
    decibels,
    mel_power,
    spoken,
    stretched,
    views,
)
from tests.device.hearing.librosa_reference import sound


def test_a_spectrogram_is_that_of_librosa() -> None:
    reference = json.loads((Path(__file__).parent / "librosa.json").read_text())
    np.testing.assert_allclose(decibels(mel_power(sound())), reference, atol=1e-4)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.standard_normal(int(seconds * RATE)).astype(np.float32) * 0.1


def test_the_gain_of_the_microphone_changes_nothing() -> None:
    near = views(mel_power(noise(2)))
    np.testing.assert_allclose(views(mel_power(noise(2) * 0.01)), near, atol=1e-3)


def test_silence_before_and_after_speech_is_left_out() -> None:
    said = np.pad(noise(1), (RATE, RATE))
    assert len(decibels(mel_power(said))) == 149
    rows = spoken(decibels(mel_power(said)))
    assert 48 <= rows.stop - rows.start <= 52


@pytest.mark.parametrize(("seconds", "count"), [(0.01, 5), (1, 5), (2.5, 5), (4, 10)])
def test_speech_of_any_length_gives_whole_views(seconds: float, count: int) -> None:
    found = views(mel_power(noise(seconds)))
    assert found.shape == (count, FRAMES, MELS)
    assert np.isfinite(found).all()


def test_a_stretched_spectrogram_keeps_its_pitch() -> None:
    whole = decibels(mel_power(sound()))
    slow = stretched(whole, 0.5)
    assert len(slow) == 2 * len(whole)
    np.testing.assert_array_equal(slow[[0, -1]], whole[[0, -1]])


def test_silence_gives_a_view_too() -> None:
    assert np.isfinite(views(mel_power(np.zeros(RATE, np.float32)))).all()
