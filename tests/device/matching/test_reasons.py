"""The reasons of a suggestion are facts of the item, and the same for every audience."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from device.catalogue.hours import DAY, UNKNOWN_LEFT
from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.reasons import MOST, reasons
from device.matching.rules import Rules
from device.values import AGE_BANDS, EMOTIONS, MOODS, UNKNOWN, Audience, Context, Item, Reason
from device.words.words import load_words

MONDAY = datetime(2026, 11, 16)


@pytest.mark.slow
def test_the_reasons_of_an_item_are_the_same_for_every_audience(
    example: Catalogue, rules: Rules, here: PlaceConfig
) -> None:
    context = Context(at=0, now=MONDAY.replace(hour=15))
    why: dict[str, set[tuple[Reason, ...]]] = {}
    for preset, by_gender in itertools.product(rules.presets, (False, True)):
        config = MatchingConfig(preset=preset, count=8, by_gender=by_gender)
        matcher = Matcher(example, rules, config, here, load_words("en").tags)
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
                why.setdefault(suggestion.item.id, set()).add(suggestion.why)
    assert len(why) > len(example) / 3
    assert {item_id: variants for item_id, variants in why.items() if len(variants) > 1} == {}
    assert all(1 <= len(some) <= MOST for variants in why.values() for some in variants)


def test_no_title_of_the_example_reads_like_a_diagnosis(example: Catalogue) -> None:
    labels = {*EMOTIONS, *MOODS, *AGE_BANDS, "female", "male", "alone", "couple", "family"}
    for item in example:
        words = set(re.findall(r"[a-z]+", f"{item.title} {item.creator}".lower()))
        assert not words & labels, item.title


def test_a_card_says_what_it_is_like_how_far_and_until_when() -> None:
    item = Item("a", "place", "A", "parks", tags=("quiet", "hidden", "lake"))
    now = MONDAY.replace(hour=12)
    assert reasons(
        item, {"quiet", "lake", "parks"}, distance_m=412.4, minutes_left=360, now=now
    ) == (Reason("tag", "quiet"), Reason("distance", 412), Reason("open_until", "18:00"))


def test_what_is_not_known_is_no_reason_and_a_tag_takes_its_place() -> None:
    item = Item("a", "place", "A", "parks", tags=("quiet", "hidden", "lake"))
    tags = (Reason("tag", "quiet"), Reason("tag", "lake"), Reason("tag", "parks"))
    known = {"quiet", "lake", "parks"}
    assert reasons(item, known) == tags
    unknown = {"minutes_left": UNKNOWN_LEFT, "now": MONDAY}
    assert reasons(item, known, **unknown) == (*tags[:2], Reason("hours_unknown"))
    outdoors = replace(item, tags=("outdoor", *item.tags))  # has no door
    assert reasons(outdoors, known, **unknown) == tags
    film = replace(item, kind="film")
    assert reasons(film, known, **unknown) == tags
    assert reasons(item, known, minutes_left=60, now=None) == tags
    assert reasons(Item("b", "song", "B", "pop", year=1987), known) == (Reason("decade", 1980),)
    assert reasons(Item("c", "song", "C", "pop", popularity=0.9), known) == (Reason("well_known"),)


def test_an_event_first_says_when_it_is_and_nothing_of_hours() -> None:
    begins = datetime(2026, 11, 16, 17, tzinfo=UTC)
    concert = Item("c", "event", "C", "concert", tags=("live-music", "quiet"), begins=begins,
                   ends=begins + timedelta(hours=2), hours="Mo-Su 09:00-17:00")  # fmt: skip
    now = datetime(2026, 11, 16, 12, tzinfo=ZoneInfo("Europe/Helsinki"))
    when = Reason("when", "2026-11-16T19:00+02:00/2026-11-16T21:00+02:00")
    known = {"live-music", "quiet", "concert"}
    for left in (UNKNOWN_LEFT, DAY, 60):
        found = reasons(concert, known, distance_m=300, minutes_left=left, now=now)
        assert found == (when, Reason("tag", "live-music"), Reason("distance", 300))
    assert Reason("hours_unknown") not in reasons(concert, known, minutes_left=-1, now=None)


def test_what_says_nothing_of_the_place_is_the_last_reason() -> None:
    known = {"indoor", "quiet", "museum"}
    item = Item("a", "place", "A", "museum", tags=("indoor", "quiet"))
    assert reasons(item, known) == tuple(Reason("tag", n) for n in ("quiet", "museum", "indoor"))
    assert reasons(item, known, distance_m=5, minutes_left=60, now=MONDAY)[0] == (
        Reason("tag", "quiet")
    )


@pytest.mark.parametrize(
    ("minutes", "hour", "reason"),
    [
        (330, 12, Reason("open_until", "17:30")),
        (UNKNOWN_LEFT, 8, Reason("hours_unknown")),
        (180, 23, Reason("open_until", "02:00")),
        (DAY, 3, Reason("always_open")),
    ],
)
def test_opening_hours_are_those_of_now(minutes: int, hour: int, reason: Reason) -> None:
    item = Item("a", "place", "A", "parks")
    assert reasons(item, (), minutes_left=minutes, now=MONDAY.replace(hour=hour)) == (reason,)
