"""Clips made of stills: they move, they change once, their targets follow."""

from __future__ import annotations

import numpy as np

from tools.faces.sequences import STEPS, make_clip, make_clips
from tools.learning.temporal import Course, compare


def stills() -> np.ndarray:
    """Two faces that are told apart by their light: a dark and a bright one, each with detail."""
    grain = np.random.default_rng(0).integers(0, 40, (2, 48, 48), np.uint8)
    grain[1] += 180
    return grain


def test_a_clip_goes_from_its_first_still_to_its_second_as_its_targets_say() -> None:
    for seed in range(5):
        clip = make_clip(stills(), (0, 1), np.random.default_rng(seed))
        assert clip.frames.shape == (STEPS, 64, 64)
        assert clip.share[0] == 0
        assert clip.share[-1] == 1
        assert (np.diff(clip.share) >= 0).all()
        dark = clip.frames[clip.share == 0].mean()
        bright = clip.frames[clip.share == 1].mean()
        assert bright > dark + 60


def test_a_clip_of_one_still_moves_and_changes_its_light() -> None:
    clip = make_clip(stills(), (0, 0), np.random.default_rng(3))
    steps = np.abs(np.diff(clip.frames.astype(int), axis=0)).mean(axis=(1, 2))
    assert (steps > 0).all()


def test_a_seed_repeats_all_clips() -> None:
    emotion = np.array([0, 1])
    first, again = (make_clips(stills(), emotion, 6, seed=4) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.stills == other.stills
        np.testing.assert_array_equal(one.frames, other.frames)


def test_rare_emotions_are_seen_more_often_than_they_come() -> None:
    pictures = np.repeat(stills()[:1], 100, axis=0)
    emotion = np.array([1] * 2 + [0] * 98)
    clips = make_clips(pictures, emotion, 150, seed=1)
    rare = np.mean([emotion[list(clip.stills)].mean() for clip in clips])
    assert rare > 0.15


def course(frames: np.ndarray, change: int) -> Course:
    """One clip of two emotions, 0 then 1, whose frames say `frames`."""
    share = (np.arange(STEPS) >= change).astype(np.float32)[None]
    target = np.stack([1 - share, share], axis=-1)
    return Course(np.zeros((1, STEPS, 1, 1, 1), np.float16), frames, target, share)


def test_a_reading_that_comes_late_has_a_lag_and_one_that_flickers_has_switches() -> None:
    exact = (np.arange(STEPS) >= 8).astype(int)
    late = (np.arange(STEPS) >= 11).astype(int)
    flicker = exact.copy()
    flicker[[2, 15]] ^= 1
    logits = 9 * np.eye(2, dtype=np.float32)
    clip = course(logits[flicker][None], change=8)
    told = compare(clip, logits[late][None])
    assert told["temporal"]["lag"] == 3
    assert told["temporal"]["switches"] == 1
    assert told["temporal"]["accuracy"] == (STEPS - 3) / STEPS
    assert told["frames"]["lag"] == 0
    assert told["frames"]["switches"] == 5
