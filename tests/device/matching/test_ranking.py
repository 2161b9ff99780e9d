"""The fast ranking is the plain one, and a shortlist changes next to nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import SHORTLIST, Matcher
from device.matching.rules import Rules
from device.values import AGE_BANDS, KINDS, MOODS, Audience, Context, Item
from tests.device.matching.reference import rank

MONDAY = datetime(2026, 11, 16)
HOURS = ("", "24/7", "Mo-Fr 09:00-17:00", "Fr 18:00-02:00; Sa 10:00-23:00", "Mo off; Tu-Su 10:00+")
COMPANIES: tuple[Any, ...] = ("alone", "couple", "family", "friends")


def random_items(dice: random.Random, rules: Rules, count: int) -> list[Item]:
    """Items of the rules' own tags and categories, with what is often missing missing."""
    names = sorted(rules.affect)
    creators = ("", "", "A", "B", "C")
    return [
        Item(
            id=f"i{number}",
            kind=(kind := dice.choice(KINDS)),
            title=f"Item {number}",
            category=dice.choice(names),
            tags=tuple(dice.sample(names, dice.randint(0, 5))),
            creator=dice.choice(creators),
            latitude=dice.uniform(30.1, 30.4) if (placed := dice.random() < 0.7) else None,
            longitude=dice.uniform(120.0, 120.3) if placed else None,
            hours=dice.choice(HOURS),
            minimum_age=dice.choice((0, 0, 0, 12, 18, 21)),
            popularity=dice.random() if dice.random() < 0.6 else None,
            stay=dice.choice((None, None, 20, 150)),
            suits=dice.choice(((), (), ("children",), ("family", "alone"), ("couple", "friends"))),
            valence=dice.uniform(-1, 1) if (own := dice.random() < 0.4) else None,
            arousal=dice.uniform(-1, 1) if own else None,
            **(some_time(dice) if kind == "event" else {}),
        )
        for number in range(count)
    ]


def some_time(dice: random.Random) -> dict[str, Any]:
    """A time around the week that starts on `MONDAY`, now and then of a repeating event."""
    begins = MONDAY.replace(tzinfo=UTC) + timedelta(minutes=dice.randint(-2880, 9 * 1440))
    ends = begins + timedelta(minutes=dice.choice((30, 120, 600, 4000)))
    return {"begins": begins, "ends": ends, "series": dice.choice(("", "", "s1", "s2"))}


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 60),
    minute=st.none() | st.integers(0, 7 * 24 * 60),
    mood=st.sampled_from((*MOODS, "unknown")),
    age_band=st.sampled_from(AGE_BANDS),
    company=st.sampled_from(COMPANIES),
    weather=st.sampled_from(("clear", "rain", "hot", "unknown")),
    recent=st.dictionaries(st.integers(0, 70).map("i{}".format), st.floats(0, 1), max_size=9),
    draw=st.integers(0, 2**32),
)
def test_the_fast_ranking_equals_the_plain_one(
    rules: Rules,
    here: PlaceConfig,
    seed: int,
    count: int,
    minute: int | None,
    mood: str,
    age_band: str,
    company: Any,
    weather: str,
    recent: dict[str, float],
    draw: int,
) -> None:
    items = random_items(random.Random(seed), rules, count)
    now = None if minute is None else MONDAY + timedelta(minutes=minute // 5 * 5)
    adult = age_band not in ("child", "teen")
    audience = Audience(size=1, mood=mood, age_band=age_band, company=company, minors=not adult)
    config = MatchingConfig(count=8)
    found = Matcher(Catalogue.of(items), rules, config, here).match(
        audience,
        Context(at=0.0, now=now, weather=weather, recent=tuple(recent.items()), draw=draw),
    )
    years = {"young": 18, "adult": 30, "middle": 44, "senior": 60}.get(age_band, 0)
    expected = rank(
        items,
        rules,
        rules.presets["repair"],
        here,
        mood_name=mood,
        age_band=age_band,
        company=company,
        weather=weather,
        years=years,
        now=now,
        count=8,
        recent=recent,
        draw=draw,
    )
    assert [s.score for s in found] == pytest.approx([score for _, score in expected], abs=2e-5)
    for suggestion, (item_id, score) in zip(found, expected, strict=True):
        # Scores that agree to the last digit of float32 may change places.
        close = [s.item.id for s in found if s.score == pytest.approx(score, abs=2e-5)]
        assert suggestion.item.id == item_id or item_id in close or len(close) > 1


def test_a_shortlist_keeps_what_variety_over_all_items_would_choose(
    rules: Rules, here: PlaceConfig
) -> None:
    items = random_items(random.Random(13), rules, 4 * SHORTLIST)
    matcher = Matcher(Catalogue.of(items), rules, MatchingConfig(count=8), here)
    kept = total = 0
    for number, mood in enumerate(MOODS):
        now = MONDAY + timedelta(hours=3 * number + 8)
        audience = Audience(size=1, mood=mood, age_band="adult", company="alone")
        found = matcher.match(audience, Context(at=0.0, now=now))
        expected = rank(items, rules, rules.presets["repair"], here, mood_name=mood,
                        age_band="adult", company="alone", weather="unknown", years=30, now=now,
                        count=8)  # fmt: skip
        kept += len({s.item.id for s in found} & {item_id for item_id, _ in expected})
        total += len(expected)
    assert kept == total


def test_the_answer_of_a_table_larger_than_a_block_is_that_of_its_parts(
    rules: Rules, here: PlaceConfig
) -> None:
    best = Item("best", "place", "Best", "tea", tags=("quiet",), popularity=1.0)
    dull = Item("dull", "place", "Dull", "nothing-in-particular", popularity=0.0)
    items = [replace(dull, id=f"dull-{n}") for n in range(40_000)] + [best]
    matcher = Matcher(Catalogue.of(items), rules, MatchingConfig(count=1), here)
    (found,) = matcher.match(Audience(size=1, age_band="adult"), Context(at=0.0))
    assert found.item == best
