"""From emotions to moods, by the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.audience.mood import TABLE, MoodTable
from device.audience.smoothing import Smoother
from device.config import AudienceConfig
from device.errors import UserError
from device.values import EMOTIONS, MOODS, UNKNOWN, Floats
from tests.device.audience.people import HEIGHT, emotions, reading, track, watch

TABLE_TEXT = TABLE.read_text(encoding="utf-8")


def mood_of(changes: dict[float, Floats], seconds: float = 10, eyes_open: float = 1.0) -> str:
    each = Smoother(AudienceConfig())
    return watch(each, changes, 15, seconds, eyes_open=eyes_open)[-1][1].mood


@pytest.mark.parametrize(
    ("shown", "mood"),
    [
        ({"happy": 0.8}, "happy"),
        ({"happy": 0.4, "surprise": 0.5}, "excited"),
        ({"surprise": 0.8}, "excited"),
        ({"neutral": 0.9}, "neutral"),
        ({"sad": 0.4, "neutral": 0.55}, "bored"),
        ({"sad": 0.8}, "sad"),
        ({"fear": 0.8}, "worried"),
        ({"sad": 0.4, "fear": 0.45}, "worried"),
        ({"angry": 0.8}, "frustrated"),
        ({"disgust": 0.8}, "frustrated"),
    ],
)
def test_a_steady_expression_has_the_mood_of_the_table(shown: dict[str, float], mood: str) -> None:
    assert mood_of({0: emotions(**shown)}) == mood


@pytest.mark.parametrize("shown", ["neutral", "sad", "happy"])
def test_closed_eyes_mean_exhausted_whatever_the_expression(shown: str) -> None:
    assert mood_of({0: emotions(**{shown: 0.8})}, eyes_open=0.05) == "exhausted"


def test_blinking_does_not_mean_exhausted() -> None:
    each = Smoother(AudienceConfig())
    moods = set()
    for frame in range(15 * 60):
        at = frame / 15
        # Twenty blinks a minute; the eyes, measured twice a second, are closed at every other one.
        closed = int(at * 2) % 12 == 0
        newest = reading(at, emotions(neutral=0.9), eyes_open=0.0 if closed else 1.0)
        moods.add(each.update((track(),), (newest,), at, HEIGHT)[0].mood)
    assert moods <= {UNKNOWN, "neutral"}


def test_closed_eyes_at_the_start_do_not_mean_exhausted_at_once() -> None:
    reported = watch(Smoother(AudienceConfig()), {0: emotions(neutral=0.9)}, 15, 1, eyes_open=0.0)
    assert {v.mood for _, v in reported} <= {UNKNOWN, "neutral"}


def test_a_lively_face_between_smiles_is_excited_and_a_still_one_is_happy() -> None:
    lively = {}
    for second in range(20):
        lively[second * 1.0] = emotions(happy=0.95) if second % 2 else emotions(neutral=0.6)
    assert mood_of(lively, 20) == "excited"
    assert mood_of({0: emotions(happy=0.55, neutral=0.4)}, 20) == "happy"


def test_a_mood_outlasts_a_passing_expression() -> None:
    changes = {0: emotions(happy=0.9), 20.0: emotions(angry=0.9), 21.0: emotions(happy=0.9)}
    reported = watch(Smoother(AudienceConfig()), changes, 15, 25)
    assert "angry" in {v.emotion for _, v in reported}
    assert {v.mood for at, v in reported if at > 2} <= {"happy", "excited"}


def test_a_mood_follows_an_expression_that_lasts() -> None:
    changes = {0: emotions(happy=0.9), 10.0: emotions(sad=0.9)}
    reported = watch(Smoother(AudienceConfig()), changes, 15, 25)
    assert [v.mood for at, v in reported if at in (9.0, 24.0)] == ["happy", "sad"]


def test_an_undecided_reading_is_neutral() -> None:
    assert mood_of({0: emotions()}) == "neutral"
    assert mood_of({0: emotions(neutral=0.4)}) == "neutral"


def test_the_current_mood_is_kept_near_its_border() -> None:
    table = MoodTable.load()

    def at(angle: float, current: str) -> str:
        about = {"intensity": 0.6, "dominance": 0.2, "movement": 0.1, "eyes_closed": 0.0}
        return table.mood_of({"angle": angle, **about}, current)

    assert [at(angle, UNKNOWN) for angle in (38, 44)] == ["happy", "excited"]
    assert [at(angle, "happy") for angle in (38, 44, 50)] == ["happy", "happy", "excited"]
    assert [at(angle, "excited") for angle in (44, 38, 32)] == ["excited", "excited", "happy"]
    assert [at(angle, "worried") for angle in (38, 44)] == ["happy", "excited"]
    # The circle closes behind 180 degrees.
    assert [at(angle, "sad") for angle in (-178, 176, 165)] == ["sad", "sad", "frustrated"]


def test_the_table_knows_every_label_and_reaches_every_mood() -> None:
    table = MoodTable.load()
    assert set(EMOTIONS) | set(MOODS) <= set(table.labels)
    assert {row.mood for row in table.moods} == set(MOODS)


def test_the_mapping_is_in_the_table_and_not_in_the_code(tmp_path: Path) -> None:
    other = tmp_path / "moods.yaml"
    other.write_text(TABLE_TEXT.replace("- {mood: happy, ", "- {mood: excited, "))
    each = Smoother(AudienceConfig(), MoodTable.load(other))
    assert watch(each, {0: emotions(happy=0.8)}, 15, 5)[-1][1].mood == "excited"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (TABLE_TEXT.replace("mood: sad,", "mood: gloomy,"), "moods.8.mood: got 'gloomy'"),
        (TABLE_TEXT.replace("closed_below", "closed_under"), "eyes.closed_below"),
        (TABLE_TEXT.replace("  - {mood: neutral}\n", ""), "last row"),
        (TABLE_TEXT.replace("valence: -0.51", "valence: -5.1"), "labels.angry.valence"),
        ("moods: [", "not valid YAML"),
    ],
)
def test_a_mistake_in_the_table_is_one_line(tmp_path: Path, wrong: str, reason: str) -> None:
    other = tmp_path / "moods.yaml"
    other.write_text(wrong)
    with pytest.raises(UserError, match=r"moods\.yaml") as error:
        MoodTable.load(other)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
