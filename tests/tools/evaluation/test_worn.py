"""Covers that people wear and hold: which region each hides."""

from __future__ import annotations

import numpy as np
import pytest

from tools.datasets import covers
from tools.evaluation import worn

SIZE = 64
FACE = np.random.default_rng(0).integers(60, 200, (SIZE, SIZE)).astype(np.uint8)


@pytest.mark.parametrize(
    ("kind", "eyes", "mouth"),
    [("scarf", 0, 1), ("mask", 0, 1), ("sunglasses", 1, 0), ("hand", None, None)],
)
def test_a_cover_hides_its_region(kind: str, eyes: int | None, mouth: int | None) -> None:
    draw = np.random.default_rng(1)
    hidden = np.array([worn.wear(FACE, kind, draw)[1] for _ in range(10)])
    assert hidden.any(axis=1).all()
    for column, expected in zip(hidden.T, (eyes, mouth), strict=True):
        assert expected is None or (column == expected).all()


@pytest.mark.parametrize("kind", worn.KINDS)
def test_a_seed_repeats_a_cover(kind: str) -> None:
    one, again = (worn.wear(FACE, kind, np.random.default_rng(2))[0] for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert (one != FACE).mean() > 0.1
    assert one.dtype == np.uint8


def test_training_has_none_of_the_kinds() -> None:
    shapes = {shape.__name__ for shape in covers.SHAPES}
    assert not shapes & {kind.__name__ for kind in worn.KINDS.values()}
