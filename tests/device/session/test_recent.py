"""What a kiosk has shown lately is discounted, by how long it stood there and how long ago."""

from __future__ import annotations

import pytest

from device.session.recent import HALF_LIFE_S, Recent
from device.values import Item, Screen, Suggestion


def screen(*ids: str) -> Screen:
    cards = tuple(Suggestion(Item(name, "place", name, "cafe"), 1.0, ()) for name in ids)
    return Screen("showing" if cards else "resting", cards)


def test_a_screen_counts_once_it_is_replaced_by_how_long_it_stood() -> None:
    recent = Recent()
    recent.update(screen("a", "b"), 0.0)
    recent.update(screen("a", "b"), 15.0)
    assert recent.discounts == ()
    assert recent.update(screen(), 30.0) == ("a", "b")
    assert dict(recent.discounts) == pytest.approx({"a": 0.5, "b": 0.5})
    recent.update(screen(), 300.0)  # nothing is shown: nothing counts
    assert dict(recent.discounts) == pytest.approx({"a": 0.5, "b": 0.5})


def test_a_screen_that_stays_counts_every_minute_and_never_more_than_whole() -> None:
    recent = Recent(draw=7)
    for second in range(0, 241, 10):
        recent.update(screen("a"), float(second))
    assert dict(recent.discounts) == {"a": 1.0}
    assert recent.draw == 7 + 4


def test_a_discount_fades_and_is_forgotten() -> None:
    recent = Recent()
    recent.update(screen("a"), 0.0)
    recent.update(screen("b"), 60.0)
    recent.update(screen("c"), 60.0 + HALF_LIFE_S)
    assert dict(recent.discounts)["a"] == pytest.approx(0.5)
    recent.update(screen("d"), 60.0 + 6 * HALF_LIFE_S)
    assert "a" not in dict(recent.discounts)


def test_a_question_stays_the_same_between_screens() -> None:
    recent = Recent()
    recent.update(screen("a"), 0.0)
    recent.update(screen("b"), 40.0)
    before = recent.discounts
    for second in range(41, 100):
        recent.update(screen("b"), float(second))
    assert recent.discounts is before


def test_an_item_that_was_never_in_view_was_not_shown() -> None:
    recent = Recent()
    recent.update(screen("a", "b"), 0.0)
    recent.saw({"a", "z"})
    assert recent.update(screen("a", "c"), 60.0) == ("a",)
    assert dict(recent.discounts) == {"a": 1.0}
    assert recent.update(screen(), 90.0) == ("a", "c")  # of which nothing was told
