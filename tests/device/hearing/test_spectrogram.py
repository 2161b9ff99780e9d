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
    speech,
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
    assert 48 <= len(speech(decibels(mel_power(said)))) <= 52


@pytest.mark.parametrize(("seconds", "count"), [(0.01, 1), (1, 1), (3, 1), (5, 2), (10, 4)])
def test_speech_of_any_length_gives_whole_views(seconds: float, count: int) -> None:
    found = views(mel_power(noise(seconds)))
    assert found.shape == (count, FRAMES, MELS)
    assert np.isfinite(found).all()


def test_silence_gives_a_view_too() -> None:
    assert np.isfinite(views(mel_power(np.zeros(RATE, np.float32)))).all()
