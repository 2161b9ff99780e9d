"""What a card says is true of the item and says nothing about who stands there."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from device.catalogue.hours import parse_hours
from device.catalogue.store import Catalogue
from device.display.server import PAGE
from device.errors import UserError
from device.matching.reasons import reasons
from device.values import Reason, ReasonCode
from device.words.table import FOLDER, LANGUAGES, WordTable
from device.words.words import load_words

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

MADE_ON_THE_PAGE = {
    "about", "celsius", "code", "day", "direction", "distance", "hours", "reason", "time", "title",
    "when",
}  # fmt: skip
"""What `phrases.js` adds to the texts of a table."""

MONDAY = datetime(2026, 11, 16)
NOW = MONDAY.replace(hour=12, tzinfo=UTC)
TONIGHT = "2026-11-16T19:00+00:00/2026-11-16T21:00+00:00"

ENGLISH = load_words("en")


def say(*reasons: Reason) -> tuple[str, ...]:
    return ENGLISH.say(reasons, NOW)


def test_no_words_over_the_example_name_or_imply_a_visitor(example: Catalogue) -> None:
    said: set[str] = set()
    for item in example:
        hours = parse_hours(item.hours)
        for hour, metres in itertools.product((None, *range(0, 168, 2)), (None, 40.0, 400.0, 2e4)):
            now = None if hour is None else MONDAY + timedelta(hours=hour)
            left = hours.minutes_left(now) if hours is not None and now is not None else None
            why = reasons(item, ENGLISH.tags, distance_m=metres, minutes_left=left, now=now)
            said.update(ENGLISH.say(why, NOW))
    assert len(said) > 150
    for phrase in said:
        assert not NEVER.search(phrase), phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_texts_that_the_page_uses_and_no_others(language: str) -> None:
    scripts = "".join(file.read_text(encoding="utf-8") for file in PAGE.glob("*.js"))
    used = set(re.findall(r"\b(?:words|theirs)\.(\w+)", scripts)) - {"js", *MADE_ON_THE_PAGE}
    assert load_words(language).for_page()["page"].keys() == used


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_phrase_in_every_language(language: str) -> None:
    arguments = {"when": TONIGHT, "tag": "quiet", "distance": 400, "open_until": "18:00",
                 "decade": 1980}  # fmt: skip
    for code in get_args(ReasonCode):
        (phrase,) = load_words(language).say([Reason(code, arguments.get(code))], NOW)
        assert phrase


@pytest.mark.parametrize(
    ("metres", "says"),
    [(0, "10 m"), (34, "30 m"), (96, "100 m"), (449, "400 m"), (951, "1 km"), (1260, "1.3 km"),
     (9949, "9.9 km"), (23_400, "23 km")],
)  # fmt: skip
def test_distances_are_rounded_to_what_a_walker_can_use(metres: int, says: str) -> None:
    assert say(Reason("distance", metres)) == (says,)


def test_hours_decades_and_fame_have_words() -> None:
    assert say(Reason("open_until", "17:30"), Reason("hours_unknown"), Reason("always_open")) == (
        "open till 17:30",
        "hours not known",
        "open day and night",
    )
    assert say(Reason("decade", 1980), Reason("well_known")) == ("from the 1980s", "well known")


def test_a_tag_without_words_is_not_said_and_no_phrase_is_said_twice() -> None:
    assert say(Reason("tag", "no-such-tag")) == ()
    assert say(Reason("tag", "classical"), Reason("tag", "classical-music")) == ("classical music",)


def test_an_operator_adds_words_beside_the_table(tmp_path: Path) -> None:
    (tmp_path / "words.en.yaml").write_text("tags: {sauna: a public sauna, lake: by Lake Saimaa}\n")
    words = load_words("en", tmp_path / "ours.sqlite")
    assert words.say([Reason("tag", "sauna"), Reason("tag", "lake")], NOW) == (
        "a public sauna",
        "by Lake Saimaa",
    )
    assert ENGLISH.tags.keys() < words.tags.keys()


BAD = ["for sad days", "Cheers you up", "calming", "fun for kids", "for young and old",
       "boys' night", "just for couples", "with friends", "families welcome", "for your age",
       "your kind of place"]  # fmt: skip
GOOD = ["quiet", "crystal", "in a garage", "scarves", "a grand hotel"]


@pytest.mark.parametrize("phrase", BAD)
def test_words_that_say_something_about_a_visitor_are_refused(tmp_path: Path, phrase: str) -> None:
    path = tmp_path / "words.en.yaml"
    path.write_text(json.dumps({"tags": {"sauna": phrase}}))
    with pytest.raises(UserError, match=re.escape(f"{path}: tags.sauna: got {phrase!r}, takes")):
        load_words("en", tmp_path / "ours.sqlite")


@pytest.mark.parametrize("phrase", GOOD)
def test_words_that_only_look_like_it_are_taken(tmp_path: Path, phrase: str) -> None:
    (tmp_path / "words.en.yaml").write_text(json.dumps({"tags": {"sauna": phrase}}))
    assert load_words("en", tmp_path / "ours.sqlite").tags["sauna"] == phrase


@pytest.mark.parametrize("tag", ["romantic", "for-kids", "cheering-up", "lonely", "women-only"])
def test_a_tag_that_says_something_about_a_visitor_is_refused_whatever_its_words(
    tmp_path: Path, tag: str
) -> None:
    (tmp_path / "words.en.yaml").write_text(json.dumps({"tags": {tag: "by the water"}}))
    with pytest.raises(
        UserError, match=f"tags.{tag}: got .*takes words that reveal nothing about a"
    ):
        load_words("en", tmp_path / "ours.sqlite")


def test_a_language_without_a_table_is_one_line() -> None:
    with pytest.raises(UserError, match=r"display\.languages: got 'tlh', takes ar, de, en, "):
        load_words("tlh")


@pytest.mark.parametrize("about", ["mood", "age", "gender", "company"])
def test_a_table_that_does_not_name_what_is_forbidden_is_refused(about: str) -> None:
    table = json.loads((FOLDER / "en.json").read_text(encoding="utf-8"))
    WordTable.model_validate(table)
    table["forbidden"][about] = {"beginnings": [], "words": []}
    with pytest.raises(ValidationError, match=f"forbidden.{about}\n.*some beginnings"):
        WordTable.model_validate(table)
    del table["forbidden"][about]
    with pytest.raises(ValidationError, match=f"forbidden.{about}"):
        WordTable.model_validate(table)
