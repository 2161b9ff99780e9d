"""Synthetic clips: they move, they change as their targets do, and disturbances pass."""

from __future__ import annotations

import numpy as np
import pytest

from tools.datasets.synthetic_clips import (
    EXPRESSION_S,
    JITTER,
    face_weights,
    jitter,
    make_clip,
    make_clips,
)


def two_faces() -> np.ndarray:
    """A dark and a bright one, each with detail."""
    grain = np.random.default_rng(0).integers(0, 40, (2, 48, 48), np.uint8)
    grain[1] += 180
    return grain


def test_a_clip_goes_from_its_first_face_to_its_second_as_its_weights_do() -> None:
    for seed in range(4):
        clip = make_clip(two_faces(), (0, 1), np.random.default_rng(seed), steps=90, fps=15)
        assert clip.frames.shape == (90, 64, 64)
        np.testing.assert_allclose(clip.weights.sum(axis=1), 1, atol=1e-6)
        assert (np.diff(clip.weights[:, 1]) >= 0).all()
        light = np.median(clip.frames, axis=(1, 2))  # an occlusion is smaller than half a face
        dark, bright = (np.median(light[clip.weights[:, face] == 1]) for face in (0, 1))
        assert bright > dark + 60


@pytest.mark.parametrize("fps", [10, 15, 30])
def test_an_expression_lasts_seconds_at_any_frame_rate(fps: float) -> None:
    weights = face_weights(np.random.default_rng(1), int(120 * fps), fps, 40)
    shown = weights.argmax(axis=1)
    changes = np.flatnonzero(np.diff(shown)) / fps
    durations = np.diff(changes)
    assert len(durations) > 20
    assert durations.min() > EXPRESSION_S[0] - 0.5
    assert durations.max() < EXPRESSION_S[1] + 0.5


def test_a_clip_of_one_face_moves_and_changes_its_light() -> None:
    clip = make_clip(two_faces(), (0,), np.random.default_rng(3), steps=20, fps=15)
    steps = np.abs(np.diff(clip.frames.astype(int), axis=0)).mean(axis=(1, 2))
    assert (steps > 0).all()


def test_the_jitter_has_the_measured_spread_and_correlation() -> None:
    for what, (spread, correlation_s) in JITTER.items():
        path = jitter(np.random.default_rng(0), 20_000, 25, what)
        assert path.std() == pytest.approx(spread, rel=0.1)
        correlation = np.corrcoef(path[1:], path[:-1])[0, 1]
        assert correlation == pytest.approx(np.exp(-1 / (25 * correlation_s)), abs=0.03)


def test_some_steps_are_occluded() -> None:
    white = np.full((1, 48, 48), 255, np.uint8)
    draw = np.random.default_rng(5)
    clips = [make_clip(white, (0,), draw, steps=45, fps=15) for _ in range(12)]
    # A white face shows only light, noise and occlusions.
    hidden = [(np.ptp(clip.frames, axis=(1, 2)) > 120).mean() for clip in clips]
    assert 0 < np.mean(hidden) < 0.4


def test_a_seed_repeats_all_clips() -> None:
    emotion = np.array([0, 1])
    first, again = (list(make_clips(two_faces(), emotion, 6, seed=4, steps=12)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.faces == other.faces
        assert one.fps == other.fps
        np.testing.assert_array_equal(one.frames, other.frames)


def test_rare_emotions_are_shown_more_often_than_they_occur() -> None:
    pictures = np.repeat(two_faces()[:1], 100, axis=0)
    emotion = np.array([1] * 2 + [0] * 98)
    clips = make_clips(pictures, emotion, 150, seed=1, steps=2)
    rare = np.mean([emotion[clip.faces[0]] for clip in clips])
    assert rare > 0.15
