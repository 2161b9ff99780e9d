"""Clips made of stills: they move, they change as their targets say, and trouble passes."""

from __future__ import annotations

import numpy as np
import pytest

from tools.datasets.sequences import STANDS_S, TREMBLE, make_clip, make_clips, shares_of, tremble


def stills() -> np.ndarray:
    """Two faces that are told apart by their light: a dark and a bright one, each with detail."""
    grain = np.random.default_rng(0).integers(0, 40, (2, 48, 48), np.uint8)
    grain[1] += 180
    return grain


def test_a_clip_goes_from_its_first_still_to_its_second_as_its_targets_say() -> None:
    for seed in range(4):
        clip = make_clip(stills(), (0, 1), np.random.default_rng(seed), steps=90, fps=15)
        assert clip.frames.shape == (90, 64, 64)
        np.testing.assert_allclose(clip.share.sum(axis=1), 1, atol=1e-6)
        assert (np.diff(clip.share[:, 1]) >= 0).all()
        light = np.median(clip.frames, axis=(1, 2))  # a cover hides less than half of a face
        dark, bright = (np.median(light[clip.share[:, still] == 1]) for still in (0, 1))
        assert bright > dark + 60


@pytest.mark.parametrize("fps", [10, 15, 30])
def test_an_expression_stands_for_seconds_at_any_frame_rate(fps: float) -> None:
    share = shares_of(np.random.default_rng(1), int(120 * fps), fps, 40)
    told = share.argmax(axis=1)
    changes = np.flatnonzero(np.diff(told)) / fps
    stands = np.diff(changes)
    assert len(stands) > 20
    assert stands.min() > STANDS_S[0] - 0.5
    assert stands.max() < STANDS_S[1] + 0.5


def test_a_clip_of_one_still_moves_and_changes_its_light() -> None:
    clip = make_clip(stills(), (0,), np.random.default_rng(3), steps=20, fps=15)
    steps = np.abs(np.diff(clip.frames.astype(int), axis=0)).mean(axis=(1, 2))
    assert (steps > 0).all()


def test_a_crop_trembles_as_far_and_as_slowly_as_was_measured() -> None:
    for what, (spread, memory_s) in TREMBLE.items():
        path = tremble(np.random.default_rng(0), 20_000, 25, what)
        assert path.std() == pytest.approx(spread, rel=0.1)
        correlation = np.corrcoef(path[1:], path[:-1])[0, 1]
        assert correlation == pytest.approx(np.exp(-1 / (25 * memory_s)), abs=0.03)


def test_now_and_then_something_covers_a_part_of_the_face() -> None:
    white = np.full((1, 48, 48), 255, np.uint8)
    draw = np.random.default_rng(5)
    clips = [make_clip(white, (0,), draw, steps=45, fps=15) for _ in range(12)]
    # All there is to see of a white face is its light, its noise and what stands before it.
    hidden = [(np.ptp(clip.frames, axis=(1, 2)) > 120).mean() for clip in clips]
    assert 0 < np.mean(hidden) < 0.4


def test_a_seed_repeats_all_clips() -> None:
    emotion = np.array([0, 1])
    first, again = (list(make_clips(stills(), emotion, 6, seed=4, steps=12)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.stills == other.stills
        assert one.fps == other.fps
        np.testing.assert_array_equal(one.frames, other.frames)


def test_rare_emotions_are_seen_more_often_than_they_come() -> None:
    pictures = np.repeat(stills()[:1], 100, axis=0)
    emotion = np.array([1] * 2 + [0] * 98)
    clips = make_clips(pictures, emotion, 150, seed=1, steps=2)
    rare = np.mean([emotion[clip.stills[0]] for clip in clips])
    assert rare > 0.15
