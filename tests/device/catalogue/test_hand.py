"""What an operator hides, pins and corrects at one kiosk, in a file beside the table."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from device.catalogue.hand import Hand, load_hand
from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.errors import UserError
from device.matching.match import Matcher
from device.matching.rules import Rules
from device.values import Audience, Context, Item, Suggestion

RULES = Rules.model_validate({"presets": {"repair": {"about": "x", "towards": {}}}})
ITEMS = [
    Item("inn", "place", "The Inn", "cafe", hours="Mo-Su 18:00-23:00", popularity=0.9),
    Item("bar", "place", "The Bar", "cafe", popularity=0.8, titles={"sv": "Baren"}),
    Item("zoo", "place", "The Zoo", "zoo", popularity=0.1, minimum_age=0),
]
NOON = datetime(2026, 11, 16, 12, 0)


def suggested(hand: Hand, years: str = "adult") -> list[Suggestion]:
    matcher = Matcher(Catalogue.of(ITEMS), RULES, MatchingConfig(count=3), PlaceConfig(), hand=hand)
    audience = Audience(size=1, age_band=years, company="alone", minors=years == "child")
    return list(matcher.match(audience, Context(at=0.0, now=NOON)))


def ids(hand: Hand, years: str = "adult") -> list[str]:
    return [suggestion.item.id for suggestion in suggested(hand, years)]


def hand(tmp_path: Path, text: str) -> Hand:
    path = tmp_path / "hand.yaml"
    path.write_text(text, encoding="utf-8")
    return load_hand(path)


def test_without_a_hand_the_table_decides(tmp_path: Path) -> None:
    assert ids(hand(tmp_path, "")) == ["bar", "zoo"]  # the inn is closed at noon


def test_what_is_hidden_is_never_suggested(tmp_path: Path) -> None:
    assert ids(hand(tmp_path, "hide: [bar]")) == ["zoo"]


def test_what_is_pinned_comes_first_where_it_is_in_reach(tmp_path: Path) -> None:
    found = suggested(hand(tmp_path, "pin: [zoo, inn]"))
    assert [suggestion.item.id for suggestion in found] == ["zoo", "bar"]  # the inn is closed
    (pinned,) = (term for term in found[0].trace if term.name == "pinned")
    assert (pinned.value, pinned.weight) == (1.0, RULES.weights.pinned)
    for suggestion in found:
        assert suggestion.score == pytest.approx(
            sum(term.value * term.weight for term in suggestion.trace), abs=1e-5
        )


def test_corrections_win_over_the_table(tmp_path: Path) -> None:
    text = """
    correct:
      inn: {hours: "Mo-Su 10:00-23:00", "title:fi": Majatalo, popularity: 0.2}
      bar: {minimum_age: 18, title: "Bar & Café", "title:sv": Krogen, address: null,
            about: Old., "about:fi": Vanha., "about:sv": Gammal.}
    """
    mine = hand(tmp_path, text)
    assert set(ids(mine)) == {"bar", "inn", "zoo"}
    assert set(ids(mine, "child")) == {"inn", "zoo"}
    found = {suggestion.item.id: suggestion.item for suggestion in suggested(mine)}
    assert found["inn"].titles == {"fi": "Majatalo"}
    assert found["inn"] == replace(
        ITEMS[0], hours="Mo-Su 10:00-23:00", popularity=0.2, titles={"fi": "Majatalo"}
    )
    assert (found["bar"].title, found["bar"].titles["sv"]) == ("Bar & Café", "Krogen")
    assert (found["bar"].about, found["bar"].abouts) == ("Old.", {"fi": "Vanha.", "sv": "Gammal."})


def test_the_table_itself_stays_as_it_is(tmp_path: Path) -> None:
    catalogue = Catalogue.of(ITEMS)
    before = list(catalogue)
    mine = hand(tmp_path, "correct: {zoo: {title: Zoo}}")
    Matcher(catalogue, RULES, MatchingConfig(), PlaceConfig(), hand=mine)
    assert [item.title for item in catalogue] == ["The Inn", "The Bar", "Zoo"]
    assert catalogue.get("zoo") == replace(before[2], title="Zoo")
    assert catalogue.get("gone") is None


def test_ids_that_no_item_has_are_named_and_do_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert ids(hand(tmp_path, "{hide: [gone], pin: [lost], correct: {away: {price: free}}}"))
    assert "no such items: away, gone, lost" in caplog.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hide: inn", "hide"),
        ("hidden: [inn]", "did you mean `hide`"),
        ("correct: {inn: {kind: film}}", "kind: cannot be corrected; takes title"),
        ("correct: {inn: {hours: soon}}", "hours: got 'soon'"),
        ("correct: {inn: {title: null}}", "title is empty"),
        ("correct: {inn: closed}", "columns and values"),
        ("hide: [inn]\nhide: [bar]", "given twice"),
    ],
)
def test_a_mistake_is_one_line_with_what_it_takes(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UserError) as error:
        hand(tmp_path, text)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert "hand.yaml" in str(error.value)
