"""What a synthetic voice asks for is recognised, and what is no request is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from device.catalogue.store import Catalogue
from device.hearing.moonshine import Writing
from device.hearing.recogniser import (
    BEGINNINGS,
    LATE_BEGINNINGS,
    LONG_SEARCH,
    MOST_PIECES,
    Recogniser,
    search,
    variants_of,
)
from device.hearing.spelling import Choices, Spelling, State
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


@pytest.mark.parametrize(("seconds", "count"), [(0.5, 7), (3, 7), (8, 3), (60, 1)])
def test_a_sound_is_heard_in_several_ways_a_long_one_in_fewer(seconds: float, count: int) -> None:
    sound = np.random.default_rng(0).standard_normal(int(seconds * RATE)).astype(np.float32)
    variants = variants_of(sound)
    assert len(variants) == count
    np.testing.assert_array_equal(variants[0], sound)
    assert {one.dtype for one in variants} == {np.dtype(np.float32)}


def test_it_is_heard_slower_and_faster_and_brighter() -> None:
    sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    variants = variants_of(sound)
    lengths = [round(len(one) / len(sound), 2) for one in variants]
    assert lengths == [1.0, 1.11, 0.91, 1.22, 0.83, 1.0, 1.11]
    assert variants[5].std() > sound.std()  # noise is as bright as can be


class Murmur:
    """A `Writing` to which every piece is as likely. extended: texts of each step."""

    PIECES = 40

    def __init__(self, variants: int) -> None:
        self.variants = variants
        self.likely = np.full((1, self.PIECES), -1.0)
        self.extended: list[int] = []

    def extend(self, texts: Sequence[int], pieces: Sequence[int]) -> None:
        self.extended.append(len(texts))
        self.likely = np.full((len(texts), self.PIECES), -1.0)


class Endless:
    """A `Spelling` of sentences that never end."""

    start = frozenset({0})

    def finished(self, state: State) -> bool:
        return False

    def choices(self, state: State) -> Choices:
        return Choices(np.arange(Murmur.PIECES), (state,) * Murmur.PIECES)


def test_a_long_search_goes_on_with_fewer_beginnings_and_ends() -> None:
    murmur = Murmur(variants=7)
    assert search(cast(Writing, murmur), cast(Spelling, Endless())) is None
    assert len(murmur.extended) == MOST_PIECES
    assert set(murmur.extended) == {BEGINNINGS, LATE_BEGINNINGS}
    long = murmur.extended.index(LATE_BEGINNINGS)
    assert LONG_SEARCH <= 7 * BEGINNINGS * long < LONG_SEARCH + 7 * BEGINNINGS
