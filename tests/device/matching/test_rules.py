"""A mistake in the rules is one line that says where it is and what stands there instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import MatchingConfig, load_config
from device.errors import UserError
from device.matching.rules import Daypart, Rules, Weights, load_rules

PRESET = "presets: {calm: {about: x, towards: {sad: [0.5, 0]}}}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "presets: is missing"),
        ("presets: {}", "presets: got {}, takes"),
        (PRESET + "weight: {}", "weight: unknown key"),
        (PRESET + "weights: {moods: 1}", "weights.moods: unknown key"),
        (PRESET + "weights: {mood: -1}", "weights.mood: got -1, takes greater than or equal to 0"),
        (PRESET + "affect: {quiet: [0, 2]}", "affect.quiet.1: got 2, takes less than or equal"),
        (PRESET + "affect: {quiet: 1}", "affect.quiet: got 1, takes"),
        (
            PRESET + "affect: {quiet: [0,5, 0,2]}",
            "takes at most 2, and a point in a number, no comma",
        ),
        (PRESET + "affect: {1990: [0, 0]}", "affect: a key is read as a number; put it in quotes"),
        ("presets: {a: }", "presets.a: is empty; takes keys and values"),
        (PRESET + "hours: [{start: 8.5, end: 9}]", "hours.0.start: got 8.5, takes a whole number"),
        (PRESET + "age: {baby: {quiet: 1}}", "age.baby: got 'baby', takes 'child', 'teen'"),
        (PRESET + "company: {alone: {QUIET: 1}}", "company.alone.QUIET: got 'QUIET', takes a tag"),
        (PRESET + "hours: [{start: 25, end: 2, likes: {}}]", "hours.0.start: got 25, takes less"),
        ("presets: {a: {about: x}}", "presets.a: takes either `towards` or `table`"),
        ("presets: {a: {about: x, towards: {glum: [0, 0]}}}", "presets.a.towards.glum: got 'glum'"),
        (
            "presets: {a: {about: x, table: [{age: old, categories: [parks]}]}}",
            "presets.a: takes a table whose ages are in `ages` (not 'old')",
        ),
        (
            "presets: {a: {about: x, table: [{mood: sad, categories: []}]}}",
            "presets.a.table.0.categories: got []",
        ),
        ("presets: [a, b]", "presets: got ['a', 'b'], takes"),
        ("- a\n- b", "the file: got ['a', 'b'], takes"),
        ("presets: {a: {about: x", ": not valid YAML"),
        ("a: b: c", ":1: not valid YAML"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load_rules(path)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert says in line
    assert "\n" not in line


def test_a_rules_file_that_is_not_there_names_the_key_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read .*matching\.rules"):
        load_rules(tmp_path / "none.yaml")


def test_an_unknown_preset_is_answered_with_those_there_are(rules: Rules) -> None:
    with pytest.raises(UserError, match="got 'cheerful', takes repair, congruent, films"):
        rules.preset("cheerful")


def test_the_default_preset_is_none_of_the_historical_ones(root: Path, rules: Rules) -> None:
    for config in (MatchingConfig(), load_config(root / "config.yaml").matching):
        assert rules.preset(config.preset).towards is not None


def test_every_mood_has_its_aim_in_the_two_presets_that_lead_somewhere(rules: Rules) -> None:
    for name in ("repair", "congruent"):
        aims = rules.preset(name).towards
        assert aims is not None
        assert len(aims) == 8


def test_a_part_of_the_day_may_run_past_midnight() -> None:
    night = Daypart(start=20, end=4, likes={})
    assert [hour for hour in range(24) if night.covers(hour)] == [0, 1, 2, 3, 20, 21, 22, 23]
    noon = Daypart(start=11, end=14, likes={})
    assert [hour for hour in range(24) if noon.covers(hour)] == [11, 12, 13]
    assert all(Daypart(start=0, end=24, likes={}).covers(hour) for hour in range(24))


def test_the_documentation_explains_every_term_and_preset(root: Path, rules: Rules) -> None:
    page = (root / "docs" / "matching.md").read_text(encoding="utf-8")
    for name in (*Weights.model_fields, *rules.presets):
        assert f"| `{name}` |" in page, name
    for key in Rules.model_fields:
        assert f"`{key}`" in page, key


def test_the_shipped_weights_are_the_defaults(rules: Rules) -> None:
    assert rules.weights == Weights()
