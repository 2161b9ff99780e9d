"""Things to do: a list becomes activities, which fit moods, rain and children."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from device.catalogue.imports.activities import titled
from device.catalogue.imports.importers import read
from device.catalogue.imports.meanings import folded, meanings
from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.rules import Rules
from device.values import EMOTIONS, GUESTS, Audience, Context, Item

WHO = Audience(size=1, age_band="adult", company="alone")
FAMILY = Audience(size=3, age_band="adult", company="family", minors=True)

MOOD_OF = {
    "angry": "frustrated", "disgust": "frustrated", "fear": "worried", "happy": "happy",
    "sad": "sad", "surprise": "excited", "neutral": "neutral",
}  # fmt: skip
"""The mood that `device/audience/moods.yaml` tells from each emotion at rest."""

Asked = Callable[..., list[Item]]


@pytest.fixture
def asked(example: Catalogue, rules: Rules) -> Asked:
    """The five best activities for an audience, by a preset and a weather."""

    def ask(who: Audience, preset: str = "repair", weather: str = "unknown") -> list[Item]:
        config = MatchingConfig(preset=preset, count=5, kinds=("activity",))
        found = Matcher(example, rules, config, PlaceConfig()).match(
            who, Context(at=0.0, now=None, weather=weather)
        )
        return [each.item for each in found]

    return ask


def test_a_list_becomes_activities_with_what_the_table_knows(tmp_path: Path) -> None:
    path = tmp_path / "ours.txt"
    path.write_text(
        "badminton, social (Taylor Code 450), general\n"
        "\n"
        "Badminton, social\n"
        "walking the dog\n"
        "coal mining\n"
        "children's games, adults playing (e.g., hopscotch, 4-squa\n"
        "frobnicating\n",
        encoding="utf-8",
    )
    found = read(path, lambda done, total: None)
    assert [item.title for item in found.items] == [
        "Badminton, social", "Walking the dog", "Children's games, adults playing",
    ]  # fmt: skip
    dog = found.items[1]
    assert (dog.kind, dog.category, dog.suits) == (
        "activity", "walking", ("children", "alone", "couple", "family"),
    )  # fmt: skip
    assert "outdoor" in dog.tags
    assert (dog.valence, dog.stay) == (0.6, 40)
    assert found.rows.counts == {
        "twice in the list": 1,
        "work, chores, or dangerous": 1,
        "no word of it is in activities.csv": 1,
    }


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("general dancing (e.g., disco, folk, Irish step dancing, line dancing, ", "Dancing"),
        ("sitting, arts and crafts,  carving wood", "Arts and crafts, carving wood"),
        ("children_s games", "Children's games"),
        ("kayaking, moderate effort", "Kayaking"),
        ("sitting quietly", "Sitting quietly"),
        ("ölkeittolaulu <b>", "Ölkeittolaulu <b>"),
    ],
)
def test_a_title_has_no_codes_and_no_examples(line: str, title: str) -> None:
    assert titled(line) == title


def test_a_folder_with_a_list_is_read_and_excels_text_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "actions.txt").write_text("bowling\n")
    assert [item.title for item in read(tmp_path, lambda *_: None).items] == ["Bowling"]
    table = tmp_path / "table.txt"
    table.write_text("id\tkind\ttitle\tcategory\tsource\na\tsong\tA\tpop\tme\n", encoding="utf-16")
    assert [item.id for item in read(table, lambda *_: None).items] == ["a"]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_each_emotion_has_activities_of_its_own(emotion: str, asked: Asked, rules: Rules) -> None:
    named = rules.preset("activities").categories(emotion=emotion)
    assert {item.category for item in asked(replace(WHO, emotion=emotion), "activities")} == named
    best = asked(replace(WHO, emotion=emotion, mood=MOOD_OF[emotion]))
    arousal = [item.arousal for item in best if item.arousal is not None]
    assert len(arousal) == 5
    mean = sum(arousal) / 5
    if emotion in ("happy", "surprise"):
        assert mean > 0.1
    elif emotion in ("angry", "fear", "disgust"):
        assert mean < -0.2
    elif emotion == "sad":
        assert mean < 0.2
        assert not {"dancing", "sports"} & {item.category for item in best}


def test_the_documentation_has_the_activities_of_each_emotion(root: Path, rules: Rules) -> None:
    page = (root / "docs" / "matching.md").read_text(encoding="utf-8")
    table = rules.preset("activities").table or ()
    assert {rule.emotion for rule in table} == set(EMOTIONS)
    for rule in table:
        assert f"| {rule.emotion} | {', '.join(rule.categories)} |" in page


def test_the_moods_are_answered_differently(asked: Asked) -> None:
    answers = {
        mood: tuple(item.id for item in asked(replace(WHO, mood=mood)))
        for mood in ("happy", "bored", "exhausted", "sad", "worried")
    }
    assert len(set(answers.values())) == len(answers)


@pytest.mark.parametrize("who", [WHO, FAMILY], ids=["alone", "family"])
@pytest.mark.parametrize("mood", ["happy", "sad", "neutral"])
def test_in_the_rain_it_is_indoors(who: Audience, mood: str, asked: Asked) -> None:
    dry = asked(replace(who, mood=mood))
    wet = asked(replace(who, mood=mood), weather="rain")
    assert any("outdoor" in item.tags for item in dry)
    assert not any("outdoor" in item.tags for item in wet)


@pytest.mark.parametrize("weather", ["unknown", "rain"])
def test_a_family_gets_what_suits_a_family(asked: Asked, weather: str) -> None:
    for item in asked(replace(FAMILY, mood="happy"), weather=weather):
        assert {"children", "family"} & set(item.suits), item.id
        assert item.minimum_age == 0


def test_each_row_of_the_table_says_all_or_that_it_is_nothing_to_suggest() -> None:
    rows = meanings("activities").rows
    for row in rows:
        if row.category:
            assert row.valence is not None, row.words
            assert row.arousal is not None, row.words
            assert row.stay, row.words
            assert set(row.suits) <= set(GUESTS), row.words
            assert row.suits, row.words


@pytest.mark.parametrize("table", ["films", "songs", "activities"])
def test_no_word_of_a_table_stands_in_two_rows(root: Path, table: str) -> None:
    path = root / "device" / "catalogue" / "imports" / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        words = [folded(word) for row in csv.DictReader(file) for word in row["word"].split(";")]
    assert sorted(words) == sorted(set(words))


@pytest.mark.real_data
def test_the_compendium_of_activities_goes_in(wayside_data: Path) -> None:
    found = read(wayside_data / "catalogue" / "activities", lambda *_: None)
    assert len(found.items) >= 130
    assert {item.category for item in found.items} <= {
        row.category for row in meanings("activities").rows
    }
