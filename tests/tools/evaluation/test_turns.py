"""The demo's cards take turns, with the real catalogue and models."""

from __future__ import annotations

from device.config import Config
from tools.evaluation.turns import Turns, report, turns


def test_no_card_of_the_demos_first_screens_comes_again_at_once(config: Config) -> None:
    found = turns(config, screens=4)
    cards = config.matching.count
    assert [len(screen) for screen in found.screens] == [cards] * 4
    assert found.titles > 2 * cards
    assert found.most[1] <= 2


def test_it_says_how_many_titles_and_which_is_shown_most() -> None:
    found = Turns((("Tea", "Inn"), ("Tea", "Lake"), ("Inn", "Tea")), seconds=90)
    assert list(report(found)) == [
        "3 screens in 1.5 minutes of the demo",
        "3 titles; Tea, the most shown, is on 3 of them",
    ]
