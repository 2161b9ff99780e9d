"""What can be asked for is what the catalogue has, and a request holds only what was said."""

from __future__ import annotations

import pytest

from device.hearing.grammar import Grammar
from device.hearing.spelling import Spelling
from device.hearing.vocabulary import Vocabulary, spoken, vocabulary_of
from device.values import Request

COUNTS = {
    "place": 9, "tourism/museum": 3, "shop/books": 2, "amenity/cafe": 4, "jazz": 1, "outdoor": 2,
    "amenity/restaurant": 3, "amenity/restaurant/thai": 1, "romantic": 4,
}  # fmt: skip
TAGS = {
    "tourism/museum": "Museum", "shop/books": "Book Store", "amenity/cafe": "a café",
    "jazz": "jazz", "outdoor": "in the open air", "amenity/restaurant": "Restaurant",
    "amenity/restaurant/thai": "Thai Restaurant", "opera": "opera",
}  # fmt: skip


@pytest.fixture
def vocabulary() -> Vocabulary:
    return vocabulary_of(COUNTS, TAGS)


@pytest.fixture
def grammar(vocabulary: Vocabulary) -> Grammar:
    return Grammar(vocabulary)


@pytest.mark.parametrize(
    ("sentence", "request_"),
    [
        ("show me museums", Request("museums", ("tourism/museum",))),
        ("a museum that is open now", Request("museum", ("tourism/museum",), open_now=True)),
        ("somewhere quiet near here", Request(near=True, quiet=True)),
        ("something for children please", Request(children=True)),
        ("is there a quiet café nearby", Request("cafe", ("amenity/cafe",), near=True, quiet=True)),
        ("I'm looking for a book shop", Request("book shop", ("shop/books",))),
        ("something in the open air", Request("in the open air", ("outdoor",))),
        ("thai restaurants near here for children",
         Request("thai restaurants", ("amenity/restaurant/thai",), near=True, children=True)),
    ],
)  # fmt: skip
def test_a_sentence_of_the_grammar_is_a_request(
    grammar: Grammar, sentence: str, request_: Request
) -> None:
    assert Spelling(grammar.arcs, ()).words(" ".join(spoken(sentence))) == spoken(sentence)
    assert grammar.request_in(spoken(sentence)) == request_


def test_the_longest_name_counts_and_a_general_one_takes_what_belongs_to_it(
    vocabulary: Vocabulary,
) -> None:
    assert vocabulary.things["thai", "restaurant"] == {"amenity/restaurant/thai"}
    assert vocabulary.things["restaurant",] == {"amenity/restaurant", "amenity/restaurant/thai"}


def test_only_what_the_catalogue_has_and_the_screen_may_say_can_be_asked_for(
    vocabulary: Vocabulary,
) -> None:
    words = {word for thing in vocabulary.things for word in thing}
    assert "opera" not in words  # nothing in the catalogue has it
    assert "romantic" not in words  # the screen has no words for it
