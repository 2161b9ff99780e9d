"""Augmented faces: repeatable, and changed only as asked."""

from __future__ import annotations

import numpy as np

from tools.datasets.augment import adjust_light, augment, augment_lightly, reduce_resolution, warp


def gradient() -> np.ndarray:
    """Bright on the left, dark on the right, with a bright spot above."""
    picture = np.tile(np.linspace(250, 5, 48).astype(np.uint8), (48, 1))
    picture[2:6, 22:26] = 255
    return picture


def test_a_seed_repeats_a_variation_and_another_seed_gives_another() -> None:
    picture = gradient()
    first = augment(picture, 64, np.random.default_rng(1))
    again = augment(picture, 64, np.random.default_rng(1))
    other = augment(picture, 64, np.random.default_rng(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (64, 64)
    assert first.dtype == np.uint8
    assert (first != other).any()


def test_a_face_is_mirrored_left_to_right_and_never_upside_down() -> None:
    fixed = {"turn": 0.0, "zoom": 1.0, "stretch": 0.0, "shift": (0.0, 0.0)}
    same = warp(gradient(), 64, mirror=False, **fixed)
    mirrored = warp(gradient(), 64, mirror=True, **fixed)
    assert same[:, :20].mean() > same[:, 44:].mean() + 100
    assert mirrored[:, 44:].mean() > mirrored[:, :20].mean() + 100
    np.testing.assert_allclose(mirrored.astype(int), same[:, ::-1].astype(int), atol=2)


def test_shift_and_zoom_move_a_spot_by_their_amounts() -> None:
    spot = np.zeros((48, 48), np.uint8)
    spot[22:26, 22:26] = 255

    def middle(picture: np.ndarray) -> tuple[float, float]:
        rows, columns = np.nonzero(picture > 100)
        return float(columns.mean()), float(rows.mean())

    moved = warp(spot, 64, turn=0, zoom=1, stretch=0, shift=(0.25, -0.125), mirror=False)
    np.testing.assert_allclose(middle(moved), (31.5 + 16, 31.5 - 8), atol=0.6)
    usual = warp(spot, 64, turn=0, zoom=1, stretch=0, shift=(0, 0), mirror=False)
    large = warp(spot, 64, turn=0, zoom=2, stretch=0, shift=(0, 0), mirror=False)
    assert 3 < (large > 100).sum() / (usual > 100).sum() < 5.5


def test_neutral_light_changes_nothing_and_a_bias_brightens() -> None:
    picture = gradient()
    np.testing.assert_array_equal(adjust_light(picture, gain=1, bias=0, gamma=1), picture)
    assert adjust_light(picture, gain=1, bias=0.2, gamma=1).mean() > picture.mean()


def test_a_reduced_resolution_loses_detail_and_keeps_the_size() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    far = reduce_resolution(picture, 20)
    assert far.shape == picture.shape
    assert far.std() < picture.std() / 2


def test_a_light_augmentation_moves_and_mirrors_without_changing_a_pixel() -> None:
    draw = np.random.default_rng(0)
    face = draw.integers(0, 256, (48, 48), np.uint8)
    before = face.copy()
    variations = [augment_lightly(face, draw, shift=2, hidden=0) for _ in range(60)]
    np.testing.assert_array_equal(face, before)
    for one in variations:
        middle = one[2:-2, 2:-2]
        moved = [
            way[2 + y : 46 + y, 2 + x : 46 + x]
            for way in (face, face[:, ::-1])
            for y in range(-2, 3)
            for x in range(-2, 3)
        ]
        assert any(np.array_equal(middle, some) for some in moved)
    assert len({one.tobytes() for one in variations}) > 20


def test_a_light_augmentation_occludes_a_share_of_faces() -> None:
    draw, face = np.random.default_rng(0), np.zeros((48, 48), np.uint8)
    covered = np.mean([augment_lightly(face, draw, hidden=0.25).any() for _ in range(400)])
    assert 0.15 < covered < 0.35
