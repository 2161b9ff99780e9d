"""Each term of the matching, as a sentence; what is not known counts nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.errors import UserError
from device.matching.match import Matcher
from device.matching.question import certain_years
from device.matching.rules import Rules, Weights
from device.values import (
    AGE_BANDS,
    MOODS,
    Audience,
    Context,
    Item,
    Reason,
    Suggestion,
    Trust,
    Visitor,
)

NOON = datetime(2026, 11, 16, 12, 0)  # a Monday
ADULT = Audience(size=1, age_band="adult", company="alone")
RULES = Rules.model_validate(
    {
        "affect": {"soothing": [0.5, -0.6], "stirring": [0.6, 0.8], "bleak": [-0.6, -0.4]},
        "age": {"senior": {"tea": 0.8}, "child": {"rides": 0.9}},
        "gender": {"female": {"tea": 0.5}, "male": {"tea": -0.5}},
        "company": {"couple": {"romantic": 0.9}, "friends": {"romantic": -0.4}},
        "hours": [{"start": 20, "end": 4, "likes": {"night": 0.7}}],
        "weather": {"rain": {"outdoor": -0.9}},
        "presets": {
            "repair": {
                "about": "x",
                "towards": {"exhausted": [0.5, -0.6], "bored": [0.6, 0.8], "sad": [0.5, 0.0]},
            }
        },
    }
)


def item(name: str, *tags: str, kind: Any = "place", **known: Any) -> Item:
    return Item(name, kind, name.title(), known.pop("category", name), tags=tags, **known)


def matcher(
    *items: Item,
    rules: Rules = RULES,
    place: PlaceConfig | None = None,
    **settings: Any,
) -> Matcher:
    settings = {"count": 8, **settings}
    return Matcher(
        Catalogue.of(items), rules, MatchingConfig(**settings), place or PlaceConfig(), {"tea"}
    )


def ask(
    who: Matcher, audience: Audience = ADULT, now: datetime | None = NOON, weather: str = "unknown"
) -> dict[str, Suggestion]:
    found = who.match(audience, Context(at=0.0, now=now, weather=weather))
    return {suggestion.item.id: suggestion for suggestion in found}


def term(suggestion: Suggestion, name: str) -> float:
    (value,) = (term.value for term in suggestion.trace if term.name == name)
    return value


def values(name: str, who: Matcher, audience: Audience = ADULT, **context: Any) -> dict[str, float]:
    return {key: term(found, name) for key, found in ask(who, audience, **context).items()}


def test_a_mood_is_answered_with_what_lies_where_the_preset_leads() -> None:
    who = matcher(item("bath", "soothing"), item("race", "stirring"), item("thing"))
    assert values("mood", who, replace(ADULT, mood="exhausted")) == pytest.approx(
        {"bath": 1.0, "race": 1 - math.hypot(0.1, 1.4), "thing": 0.0}, abs=1e-6
    )
    assert next(iter(ask(who, replace(ADULT, mood="bored")))) == "race"


def test_an_item_between_two_tags_lies_between_them() -> None:
    who = matcher(item("both", "soothing", "stirring"))
    expected = 1 - math.hypot(0.05, 0.7)
    assert values("mood", who, replace(ADULT, mood="exhausted"))["both"] == pytest.approx(expected)


@pytest.mark.parametrize("mood", ["unknown", "happy"])
def test_a_mood_that_is_not_known_or_has_no_aim_counts_nothing(mood: str) -> None:
    who = matcher(item("bath", "soothing"), item("race", "stirring"))
    assert set(values("mood", who, replace(ADULT, mood=mood)).values()) == {0.0}


def test_an_age_band_likes_what_its_rules_say() -> None:
    who = matcher(item("house", "tea"), item("fair", "rides"))
    senior = replace(ADULT, age_band="senior")
    assert values("age", who, senior) == pytest.approx({"house": 0.8, "fair": 0.0})
    assert values("age", who, replace(ADULT, age_band="child"))["fair"] == pytest.approx(0.9)
    assert set(values("age", who, replace(ADULT, age_band="unknown")).values()) == {0.0}


def test_gender_counts_only_where_it_is_switched_on() -> None:
    woman = replace(ADULT, gender="female")
    tea = item("house", "tea")
    assert values("gender", matcher(tea), woman)["house"] == 0.0
    on = matcher(tea, by_gender=True)
    assert values("gender", on, woman)["house"] == pytest.approx(0.5)
    assert values("gender", on, replace(ADULT, gender="male"))["house"] == pytest.approx(-0.5)
    assert values("gender", on, ADULT)["house"] == 0.0


def test_company_likes_what_its_rules_say() -> None:
    who = matcher(item("boat", "romantic"))
    assert values("company", who, replace(ADULT, company="couple"))["boat"] == pytest.approx(0.9)
    assert values("company", who, replace(ADULT, company="friends"))["boat"] == pytest.approx(-0.4)
    assert values("company", who, ADULT)["boat"] == 0.0


def test_the_hour_of_the_day_likes_what_its_rules_say() -> None:
    who = matcher(item("stars", "night"))
    assert values("hour", who, now=NOON)["stars"] == 0.0
    assert values("hour", who, now=NOON.replace(hour=23))["stars"] == pytest.approx(0.7)
    assert values("hour", who, now=NOON.replace(hour=3))["stars"] == pytest.approx(0.7)
    assert values("hour", who, now=None)["stars"] == 0.0


def test_what_is_closed_or_closes_before_one_has_been_there_is_left_out() -> None:
    here = PlaceConfig(latitude=30.0, longitude=120.0)
    # 1,500 m away: 28 minutes on foot, and 45 to stay.
    away = {"latitude": 30.0 + math.degrees(1500 / 6_371_008.8), "longitude": 120.0}
    who = matcher(
        item("open", hours="Mo-Su 09:00-18:00"),
        item("night", hours="Mo-Su 18:00-02:00"),
        item("closing", hours="Mo-Su 09:00-12:30"),
        item("closed", hours="Tu-Su 09:00-18:00"),
        item("in time", hours="Mo-Su 09:00-13:15", **away),
        item("too late", hours="Mo-Su 09:00-13:10", **away),
        item("always", hours="24/7", **away),
        item("silent"),
        item("holidays", hours="PH 09:00-18:00"),
        place=here,
    )
    found = values("open", who)
    known = {"open": 0.2, "in time": 0.2, "always": 0.2}
    assert found == pytest.approx(known | {"silent": 0, "holidays": 0})
    without_a_clock = values("open", who, now=None)
    assert len(without_a_clock) == 8  # as many as there are cards
    assert set(without_a_clock.values()) == {0.0}


def test_what_is_too_far_for_the_company_is_left_out() -> None:
    here = PlaceConfig(latitude=30.0, longitude=120.0)
    who = matcher(
        item("near", latitude=30.01, longitude=120.0),
        item("far", latitude=30.04, longitude=120.0),
        item("somewhere"),
        rules=RULES.model_copy(update={"farthest_m": {"family": 3000.0}}),
        place=here,
    )
    assert set(ask(who, replace(ADULT, company="family"))) == {"near", "somewhere"}
    assert set(ask(who, ADULT)) == {"near", "far", "somewhere"}


def test_an_items_own_affect_counts_before_that_of_its_tags() -> None:
    who = matcher(item("bath", "stirring", valence=0.5, arousal=-0.6), item("race", "stirring"))
    found = values("mood", who, replace(ADULT, mood="exhausted"))
    assert found == pytest.approx({"bath": 1.0, "race": 1 - math.hypot(0.1, 1.4)}, abs=1e-6)


def test_a_place_must_stay_open_for_as_long_as_people_stay_there() -> None:
    shop = item("shop", hours="Mo-Su 09:00-12:30", stay=10)
    museum = item("museum", hours="Mo-Su 09:00-13:30", stay=120)
    assert set(ask(matcher(shop, museum))) == {"shop"}


def test_what_is_for_others_is_left_out_and_what_suits_the_company_gains() -> None:
    who = matcher(
        item("playground", suits=("children", "family")),
        item("casino", suits=("friends",)),
        item("museum", suits=("family", "alone")),
        item("park"),
    )
    with_children = values("company", who, replace(ADULT, company="family"))
    assert with_children == pytest.approx({"playground": 0.5, "museum": 0.5, "park": 0.0})
    alone = values("company", who)
    assert alone == pytest.approx({"casino": -0.5, "museum": 0.5, "park": 0.0})
    unknown = values("company", who, replace(ADULT, company="nobody"))
    assert set(unknown) == {"playground", "casino", "museum", "park"}


def test_what_was_shown_lately_stands_back() -> None:
    rules = RULES.model_copy(update={"weights": Weights(turn=0.0, recent=0.5)})
    who = matcher(item("good", popularity=0.9), item("fair", popularity=0.6), rules=rules, count=1)
    lately = Context(at=0.0, now=NOON, recent=(("good", 1.0), ("gone", 1.0)))
    assert [s.item.id for s in who.match(ADULT, replace(lately, recent=()))] == ["good"]
    (found,) = who.match(ADULT, lately)
    assert found.item.id == "fair"
    (found,) = who.match(ADULT, replace(lately, recent=(("good", 0.2),)))
    assert found.item.id == "good"
    assert term(found, "recent") == pytest.approx(-0.2)


def test_each_draw_chooses_otherwise_among_equals() -> None:
    who = matcher(*(item(f"walk{n}", category="walking") for n in range(6)), count=1)
    firsts = [who.match(ADULT, Context(at=0.0, now=NOON, draw=n))[0].item.id for n in range(20)]
    assert len(set(firsts)) > 2
    again = [who.match(ADULT, Context(at=0.0, now=NOON, draw=n))[0].item.id for n in range(20)]
    assert again == firsts


def test_near_is_better_than_far_and_an_unknown_distance_is_between() -> None:
    here = PlaceConfig(latitude=30.0, longitude=120.0)
    who = matcher(
        item("door", latitude=30.0, longitude=120.0),
        item("bend", latitude=30.0, longitude=120.0 + math.degrees(2000 / 6_371_008.8 / 0.8660254)),
        item("town", latitude=31.0, longitude=120.0),
        item("somewhere"),
        place=here,
    )
    found = ask(who)
    near = {name: term(suggestion, "distance") for name, suggestion in found.items()}
    assert near["door"] == pytest.approx(1.0)
    assert near["bend"] == pytest.approx(0.0, abs=1e-3)
    assert near["town"] == pytest.approx(-1.0, abs=1e-3)
    assert near["somewhere"] == 0.0
    assert found["town"].distance_m == pytest.approx(111_195, abs=1)
    assert found["somewhere"].distance_m is None
    assert Reason("distance", 111195) in found["town"].why


def test_distances_are_unknown_where_the_kiosk_does_not_know_its_place() -> None:
    found = ask(matcher(item("door", latitude=30.0, longitude=120.0)))
    assert found["door"].distance_m is None
    assert term(found["door"], "distance") == 0.0


def test_popularity_counts_and_an_unknown_one_is_between() -> None:
    who = matcher(item("hit", popularity=1.0), item("flop", popularity=0.0), item("new"))
    assert values("popularity", who) == {"hit": 1.0, "flop": -1.0, "new": 0.0}


def test_rain_counts_against_the_open_air() -> None:
    who = matcher(item("park", "outdoor"), item("hall"))
    wet = values("weather", who, weather="rain")
    assert wet == pytest.approx({"park": -0.9, "hall": 0.0})
    assert set(values("weather", who, weather="plague").values()) == {0.0}


def test_equals_take_turns_from_hour_to_hour() -> None:
    who = matcher(*(item(f"walk{number}", category="walking") for number in range(6)), count=1)
    firsts = {next(iter(ask(who, now=NOON + timedelta(hours=hour)))) for hour in range(24)}
    assert len(firsts) > 2


def test_the_second_suggestion_is_not_more_of_the_first() -> None:
    rules = RULES.model_copy(update={"weights": Weights(turn=0.0)})
    park = item("park", "soothing", category="parks")
    other = item("another park", "soothing", category="parks")
    song = item("song", "soothing", "slow", kind="song", category="pop")
    tired = replace(ADULT, mood="exhausted")
    found = ask(matcher(park, other, song, rules=rules, count=2), tired)
    assert list(found) == ["park", "song"]
    assert term(found["song"], "variety") > -0.2
    plain = RULES.model_copy(update={"weights": Weights(turn=0.0, variety=0.0)})
    assert list(ask(matcher(park, other, song, rules=plain, count=2), tired)) == [
        "park",
        "another park",
    ]


def test_two_songs_of_one_artist_are_more_alike_than_two_of_two() -> None:
    first, same, other = (
        item(name, kind="song", category="pop", creator=creator)
        for name, creator in (("a", "ABBA"), ("b", "ABBA"), ("c", "Queen"))
    )
    rules = RULES.model_copy(update={"weights": Weights(turn=0.0)})
    assert list(ask(matcher(first, same, other, rules=rules))) == ["a", "c", "b"]


def test_a_score_is_the_sum_of_its_trace_and_scores_do_not_rise(
    example: Catalogue, rules: Rules, here: PlaceConfig
) -> None:
    who = Matcher(example, rules, MatchingConfig(count=8), here)
    for mood in MOODS:
        found = who.match(replace(ADULT, mood=mood), Context(at=0.0, now=NOON))
        assert len(found) == len({suggestion.item.id for suggestion in found}) == 8
        scores = [suggestion.score for suggestion in found]
        assert scores == sorted(scores, reverse=True)
        for suggestion in found:
            assert suggestion.score == pytest.approx(
                sum(part.value * part.weight for part in suggestion.trace), abs=1e-5
            )
            assert [part.name for part in suggestion.trace] == list(Weights.model_fields)
            assert all(-1 <= part.value <= 1 for part in suggestion.trace)


def test_moods_get_different_suggestions_from_the_example(
    example: Catalogue, rules: Rules, here: PlaceConfig
) -> None:
    who = Matcher(example, rules, MatchingConfig(), here)
    firsts = {mood: tuple(ask(who, replace(ADULT, mood=mood))) for mood in MOODS}
    assert len(set(firsts.values())) >= 7


def test_one_screen_of_the_example_is_not_all_of_one_kind(
    example: Catalogue, rules: Rules, here: PlaceConfig
) -> None:
    who = Matcher(example, rules, MatchingConfig(), here)
    for mood in MOODS:
        found = ask(who, replace(ADULT, mood=mood)).values()
        assert len({suggestion.item.kind for suggestion in found}) >= 2


@pytest.mark.parametrize(
    "audience",
    [
        Audience(size=1, age_band="adult", minors=True),
        Audience(size=1, age_band="child"),
        Audience(size=1, age_band="teen"),
        Audience(size=1, age_band="unknown"),
        Audience(),
    ],
    ids=["minors", "child", "teen", "unknown", "nobody"],
)
def test_a_visitor_who_may_be_a_minor_gets_only_what_suits_all_ages(
    audience: Audience, example: Catalogue, rules: Rules, here: PlaceConfig
) -> None:
    for preset in rules.presets:
        who = Matcher(example, rules, MatchingConfig(preset=preset, count=8), here)
        for mood, emotion in (("frustrated", "angry"), ("worried", "fear"), ("bored", "disgust")):
            found = ask(who, replace(audience, mood=mood, emotion=emotion)).values()
            assert found
            assert {suggestion.item.minimum_age for suggestion in found} == {0}


def test_a_minimum_age_is_kept_also_among_grown_ups() -> None:
    who = matcher(item("casino", minimum_age=21), item("bar", minimum_age=18), item("park"))
    assert set(ask(who, replace(ADULT, age_band="young"))) == {"bar", "park"}
    assert set(ask(who, ADULT)) == {"casino", "bar", "park"}


def visitor(age_band: str) -> Visitor:
    return Visitor(
        track_id="t", emotion="neutral", emotions={}, mood="neutral", valence=0, arousal=0,
        years=None, age_band=age_band, female=None, gender="unknown", trust=Trust.same(1),
        nearness=0.5, since=0,
    )  # fmt: skip


def test_of_a_mixed_group_the_youngest_decides() -> None:
    mixed = Audience(size=2, visitors=(visitor("senior"), visitor("adult")))
    assert certain_years(mixed) == 30
    assert certain_years(replace(mixed, visitors=(*mixed.visitors, visitor("unknown")))) == 0
    assert certain_years(replace(mixed, visitors=(*mixed.visitors, visitor("teen")))) == 0
    assert certain_years(replace(ADULT, size=0)) == 0
    assert [certain_years(replace(ADULT, age_band=band)) for band in AGE_BANDS] == [
        0, 0, 18, 30, 44, 60,
    ]  # fmt: skip


def test_the_same_question_is_answered_from_memory(
    example: Catalogue, rules: Rules, here: PlaceConfig
) -> None:
    who = Matcher(example, rules, MatchingConfig(), here)
    first = who.match(ADULT, Context(at=0.0, now=NOON))
    later = Context(at=90.0, now=NOON + timedelta(minutes=4, seconds=59))
    assert who.match(replace(ADULT, valence=0.3, gender="male"), later) is first
    assert who.match(replace(ADULT, mood="sad"), later) is not first
    assert who.match(ADULT, Context(at=0.0, now=NOON)) == first


def test_only_the_kinds_that_are_asked_for_are_suggested(example: Catalogue, rules: Rules) -> None:
    for kind in {item.kind for item in example}:
        config = MatchingConfig(kinds=(kind,))
        found = ask(Matcher(example, rules, config, PlaceConfig()))
        assert {suggestion.item.kind for suggestion in found.values()} == {kind}


def test_a_choice_of_kinds_that_leaves_nothing_is_one_line(
    example: Catalogue, rules: Rules
) -> None:
    config = MatchingConfig(preset="films", kinds=("song", "place"))
    with pytest.raises(UserError, match="got song, place, which leaves nothing: preset 'films'"):
        Matcher(example, rules, config, PlaceConfig())


def test_fewer_items_than_cards_are_all_there_is() -> None:
    assert len(ask(matcher(item("park"), item("bar", minimum_age=18)), Audience())) == 1
    assert ask(matcher(item("bar", minimum_age=18)), Audience()) == {}
