"""Several visitors as one audience."""

from __future__ import annotations

import pytest

from device.audience.demographics import band_of
from device.audience.group import audience_of
from device.values import ADULT_AT, UNKNOWN, Audience, Trust, Visitor
from tests.device.audience.people import visitor


def aged(name: str, years: float) -> Visitor:
    return visitor(name, age=years, band=band_of(years), minor=years < ADULT_AT)


def company(*ages: float) -> str:
    return audience_of(tuple(aged(str(n), years) for n, years in enumerate(ages))).company


def test_an_audience_without_visitors_has_no_company_and_no_mood() -> None:
    nobody = audience_of(())
    assert (nobody.company, nobody.size, nobody.mood) == ("nobody", 0, UNKNOWN)


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ((30,), "alone"),
        ((8,), "alone"),
        ((33, 36), "couple"),
        ((70, 66), "couple"),
        ((35, 8), "family"),
        ((45, 47, 15), "family"),
        ((30, 55), "family"),
        ((25, 27, 24), "friends"),
        ((15, 16), "friends"),
        ((9, 10, 11), "friends"),
    ],
)
def test_company_follows_from_number_and_ages(ages: tuple[float, ...], expected: str) -> None:
    assert company(*ages) == expected


def test_two_visitors_of_unknown_age_are_friends() -> None:
    unknown = [visitor(name, age=None, band=UNKNOWN, minor=True) for name in "ab"]
    assert audience_of(tuple(unknown)).company == "friends"


def test_visitors_in_the_background_do_not_count() -> None:
    audience = audience_of((visitor("a", nearness=0.4), visitor("b", nearness=0.1, mood="sad")))
    assert (audience.size, audience.company, audience.mood) == (1, "alone", "happy")
    assert [v.track_id for v in audience.visitors] == ["a"]


def test_a_group_has_a_mood_only_if_it_is_shared() -> None:
    assert audience_of((visitor("a", mood="sad"), visitor("b", mood="sad"))).mood == "sad"
    assert audience_of((visitor("a", mood="sad"), visitor("b", mood="happy"))).mood == UNKNOWN


def test_the_nearest_and_best_seen_visitor_weighs_most() -> None:
    near, far = visitor("a", nearness=0.5, mood="sad"), visitor("b", nearness=0.25, mood="happy")
    assert audience_of((far, near)).mood == "sad"
    untrusted = visitor("a", nearness=0.5, mood="sad", trust=0.2)
    assert audience_of((far, untrusted)).mood == "happy"


def test_a_visitor_weighs_by_the_trust_in_the_state_in_question() -> None:
    masked = visitor(
        "a", mood="sad", gender="female", nearness=0.5, trust=Trust(emotion=0.1, age=1, gender=1)
    )
    bare = visitor("b", mood="happy", gender="male", nearness=0.3)
    audience = audience_of((masked, bare))
    assert (audience.mood, audience.gender) == ("happy", "female")
    assert audience.size == 2


def test_valence_is_a_mean_and_not_a_sum() -> None:
    audience = audience_of((visitor("a"), visitor("b", nearness=0.2)))
    assert audience.valence == pytest.approx(0.5)


def test_one_possible_minor_makes_an_audience_with_minors() -> None:
    assert not audience_of((aged("a", 40), aged("b", 42))).minors
    assert audience_of((aged("a", 40), aged("b", 12))).minors


def test_a_group_has_a_gender_only_if_it_is_shared() -> None:
    women = (visitor("a", gender="female"), visitor("b", gender="female"))
    assert audience_of(women).gender == "female"
    assert audience_of((women[0], visitor("c", gender="male"))).gender == UNKNOWN


def test_a_visitor_without_trust_still_counts() -> None:
    audience: Audience = audience_of((visitor("a", mood=UNKNOWN, trust=0.0),))
    assert (audience.size, audience.company, audience.mood) == (1, "alone", UNKNOWN)


def heard(**state: object) -> Visitor:
    """What a microphone would report: a mood, and nothing of age or gender."""
    about = {"mood": "sad", "age": None, "band": UNKNOWN, "minor": True, "nearness": 1.0, **state}
    return visitor("microphone", **about)  # type: ignore[arg-type]


def test_another_sensor_weighs_beside_the_visitors_and_adds_no_person() -> None:
    seen = (visitor("a", mood="happy", nearness=0.3),)
    assert audience_of(seen, (heard(nearness=0.2),)).mood == "happy"
    assert audience_of(seen, (heard(nearness=1.0),)).mood == UNKNOWN
    loud = audience_of(seen, (heard(nearness=3.0),))
    assert (loud.mood, loud.size, loud.company) == ("sad", 1, "alone")
    assert [v.track_id for v in loud.visitors] == ["a"]


def test_what_another_sensor_does_not_know_has_no_effect() -> None:
    seen = (visitor("a", band="adult", gender="female"),)
    audience = audience_of(seen, (heard(nearness=5.0),))
    assert (audience.age_band, audience.gender, audience.minors) == ("adult", "female", False)
    young = heard(age=15.0, band="teen", minor=True)
    assert audience_of(seen, (young,)).minors


def test_without_a_camera_another_sensor_counts_as_one_possible_minor() -> None:
    audience = audience_of((), (heard(),))
    assert (audience.size, audience.company, audience.mood) == (1, "alone", "sad")
    assert audience.minors
