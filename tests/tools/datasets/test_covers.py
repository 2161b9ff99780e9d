"""Generic covers: what they hide, and that a seed repeats them."""

from __future__ import annotations

import numpy as np
import pytest

from tools.datasets.covers import SHAPES, TEXTURES, cover, hidden_shares, keypoints_in_crop

SIZE = 64
FACE = np.random.default_rng(0).integers(60, 200, (SIZE, SIZE)).astype(np.uint8)


def test_an_open_picture_hides_nothing_and_a_full_one_everything() -> None:
    assert hidden_shares(np.zeros((SIZE, SIZE), np.float32)) == pytest.approx([0, 0])
    assert hidden_shares(np.ones((SIZE, SIZE), np.float32)) == pytest.approx([1, 1], abs=1e-3)


def test_the_lower_half_hides_the_mouth_and_the_upper_the_eyes() -> None:
    lower = np.zeros((SIZE, SIZE), np.float32)
    lower[round(keypoints_in_crop()[2, 1] * SIZE) :] = 1
    assert hidden_shares(lower) == pytest.approx([0, 1], abs=0.1)
    assert hidden_shares(1 - lower) == pytest.approx([1, 0], abs=0.1)


def test_a_cover_changes_the_face_and_a_seed_repeats_it() -> None:
    def covers(seed: int) -> list[np.ndarray]:
        draw = np.random.default_rng(seed)
        return [cover(FACE, FACE[None], draw)[0] for _ in range(20)]

    one, again, other = covers(1), covers(1), covers(2)
    for picture, same in zip(one, again, strict=True):
        assert (picture.shape, picture.dtype) == (FACE.shape, np.uint8)
        np.testing.assert_array_equal(picture, same)
    assert any((a != b).any() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_hides_something_and_rarely_everything(shape) -> None:
    draw = np.random.default_rng(3)
    opacities = [shape(SIZE, draw) for _ in range(20)]
    assert all(o.min() >= 0 and o.max() <= 1 for o in opacities)
    assert 0.02 < np.mean(opacities) < 0.8


@pytest.mark.parametrize("texture", TEXTURES)
def test_a_texture_is_grey_levels_of_the_size_of_the_face(texture) -> None:
    levels = texture(FACE, FACE[None], np.random.default_rng(4))
    assert (levels.shape, levels.dtype) == (FACE.shape, np.float32)
