"""The part of a sound in which somebody speaks, and whether there is one.

Guarantee: only a part of the sound is returned, as it is; nothing is computed from it that could
tell who speaks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples a second, of 16 bits, little-endian, one channel."""

BLOCK = RATE // 50
"""Samples of which the level is taken: 20 ms."""

ABOVE_NOISE_DB = 8.0
"""Blocks of speech are so much louder than the noise, which is the level of the quietest tenth."""

MARGIN = 8
"""Blocks before and after it that belong to it: soft consonants."""

SHORTEST_S = 0.3
"""A shorter sound is no utterance."""


_FULL = np.float32(32768)


def as_floats(sound: bytes) -> NDArray[np.float32]:
    """(N,) samples, -1 to 1; half a sample at the end, where a recording broke off, is left out."""
    return np.frombuffer(sound[: len(sound) // 2 * 2], "<i2").astype(np.float32) / _FULL


def spoken_part(sound: bytes) -> bytes:
    """The sound from where speech begins to where it ends; empty: nobody speaks."""
    samples = as_floats(sound) * _FULL
    blocks = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK)
    if len(blocks) * BLOCK < SHORTEST_S * RATE:
        return b""
    level = 10 * np.log10(blocks.var(axis=1) + 1)
    loud = np.flatnonzero(level > np.quantile(level, 0.1) + ABOVE_NOISE_DB)
    if not len(loud):
        return b""
    first, last = max(0, loud[0] - MARGIN), min(len(blocks), loud[-1] + 1 + MARGIN)
    return sound[2 * BLOCK * int(first) : 2 * BLOCK * int(last)]
