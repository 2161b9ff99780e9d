"""`wayside-tools bench --speech` has a figure for every language that has a voice."""

from __future__ import annotations

import re
from itertools import islice

from device.speech.voices import VOICES
from tests.needs import needs
from tools.speech_timing import report


@needs("espeak-ng")
def test_every_language_with_a_voice_has_a_line() -> None:
    lines = list(islice(report(), len(VOICES)))
    found = [re.fullmatch(r"(\S+) +\d+ characters: +(\d+) ms", line) for line in lines]
    assert [match[1] for match in found if match and int(match[2]) > 0] == list(VOICES)
