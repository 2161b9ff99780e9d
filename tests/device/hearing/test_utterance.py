"""Of a sound, the part in which somebody speaks is used."""

from __future__ import annotations

import numpy as np
import pytest

from device.hearing.utterance import RATE, spoken_part


def pcm(*parts: tuple[float, float]) -> bytes:
    """Noise of some seconds and some level each, one after the other."""
    draw = np.random.default_rng(0)
    sounds = [level * draw.standard_normal(int(seconds * RATE)) for seconds, level in parts]
    return np.concatenate(sounds).astype("<i2").tobytes()


def test_the_pauses_before_and_after_are_left_out() -> None:
    sound = pcm((1, 50), (1, 1000), (1, 50))
    part = spoken_part(sound)
    assert part in sound
    assert 1.0 <= len(part) / 2 / RATE <= 1.4


@pytest.mark.parametrize("sound", [b"", b"\0", pcm((0.1, 1000)), bytes(2 * RATE), pcm((2, 50))])
def test_without_anything_louder_than_the_rest_nobody_speaks(sound: bytes) -> None:
    assert spoken_part(sound) == b""
