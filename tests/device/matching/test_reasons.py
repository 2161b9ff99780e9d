"""What a card says is true of the item and tells nothing about who stands there."""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta

import pytest

from device.catalogue.hours import parse_hours
from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.reasons import MOST, forbidden, reasons
from device.matching.rules import Rules
from device.values import AGE_BANDS, EMOTIONS, MOODS, UNKNOWN, Audience, Context, Item

# Written by hand, apart from the product's own list: what no card may say.
NEVER = re.compile(
    r"\b(happ\w*|sad\w*|ang(er|ry)\w*|fear\w*|afraid|disgust\w*|surpris\w*|neutral\w*|excit\w*"
    r"|bor(ed|ing|edom)|exhaust\w*|tired\w*|worr\w*|frustrat\w*|stress\w*|mood\w*|feel\w*|emotion\w*"
    r"|calm\w*|relax\w*|cheer\w*|comfort\w*|sooth\w*|gloom\w*|lonel\w*"
    r"|child\w*|kids?|teen\w*|young\w*|youth\w*|adult\w*|middle|senior\w*|old|elder\w*|ages?|aged"
    r"|male|female|m[ae]n|wom[ae]n|boys?|girls?|lad(y|ies)|gentlem[ae]n"
    r"|alone|couples?|famil\w*|friends?|solo|single|together|groups?|compan\w*|romantic|lovers?"
    r"|you|your|people|person\w*)\b",
    re.IGNORECASE,
)

MONDAY = datetime(2026, 11, 16)


def test_no_reason_over_the_example_names_or_implies_a_visitor(
    example: Catalogue, rules: Rules
) -> None:
    said = set()
    for item in example.items:
        hours = parse_hours(item.hours)
        for hour, metres in itertools.product((None, *range(0, 168, 2)), (None, 40.0, 400.0, 2e4)):
            now = None if hour is None else MONDAY + timedelta(hours=hour)
            said.update(reasons(item, rules.words, distance_m=metres, hours=hours, now=now))
    assert len(said) > 150
    for phrase in said:
        assert not NEVER.search(phrase), phrase
        assert forbidden(phrase) is None, phrase


def test_the_words_of_an_item_are_the_same_for_every_audience(
    example: Catalogue, rules: Rules, here: PlaceConfig
) -> None:
    context = Context(at=0, now=MONDAY.replace(hour=15))
    words: dict[str, set[tuple[str, ...]]] = {}
    for preset, by_gender in itertools.product(rules.presets, (False, True)):
        config = MatchingConfig(preset=preset, count=8, by_gender=by_gender)
        matcher = Matcher(example, rules, config, here)
        for mood, emotion, band, gender, company, minors in itertools.product(
            (*MOODS, UNKNOWN) if preset not in ("films", "activities") else (UNKNOWN,),
            (*EMOTIONS, UNKNOWN) if preset in ("films", "activities") else (UNKNOWN,),
            (*AGE_BANDS, UNKNOWN),
            ("female", "male", "unknown") if by_gender else ("unknown",),
            ("nobody", "alone", "couple", "family", "friends"),
            (False, True),
        ):
            audience = Audience(
                size=0 if company == "nobody" else 2,
                mood=mood,
                emotion=emotion,
                age_band=band,
                gender=gender,
                company=company,
                minors=minors,
            )
            for suggestion in matcher.match(audience, context):
                words.setdefault(suggestion.item.id, set()).add(suggestion.why)
    assert len(words) > len(example) / 3
    assert {item_id: why for item_id, why in words.items() if len(why) > 1} == {}
    assert all(1 <= len(why) <= MOST for variants in words.values() for why in variants)


def test_no_title_of_the_example_reads_like_a_diagnosis(example: Catalogue) -> None:
    labels = {*EMOTIONS, *MOODS, *AGE_BANDS, "female", "male", "alone", "couple", "family"}
    for item in example.items:
        words = set(re.findall(r"[a-z]+", f"{item.title} {item.creator}".lower()))
        assert not words & labels, item.title


def test_a_card_says_what_it_is_like_how_far_and_until_when() -> None:
    item = Item("a", "place", "A", "parks", tags=("quiet", "hidden", "lake"))
    said = reasons(
        item,
        {"quiet": "quiet", "lake": "by the lake", "parks": "a park"},
        distance_m=412.0,
        hours=parse_hours("Mo-Su 09:00-18:00"),
        now=MONDAY.replace(hour=12),
    )
    assert said == ("quiet", "400 m", "open till 18:00")


def test_what_is_not_known_is_not_said_and_other_words_take_its_place() -> None:
    item = Item("a", "place", "A", "parks", tags=("quiet", "hidden", "lake"))
    words = {"quiet": "quiet", "lake": "by the lake", "parks": "a park"}
    assert reasons(item, words) == ("quiet", "by the lake", "a park")
    assert reasons(Item("b", "song", "B", "pop", year=1987), words) == ("from the 1980s",)
    assert reasons(Item("c", "song", "C", "pop", popularity=0.9), words) == ("well known",)


@pytest.mark.parametrize(
    ("metres", "says"),
    [(0, "10 m"), (34, "30 m"), (96, "100 m"), (449, "400 m"), (951, "1.0 km"), (1260, "1.3 km"),
     (9949, "9.9 km"), (23_400, "23 km")],
)  # fmt: skip
def test_distances_are_told_as_people_tell_them(metres: float, says: str) -> None:
    assert reasons(Item("a", "place", "A", "parks"), {}, distance_m=metres) == (says,)


@pytest.mark.parametrize(
    ("hours", "hour", "says"),
    [
        ("Mo-Su 09:00-17:30", 12, "open till 17:30"),
        ("Mo-Su 09:00-17:30", 8, "closed now"),
        ("Mo-Su 20:00-02:00", 23, "open till 02:00"),
        ("24/7", 3, "open day and night"),
    ],
)
def test_opening_hours_are_told_for_now(hours: str, hour: int, says: str) -> None:
    item = Item("a", "place", "A", "parks", hours=hours)
    assert reasons(item, {}, hours=parse_hours(hours), now=MONDAY.replace(hour=hour)) == (says,)


@pytest.mark.parametrize(
    "phrase",
    ["for sad days", "Cheers you up", "calming", "fun for kids", "for young and old", "boys' night",
     "just for couples", "with friends", "families welcome", "for your age", "your kind of place"],
)  # fmt: skip
def test_words_that_tell_something_about_a_visitor_are_found(phrase: str) -> None:
    assert forbidden(phrase)


@pytest.mark.parametrize("phrase", ["quiet", "crystal", "in a garage", "scarves", "a grand hotel"])
def test_words_that_only_look_like_it_are_left_alone(phrase: str) -> None:
    assert forbidden(phrase) is None
