"""What a synthetic voice asks for is recognised, and what is no request is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.catalogue.store import Catalogue
from device.hearing.recogniser import SPEEDS, Recogniser, speeds_for
from device.hearing.utterance import RATE
from device.values import Request
from device.words.words import load_words
from tests.device.hearing.voices import heard
from tests.needs import needs

pytestmark = needs("espeak-ng")


@pytest.fixture(scope="module")
def recogniser(root: Path) -> Recogniser:
    table = root / "catalogue" / "example.sqlite"
    arrays = Catalogue.open(table).arrays
    counts = arrays.feature_counts(np.ones(len(arrays), np.bool_))
    return Recogniser(lambda: counts, load_words("en", table).tags)


def test_a_request_is_recognised(recogniser: Recogniser) -> None:
    asked = recogniser.recognise(heard("a museum that is open now"))
    assert asked is not None
    assert "tourism/museum" in asked.features
    assert asked.open_now
    assert not asked.near


def test_a_request_for_anything_is_one(recogniser: Recogniser) -> None:
    assert recogniser.recognise(heard("something quiet near here")) == Request(
        near=True, quiet=True
    )


@pytest.mark.parametrize(
    "sentence", ["the lift is out of order again", "I forgot my umbrella on the bus"]
)
def test_what_is_no_request_is_taken_for_none(recogniser: Recogniser, sentence: str) -> None:
    assert recogniser.recognise(heard(sentence)) is None


@pytest.mark.parametrize("sound", [b"", bytes(200), bytes(32_000)])
def test_silence_is_no_request(recogniser: Recogniser, sound: bytes) -> None:
    assert recogniser.recognise(sound) is None


def test_a_long_sound_is_heard_at_fewer_speeds() -> None:
    assert speeds_for(2 * RATE) == SPEEDS
    assert speeds_for(8 * RATE) == SPEEDS[:3]
    assert speeds_for(60 * RATE) == SPEEDS[:1]
