"""Readings become steady visitors without delay, and nothing of a track is kept after it."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audience.smoothing import Smoother
from device.config import AudienceConfig
from device.values import EMOTIONS, MOODS, UNKNOWN, Observation, Trust
from tests.device.audience.people import (
    HEIGHT,
    emotions,
    holds,
    reachable,
    reading,
    track,
    watch,
    years,
)

HAPPY, SAD = emotions(happy=0.85), emotions(sad=0.85)
RATES = pytest.mark.parametrize("fps", [5, 15, 30])


def smoother(**changes: float) -> Smoother:
    return Smoother(AudienceConfig(**changes))


@RATES
def test_probabilities_are_smoothed_alike_at_any_frame_rate(fps: float) -> None:
    changes = {0: emotions(happy=0.5, neutral=0.4), 3.0: emotions(happy=0.4, neutral=0.5)}
    reported = dict(watch(smoother(), changes, fps, 5))
    # A second after a change too small to be a new expression: 1 - exp(-1 / 0.8) of the way.
    expected = 0.5 - 0.1 * (1 - math.exp(-1 / 0.8))
    assert reported[4.0 - 1 / fps].emotions["happy"] == pytest.approx(expected, abs=0.01)


@RATES
def test_a_hard_cut_is_reported_within_half_a_second_at_any_frame_rate(fps: float) -> None:
    reported = watch(smoother(), {0: HAPPY, 3.0: SAD}, fps, 5)
    assert {v.emotion for at, v in reported if 1 <= at < 3} == {"happy"}
    assert next(at for at, v in reported if v.emotion == "sad") - 3 <= 0.5
    assert {v.emotion for at, v in reported if at >= 3.5} == {"sad"}


def test_a_hard_cut_to_a_faint_expression_is_reported_in_time() -> None:
    reported = watch(smoother(), {0: emotions(neutral=0.6), 3.0: emotions(surprise=0.6)}, 15, 5)
    assert next(at for at, v in reported if v.emotion == "surprise") - 3 <= 0.5


@RATES
def test_a_flicker_of_a_tenth_of_a_second_is_not_reported(fps: float) -> None:
    changes = {0: HAPPY}
    for blink in range(1, 10):
        changes |= {blink * 1.0: SAD, blink * 1.0 + 0.1: HAPPY}
    reported = watch(smoother(), changes, fps, 10)
    assert {v.emotion for at, v in reported if at >= 1} == {"happy"}


@RATES
def test_a_short_expression_is_not_reported_however_clear(fps: float) -> None:
    changes = {0: HAPPY, 2.0: emotions(surprise=1.0), 2.2: HAPPY}
    assert {v.emotion for at, v in watch(smoother(), changes, fps, 4) if at >= 1} == {"happy"}


def test_two_alternating_labels_do_not_make_the_state_flicker() -> None:
    one, other = emotions(neutral=0.45, sad=0.4), emotions(neutral=0.4, sad=0.45)
    changes = {second / 2: (one, other)[second % 2] for second in range(60)}
    assert len({v.emotion for _, v in watch(smoother(), changes, 15, 30)} - {UNKNOWN}) == 1


def test_a_label_that_leads_by_less_than_the_hysteresis_never_takes_over() -> None:
    changes = {0: emotions(neutral=0.5, sad=0.3), 2.0: emotions(neutral=0.35, sad=0.45)}
    assert watch(smoother(hysteresis=0.15), changes, 15, 20)[-1][1].emotion == "neutral"
    assert watch(smoother(hysteresis=0.02), changes, 15, 20)[-1][1].emotion == "sad"


def test_a_reading_of_low_trust_has_little_weight() -> None:
    trusted, untrusted = smoother(), smoother()
    for frame in range(30):
        at = frame / 15
        newest = reading(at, HAPPY)
        trusted.update((track(),), (newest,), at, HEIGHT)
        untrusted.update((track(),), (newest,), at, HEIGHT)
    reported = {}
    for name, each, trust in (("trusted", trusted, 1.0), ("untrusted", untrusted, 0.05)):
        for frame in range(30, 36):
            at = frame / 15
            newest = reading(at, SAD, trust=trust)
            (reported[name],) = each.update((track(),), (newest,), at, HEIGHT)
    assert reported["trusted"].emotions["sad"] > 0.4 > 0.1 > reported["untrusted"].emotions["sad"]


def test_states_of_low_trust_are_unknown() -> None:
    about = {"age": years(35), "female": 0.95, "trust": 0.1}
    reported = watch(smoother(least_trust=0.3), {0: HAPPY}, 15, 10, **about)
    last = reported[-1][1]
    assert last.emotion == last.mood == last.age_band == last.gender == UNKNOWN
    assert last.years is None
    assert last.female is None
    assert last.may_be_minor


def test_without_trust_in_the_emotion_age_and_gender_are_still_known() -> None:
    about = {"age": years(35), "female": 0.95, "trust": Trust(emotion=0.1, age=0.9, gender=0.9)}
    last = watch(smoother(), {0: HAPPY}, 15, 10, **about)[-1][1]
    assert last.emotion == last.mood == UNKNOWN
    assert (last.age_band, last.gender, last.may_be_minor) == ("adult", "female", False)
    assert last.trust == Trust(*map(pytest.approx, (0.1, 0.9, 0.9)))


def test_without_trust_in_age_and_gender_the_emotion_is_still_known() -> None:
    about = {"age": years(35), "female": 0.95, "trust": Trust(emotion=0.9, age=0.1, gender=0.1)}
    last = watch(smoother(), {0: HAPPY}, 15, 10, **about)[-1][1]
    assert last.emotion == "happy"
    assert last.age_band == last.gender == UNKNOWN
    assert last.may_be_minor


def test_a_trusted_face_is_known_within_a_third_of_a_second() -> None:
    reported = watch(smoother(), {0: HAPPY}, 15, 10)
    assert next(at for at, v in reported if v.emotion == "happy") <= 0.3
    assert UNKNOWN not in {v.emotion for at, v in reported if at > 0.3}


@RATES
def test_the_first_tenth_of_a_second_is_unknown(fps: float) -> None:
    reported = watch(smoother(), {0: HAPPY}, fps, 1)
    assert {v.emotion for at, v in reported if at < 0.1} == {UNKNOWN}


def test_trust_near_its_bound_does_not_make_the_state_flicker() -> None:
    each, reported = smoother(least_trust=0.3), []
    for frame in range(300):
        at = frame / 15
        trust = 0.3 + 0.02 * math.sin(2 * math.pi * at / 4)
        newest = reading(at, HAPPY, trust=trust)
        reported.append(each.update((track(),), (newest,), at, HEIGHT)[0].emotion)
    assert set(reported[60:]) == {"happy"}


def test_a_visitor_who_turns_away_is_unknown_and_then_known_again() -> None:
    each = smoother()
    reported = []
    for frame in range(150):
        at = frame / 15
        trust = 0.05 if 50 <= frame < 100 else 1.0
        reported.append(each.update((track(),), (reading(at, HAPPY, trust=trust),), at, HEIGHT)[0])
    assert reported[45].emotion == reported[149].emotion == "happy"
    assert reported[99].emotion == reported[99].mood == UNKNOWN


def test_a_track_that_is_not_read_for_a_while_is_unknown() -> None:
    each = smoother()
    for frame in range(30):
        each.update((track(),), (reading(frame / 15, HAPPY),), frame / 15, HEIGHT)
    (reported,) = each.update((track(),), (), 2.2, HEIGHT)
    assert reported.emotion == "happy"
    (reported,) = each.update((track(),), (), 2.8, HEIGHT)
    assert reported.emotion == reported.mood == UNKNOWN


def test_what_is_switched_off_is_unknown_without_effect_on_the_rest() -> None:
    reported = watch(smoother(), {0: HAPPY}, 15, 3)[-1][1]
    assert (reported.emotion, reported.age_band, reported.gender) == ("happy", UNKNOWN, UNKNOWN)
    each = smoother()
    for frame in range(45):
        at = frame / 15
        newest = reading(at, None, age=years(35), female=0.9, eyes_open=1.0)
        (reported,) = each.update((track(),), (newest,), at, HEIGHT)
    assert (reported.emotion, reported.mood, dict(reported.emotions)) == (UNKNOWN, UNKNOWN, {})
    assert (reported.age_band, reported.gender) == ("adult", "female")


def test_a_model_trained_on_moods_gives_the_moods() -> None:
    labels = tuple(sorted(MOODS))
    changes = {0: emotions(labels, worried=0.9), 4.0: emotions(labels, bored=0.9)}
    reported = watch(smoother(), changes, 15, 8, labels=labels)
    assert [v.mood for at, v in reported if at in (3.0, 7.0)] == ["worried", "bored"]
    assert all(v.mood == v.emotion for _, v in reported)


def test_a_model_with_other_labels_has_an_unknown_mood() -> None:
    labels = ("confused", "thoughtful")
    reported = watch(smoother(), {0: emotions(labels, confused=0.9)}, 15, 3, labels=labels)[-1][1]
    assert (reported.emotion, reported.mood) == ("confused", UNKNOWN)


def test_nearness_is_the_height_of_the_face_in_the_picture() -> None:
    (reported,) = smoother().update((track(size=120),), (), 0.0, 480)
    assert reported.nearness == pytest.approx(0.25)


def test_each_track_has_its_own_state() -> None:
    each = smoother()
    tracks = (track("a"), track("b"))
    for frame in range(30):
        at = frame / 15
        readings = (reading(at, HAPPY, track_id="a"), reading(at, SAD, track_id="b"))
        reported = each.update(tracks, readings, at, HEIGHT)
    assert [(v.track_id, v.emotion) for v in reported] == [("a", "happy"), ("b", "sad")]


def test_nothing_of_a_track_is_left_in_the_first_frame_without_it() -> None:
    each = smoother()
    tracks = (track("left-visitor"), track("b"))
    for frame in range(30):
        at = frame / 15
        readings = (
            reading(at, HAPPY, track_id="left-visitor", age=years(40), female=0.2, eyes_open=1),
            reading(at, SAD, track_id="b"),
        )
        each.update(tracks, readings, at, HEIGHT)
    del readings
    assert holds(each, "left-visitor")
    before = len(reachable(each))
    each.update((track("b"),), (), 2.1, HEIGHT)
    assert not holds(each, "left-visitor")
    assert len(reachable(each)) < before
    each.update((), (), 2.2, HEIGHT)
    fresh = smoother()
    fresh.update((), (), 2.2, HEIGHT)
    assert len(reachable(each)) == len(reachable(fresh))


def test_an_observation_of_another_sensor_is_smoothed_and_dropped_when_it_ends() -> None:
    each = smoother()
    for index in range(8):
        at = index / 4
        (state,) = each.observe((Observation("microphone", at, EMOTIONS, SAD),), at)
    assert (state.track_id, state.emotion, state.age_band) == ("microphone", "sad", UNKNOWN)
    assert each.observe((), at + 0.4)[0].emotion == "sad"
    assert each.observe((), at + 0.6) == ()


def test_a_track_id_that_returns_has_a_new_state() -> None:
    each = smoother()
    watch(each, {0: HAPPY}, 15, 3)
    each.update((), (), 103.0, HEIGHT)
    (reported,) = each.update((track(),), (), 103.1, HEIGHT)
    assert (reported.emotion, reported.since) == (UNKNOWN, 103.1)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(0.001, 1), min_size=7, max_size=7),
            st.floats(0, 1),
            st.floats(0.001, 0.4),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_smoothed_probabilities_always_sum_to_one(
    changes: list[tuple[list[float], float, float]],
) -> None:
    each, at = smoother(), 0.0
    for raw, trust, step in changes:
        at += step
        emotion = (np.array(raw) / sum(raw)).astype(np.float32)
        (reported,) = each.update((track(),), (reading(at, emotion, trust=trust),), at, HEIGHT)
        assert sum(reported.emotions.values()) == pytest.approx(1, abs=1e-4)
        assert -1 <= reported.valence <= 1
        assert -1 <= reported.arousal <= 1
        assert all(0 <= value <= 1 for value in astuple(reported.trust))
