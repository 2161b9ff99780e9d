"""Only sentences of the grammar can be written, and each of them can."""

from __future__ import annotations

from random import Random
from string import ascii_lowercase

import pytest

from device.hearing.grammar import Arc
from device.hearing.spelling import Spelling, State

ARCS: tuple[Arc, ...] = (
    (0, 1, "show"), (1, 2, "me"), (0, 2, None), (2, 8, "books"), (2, 3, "book"), (3, 8, "shops"),
)  # fmt: skip
PIECES = (
    "▁Show",
    "▁me",
    "▁book",
    "s",
    "▁sho",
    "shop",
    "ps",
    ".",
    ",",
    "▁",
    "▁cat",
    "ok",
    "�",
    "▁.",
    "e",
)


@pytest.fixture
def spelling() -> Spelling:
    return Spelling(ARCS, PIECES)


def after(spelling: Spelling, *pieces: str) -> State:
    """The state when these have been written."""
    state = spelling.start
    for piece in pieces:
        choices = spelling.choices(state)
        state = choices.states[choices.pieces.tolist().index(PIECES.index(piece))]
    return state


def offered(spelling: Spelling, *pieces: str) -> set[str]:
    return {PIECES[piece] for piece in spelling.choices(after(spelling, *pieces)).pieces}


def test_a_piece_is_offered_where_a_sentence_goes_on_with_its_letters(spelling: Spelling) -> None:
    assert offered(spelling) == {"▁Show", "▁book", "▁sho", "▁"}
    assert offered(spelling, "▁Show") == {"▁me", "▁", ","}
    assert offered(spelling, "▁Show", "▁me", "▁book") == {"s", "▁sho", "▁", ","}
    assert offered(spelling, "▁book", "▁") == {"shop", "s", ","}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_written_can_be_finished_and_has_words(seed: int) -> None:
    pieces, draw = (*PIECES, *ascii_lowercase), Random(seed)
    spelling = Spelling(ARCS, pieces)
    state, text = spelling.start, ""
    while not spelling.finished(state):
        choices = spelling.choices(state)
        choice = draw.randrange(len(choices.pieces))
        text, state = text + pieces[choices.pieces[choice]], choices.states[choice]
    assert spelling.words(text + draw.choice(("", ".", ",")))


def test_a_text_that_is_no_sentence_changes_no_choice(spelling: Spelling) -> None:
    assert spelling.words("▁shows") == ()
    assert offered(spelling, "▁Show") == {"▁me", "▁", ","}


def test_what_was_written_is_forgotten(spelling: Spelling) -> None:
    spelling.forget()
    kept = dict(spelling._kept)
    spelling.choices(after(spelling, "▁Show", "▁me"))
    spelling.forget()
    assert spelling._kept.keys() == kept.keys() == {spelling.start}


def test_marks_end_a_whole_sentence_alone(spelling: Spelling) -> None:
    assert "." not in offered(spelling, "▁book")
    assert not spelling.finished(after(spelling, "▁book"))
    assert "." in offered(spelling, "▁book", "s")
    assert spelling.finished(after(spelling, "▁book", "s", "."))
    assert offered(spelling, "▁book", "s", ".") == {".", ","}  # no letter follows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Show me, books.", ("show", "me", "books")),
        ("book shops?", ("book", "shops")),
        ("show books", ()),
        ("bookshops", ()),
        ("book", ()),
        ("", ()),
    ],
)
def test_the_words_of_a_text_are_those_of_the_grammar(
    spelling: Spelling, text: str, words: tuple[str, ...]
) -> None:
    assert spelling.words(text) == words
