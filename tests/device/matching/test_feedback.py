"""What is liked comes again, what is little known gets its turn, and the rules stay the frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.feedback import Feedback
from device.matching.match import Matcher
from device.matching.rules import Rules, Weights
from device.values import Audience, Context, Item, Tried

ROWS = np.arange(3)
DRAWS = 400


def drawn(*tried: Tried) -> np.ndarray:
    """(DRAWS, 3) values of three items, of which some have been tried."""
    feedback = Feedback()
    for row, one in enumerate(tried):
        feedback.update(row, one)
    return np.stack([feedback.draw(ROWS, seed) for seed in range(DRAWS)])


def test_the_liked_gain_the_others_lose_and_the_unknown_vary_most() -> None:
    values = drawn(Tried(300, 120), Tried(300, 6))
    liked, disliked, unknown = values.mean(axis=0)
    assert liked > 0.3
    assert disliked < -0.3
    assert abs(unknown) < 0.25
    assert values[:, 2].std() > 2 * values[:, 0].std()
    assert np.abs(values).max() <= 1


def test_a_single_touch_says_little() -> None:
    once, _, never = drawn(Tried(1, 1)).mean(axis=0)
    assert abs(once - never) < 0.15


def test_touches_are_taken_as_totals_and_never_exceed_the_screens() -> None:
    feedback, again = Feedback(), Feedback()
    for total in (Tried(5, 1), Tried(40, 20)):
        feedback.update(0, total)
    again.update(0, Tried(40, 20))
    assert feedback.draw(ROWS, 1).tolist() == again.draw(ROWS, 1).tolist()
    feedback.update(1, Tried(2, 3))  # the screen of a touch is counted later
    assert np.isfinite(feedback.draw(ROWS, 1)).all()


@pytest.fixture
def walks() -> Matcher:
    """Six equal items."""
    rules = Rules.model_validate({"presets": {"repair": {"about": "x", "towards": {}}}})
    rules = rules.model_copy(update={"weights": Weights(turn=0.0, variety=0.0)})
    items = [Item(f"walk{n}", "activity", f"Walk {n}", "walking") for n in range(6)]
    return Matcher(Catalogue.of(items), rules, MatchingConfig(count=1), PlaceConfig())


def test_of_equals_the_liked_one_is_suggested_most_and_none_is_starved(walks: Matcher) -> None:
    audience = Audience(size=1, age_band="adult")
    tried = {f"walk{n}": Tried(60, 30 if n == 4 else 6) for n in range(5)} | {"gone": Tried(9, 9)}
    firsts = []
    for draw in range(DRAWS):
        (found,) = walks.match(audience, Context(at=0.0, draw=draw, tried=tried))
        firsts.append(found.item.id)
        term = next(term for term in found.trace if term.name == "touches")
        assert found.score == pytest.approx(term.value * term.weight, abs=1e-5)
    assert firsts.count("walk4") > DRAWS / 2
    assert "walk5" in firsts  # never shown


def test_before_anything_was_tried_touches_say_nothing(walks: Matcher) -> None:
    (found,) = walks.match(Audience(size=1, age_band="adult"), Context(at=0.0, draw=3))
    assert {term.value for term in found.trace if term.name == "touches"} == {0.0}


def test_the_same_draw_gives_the_same_answer(walks: Matcher) -> None:
    audience = Audience(size=1, age_band="adult")
    context = Context(at=0.0, draw=3, tried={"walk1": Tried(30, 9)})
    first = walks.match(audience, context)
    walks.match(audience, replace(context, draw=4))
    assert walks.match(audience, context) == first
