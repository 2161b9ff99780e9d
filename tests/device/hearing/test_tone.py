"""The tone of voice: what the shipped model tells, and when nothing is observed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.audience.smoothing import Smoother
from device.config import AudienceConfig
from device.errors import UserError
from device.hearing.spectrogram import RATE, Floats
from device.hearing.tone import HELD_S, REPEAT_S, Tone, ToneReader, Voice, observation_of


@pytest.fixture(scope="module")
def reader(root: Path) -> ToneReader:
    return ToneReader(root / "models")


def utterance(noise: float = 0.001) -> Floats:
    """Syllables of a harmonic tone with pauses between them, in noise."""
    time = np.arange(2 * RATE) / RATE
    said = sum(np.sin(2 * np.pi * k * 180 * time) / k for k in range(1, 6))
    said = 0.2 * said * (np.sin(2 * np.pi * 4 * time) > -0.2)
    return (said + noise * np.random.default_rng(0).standard_normal(len(said))).astype(np.float32)


def read(reader: ToneReader, noise: float = 0.001) -> Tone:
    tone = reader.read(utterance(noise))
    assert tone is not None
    return tone


def test_a_tone_has_shares_of_emotions_arousal_and_valence(reader: ToneReader) -> None:
    tone = read(reader)
    assert tone.shares.sum() == pytest.approx(1, abs=1e-5)
    assert "calm" not in tone.labels
    assert len(tone.labels) == len(tone.shares) == 8
    assert 0 <= tone.arousal <= 1
    assert -1 <= tone.valence <= 1


def test_noise_lowers_the_trust(reader: ToneReader) -> None:
    trusts = [read(reader, noise).trust for noise in (0.001, 0.05, 1.0)]
    assert trusts == sorted(trusts, reverse=True)
    assert trusts[0] > 0.9
    assert trusts[-1] < 0.1


def test_the_gain_of_the_microphone_changes_little(reader: ToneReader) -> None:
    quiet = reader.read(utterance() / 50)
    assert quiet is not None
    np.testing.assert_allclose(quiet.shares, read(reader).shares, atol=0.02)


def test_a_word_is_too_short_to_tell(reader: ToneReader) -> None:
    assert reader.read(utterance()[: RATE // 2]) is None
    assert observation_of(None, people=1, at=0.0) is None


@pytest.mark.parametrize("people", [0, 2, 5])
def test_nothing_is_observed_unless_one_person_stands_there(
    reader: ToneReader, people: int
) -> None:
    assert observation_of(read(reader), people, at=0.0) is None


def test_the_audience_takes_what_is_observed_of_one_person(reader: ToneReader) -> None:
    smoother = Smoother(AudienceConfig())
    for at in (0.0, 0.5, 1.0, 1.5):
        observed = observation_of(read(reader), people=1, at=at)
        assert observed is not None
        (visitor,) = smoother.observe((observed,), at)
    assert visitor.emotion in reader.labels


def said() -> bytes:
    return (utterance() * 32767).astype("<i2").tobytes()


@pytest.fixture
def voice(reader: ToneReader) -> Voice:
    return Voice(reader.read)


def asked_by_one(voice: Voice) -> None:
    """One person holds the button for two seconds, until 2.0."""
    assert voice.turn(False, 1, 0.0) == ()
    for at in (0.1, 1.0, 2.0):
        assert voice.turn(True, 1, at) == ()
    voice.hear(said())


def test_the_tone_counts_twice_a_second_while_the_cards_are_read(voice: Voice) -> None:
    asked_by_one(voice)
    times = np.arange(2.1, 2.0 + 2 * HELD_S, 0.1)
    observed = [float(at) for at in times if voice.turn(False, 1, at)]
    assert observed[0] == times[0]
    assert 2.0 + HELD_S - REPEAT_S <= observed[-1] <= 2.0 + HELD_S
    assert np.diff(observed) == pytest.approx(REPEAT_S, abs=0.11)


def test_it_is_dropped_for_good_when_another_face_comes(voice: Voice) -> None:
    asked_by_one(voice)
    assert voice.turn(False, 1, 2.1)
    assert voice.turn(False, 2, 2.2) == ()
    assert voice.turn(False, 1, 3.0) == ()


@pytest.mark.parametrize("people", [0, 2])
def test_it_is_nobodys_if_not_one_person_alone_stood_there_all_the_while(
    voice: Voice, people: int
) -> None:
    for at, there in ((0.0, 1), (1.0, people), (2.0, 1)):
        voice.turn(True, there, at)
    voice.hear(said())
    assert voice.turn(False, 1, 2.1) == ()


def test_of_somebody_who_is_not_looked_at_no_tone_is_read() -> None:
    read: list[int] = []
    voice = Voice(lambda sound: read.append(len(sound)))
    voice.turn(True, 1, 0.0)
    voice.turn(True, 0, 1.0)  # as when the camera closes, since somebody opted out
    voice.hear(said())
    assert read == []


def test_a_recording_that_broke_off_in_a_sample_is_read_too(voice: Voice) -> None:
    voice.turn(True, 1, 0.0)
    voice.hear(said() + b"\1")
    assert voice.turn(False, 1, 2.1)


def test_what_was_said_before_does_not_count_for_who_asks_next(voice: Voice) -> None:
    asked_by_one(voice)
    voice.turn(True, 1, 2.5)
    assert voice.turn(False, 1, 3.0) == ()


def test_a_missing_model_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"voice\.json"):
        ToneReader(tmp_path)
