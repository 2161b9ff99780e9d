"""Sentences in synthetic voices, as a microphone would hear them."""

from __future__ import annotations

import numpy as np

from tools.evaluation.asking import held, say

QUIET_HALL = 0
"""Which of the station's noises: ventilation and far traffic."""


def heard(text: str, voice: str = "espeak-ng en-gb") -> bytes:
    """A sentence over the noise of a station, as samples of 16 bits at 16 kHz."""
    return held(say(voice, text), QUIET_HALL, (), np.random.default_rng(0))
