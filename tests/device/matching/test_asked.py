"""What somebody asks for aloud leads the suggestions; everything else still counts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.question import Question
from device.matching.rules import Rules, load_rules
from device.values import Audience, Context, Item, Request
from tests.device.audience.people import visitor

NOON = datetime(2026, 11, 16, 12)
HERE = PlaceConfig(latitude=60.17, longitude=24.94)


def place(name: str, category: str, *tags: str, north: float = 0.0, **more) -> Item:
    return Item(
        name, "place", name, category, tags, latitude=60.17 + north, longitude=24.94, **more
    )


ITEMS = (
    place("far museum", "tourism/museum", north=0.03, hours="24/7"),
    place("near museum", "tourism/museum", north=0.001),
    place("library", "amenity/library", "quiet", north=0.002),
    place("noisy bar", "amenity/bar", "lively", popularity=1.0),
    place("zoo", "tourism/zoo", "animals", suits=("family", "children")),
    place("club", "amenity/nightclub", minimum_age=18, popularity=1.0),
    Item("jazz", "song", "jazz", "music", ("jazz",), popularity=0.1),
    Item("rock", "song", "rock", "music", ("rock",), popularity=1.0),
)


@pytest.fixture(scope="module")
def rules(root: Path) -> Rules:
    return load_rules(root / "catalogue" / "rules.yaml")


@pytest.fixture
def matcher(rules: Rules) -> Matcher:
    return Matcher(Catalogue.of(ITEMS), rules, MatchingConfig(count=2), HERE)


def best(matcher: Matcher, request: Request | None, *, adult: bool = False) -> list[str]:
    audience = Audience()
    if adult:
        person = visitor("a")
        audience = Audience((person,), size=1, age_band="adult", company="alone")
    return [s.item.id for s in matcher.match(audience, Context(0.0, NOON, request=request))]


@pytest.mark.parametrize(
    ("request_", "first"),
    [
        (Request("museum", ("tourism/museum",), near=True), "near museum"),
        (Request("museum", ("tourism/museum",), open_now=True), "far museum"),
        (Request(quiet=True), "library"),
        (Request(children=True), "zoo"),
        (Request("jazz", ("jazz",)), "jazz"),
    ],
)
def test_what_is_asked_for_comes_first(matcher: Matcher, request_: Request, first: str) -> None:
    assert best(matcher, request_)[0] == first


def test_of_a_kind_all_are_it(matcher: Matcher) -> None:
    assert set(best(matcher, Request("music", ("song",)))) == {"jazz", "rock"}


def test_asking_shows_nobody_what_they_may_be_too_young_for(matcher: Matcher) -> None:
    club = Request("nightclub", ("amenity/nightclub",))
    assert "club" not in best(matcher, club)
    assert best(matcher, club, adult=True)[0] == "club"


def test_whoever_asks_for_children_is_not_all_of_age(rules: Rules) -> None:
    person = visitor("a")
    audience = Audience((person,), size=1, age_band="adult", company="alone")
    asked = Question.of(audience, Context(0.0, request=Request(children=True)), by_gender=False)
    assert (asked.company, asked.years) == ("family", 0)


def test_nothing_asked_changes_nothing(matcher: Matcher) -> None:
    without = best(matcher, None)
    best(matcher, Request("jazz", ("jazz",)))
    assert best(matcher, None) == without
