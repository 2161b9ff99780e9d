"""The historical presets say exactly what the earlier systems said."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.rules import Rules
from device.values import MOODS, UNKNOWN, Audience, Context, Gender

FILMS = {
    "angry": {"action", "thriller"},
    "disgust": {"horror"},
    "fear": {"horror", "thriller"},
    "happy": {"comedy", "family"},
    "sad": {"drama"},
    "surprise": {"adventure", "sci-fi"},
    "neutral": {"documentary"},
}
ADULT = Audience(size=1, age_band="adult", company="alone")
EMOPOI_BANDS = {"child": ("child", "teen"), "adult": ("young", "adult"), "old": ("senior",)}


def shown(who: Matcher, audience: Audience) -> set[str]:
    return {found.item.category for found in who.match(audience, Context(at=0.0))}


def test_films_are_of_the_genres_the_earlier_system_chose(example: Catalogue, rules: Rules) -> None:
    who = Matcher(example, rules, MatchingConfig(preset="films", count=8), PlaceConfig())
    for emotion, genres in FILMS.items():
        assert rules.preset("films").categories(emotion=emotion) == genres
        assert shown(who, replace(ADULT, emotion=emotion)) == genres
    table = rules.preset("films").table
    assert table is not None
    assert len(table) == len(FILMS)


def test_activities_answer_each_emotion_with_something_to_do(
    example: Catalogue, rules: Rules
) -> None:
    preset = rules.preset("activities")
    assert preset.categories(emotion="happy") == {"dancing", "sports", "laughing together"}
    assert preset.categories(emotion="sad") == {"quiet", "in good company"}
    who = Matcher(example, rules, MatchingConfig(preset="activities", count=8), PlaceConfig())
    for emotion in FILMS:
        assert shown(who, replace(ADULT, emotion=emotion)) == preset.categories(emotion=emotion)


def emopoi(data: Path) -> list[dict[str, str]]:
    with (data / "ancestry" / "emopoi_rules.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.real_data
def test_places_are_of_the_categories_that_emopoi_chose(
    wayside_data: Path, example: Catalogue, rules: Rules
) -> None:
    preset = rules.preset("emopoi")
    config = MatchingConfig(preset="emopoi", count=8, by_gender=True)
    who = Matcher(example, rules, config, PlaceConfig())
    rows = emopoi(wayside_data)
    assert len(rows) == 48
    assert preset.table is not None
    assert len(preset.table) == 48
    for row in rows:
        expected = {name.strip() for name in row["categories"].split(";")}
        gender: Gender = "female" if row["gender"] == "female" else "male"
        for band in EMOPOI_BANDS[row["age_group"]]:
            named = preset.categories(mood=row["mood"], gender=gender, age_band=band)
            assert named == expected
            audience = replace(ADULT, mood=row["mood"], gender=gender, age_band=band)
            assert shown(who, audience) <= expected


def test_emopoi_shows_only_the_categories_of_its_rule(example: Catalogue, rules: Rules) -> None:
    config = MatchingConfig(preset="emopoi", count=8, by_gender=True)
    who = Matcher(example, rules, config, PlaceConfig())
    man = replace(ADULT, mood="exhausted", gender="male")
    assert shown(who, man) == {"clubs and bars"}
    woman = replace(ADULT, mood="exhausted", gender="female")
    assert shown(who, woman) == {"trendy cafes and coffee shops"}


def test_without_gender_emopoi_goes_by_the_rules_of_both(rules: Rules) -> None:
    both = rules.preset("emopoi").categories(mood="exhausted", age_band="adult")
    assert both == {"clubs and bars", "trendy cafes and coffee shops"}


def test_for_the_ages_without_a_rule_emopoi_leaves_it_to_the_other_terms(
    example: Catalogue, rules: Rules
) -> None:
    assert rules.preset("emopoi").categories(mood="sad", age_band="middle") is None
    who = Matcher(example, rules, MatchingConfig(preset="emopoi", count=8), PlaceConfig())
    found = who.match(replace(ADULT, mood="sad", age_band="middle"), Context(at=0.0))
    assert len({suggestion.item.category for suggestion in found}) > 3
    assert {suggestion.trace[0].value for suggestion in found} == {0.0}


def test_an_emotion_the_table_does_not_know_leaves_it_to_the_other_terms(rules: Rules) -> None:
    assert rules.preset("films").categories(emotion="contempt") is None


def test_a_table_whose_films_are_not_for_all_ages_gives_a_minor_others(
    example: Catalogue, rules: Rules
) -> None:
    who = Matcher(example, rules, MatchingConfig(preset="films", count=8), PlaceConfig())
    child = Audience(size=1, emotion="fear", age_band="child", company="alone", minors=True)
    assert shown(who, child)
    assert not shown(who, child) & {"horror", "thriller"}


def test_a_category_that_no_item_has_is_a_line_in_the_log(
    example: Catalogue, rules: Rules, caplog: pytest.LogCaptureFixture
) -> None:
    tame = Catalogue.of(item for item in example if item.category != "horror")
    Matcher(tame, rules, MatchingConfig(preset="films"), PlaceConfig())
    assert [record.getMessage() for record in caplog.records] == [
        "preset films: no item of category 'horror'"
    ]


def test_rain_moves_people_under_a_roof_and_no_weather_moves_nobody(
    example: Catalogue, rules: Rules
) -> None:
    who = Matcher(example, rules, MatchingConfig(count=8), PlaceConfig())

    def outdoors(weather: str) -> int:
        found = [
            suggestion
            for mood in MOODS
            for suggestion in who.match(replace(ADULT, mood=mood), Context(0.0, weather=weather))
        ]
        terms = {term.value for s in found for term in s.trace if term.name == "weather"}
        assert (terms == {0.0}) == (weather == UNKNOWN)
        return sum("outdoor" in suggestion.item.tags for suggestion in found)

    assert outdoors("rain") < outdoors(UNKNOWN) <= outdoors("clear")
