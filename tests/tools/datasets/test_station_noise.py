"""Noise as in a station: its power, its ratio to speech, and what is kept apart."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tools.small_voices import tone
from tools.datasets.station_noise import (
    HEARD,
    UNHEARD,
    make_noise,
    mixed,
    rms,
    speech_level,
    spoken_part,
)

SPEECH = [tone(0.6, hertz, hertz) for hertz in (120, 210)]


@pytest.mark.parametrize("kind", [*HEARD, *UNHEARD])
def test_every_noise_has_the_power_1_and_is_repeated_by_its_seed(kind: str) -> None:
    maker = {**HEARD, **UNHEARD}[kind]
    first, again, other = (
        make_noise(maker, 8, SPEECH, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert rms(first) == pytest.approx(1, rel=1e-3)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_kind_that_is_tested_is_not_trained_on() -> None:
    assert not set(HEARD.values()) & set(UNHEARD.values())


def test_the_ratio_is_of_what_is_spoken_not_of_the_silence_around_it() -> None:
    sound = np.pad(SPEECH[0], (20_000, 20_000))
    assert speech_level(sound) == pytest.approx(speech_level(SPEECH[0]), rel=0.05)
    noise = make_noise(HEARD["pink"], 5, (), np.random.default_rng(0))
    added = mixed(sound, noise, 10) - sound
    assert 20 * np.log10(rms(spoken_part(sound)) / rms(added)) == pytest.approx(10, abs=0.5)
