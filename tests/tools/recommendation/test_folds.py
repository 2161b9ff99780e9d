"""Folds share nobody, and draws repeat."""

from __future__ import annotations

import numpy as np
import pytest

from tools.recommendation.folds import drawn_first, drawn_share, folds


def test_a_fold_never_sees_its_own_users_nor_do_the_folds_inside() -> None:
    users = np.arange(100, 143)
    asked_once = []
    for known, asked in folds(users):
        assert not set(known) & set(asked)
        assert set(known) | set(asked) == set(users)
        asked_once += asked.tolist()
        for inner_known, inner_asked in folds(known):
            assert set(inner_known) | set(inner_asked) == set(known)
            assert not set(inner_known) & set(inner_asked)
    assert sorted(asked_once) == users.tolist()


def test_folds_and_draws_repeat_by_their_seed() -> None:
    first, second = ([asked.tolist() for _, asked in folds(np.arange(20), seed)] for seed in (0, 0))
    assert first == second
    assert first != [asked.tolist() for _, asked in folds(np.arange(20), 1)]
    some = np.random.default_rng(0).random((30, 20)) < 0.5
    assert (drawn_share(some, 0.75, 3) == drawn_share(some, 0.75, 3)).all()
    assert (drawn_share(some, 0.75, 3) != drawn_share(some, 0.75, 4)).any()


@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_draw_takes_so_many_of_each_row_and_more_of_the_same(count: int) -> None:
    some = np.random.default_rng(0).random((30, 20)) < 0.3
    drawn = drawn_first(some, count)
    assert (drawn <= some).all()
    assert drawn.sum(axis=1).tolist() == np.minimum(some.sum(axis=1), count).tolist()
    assert (drawn <= drawn_first(some, count + 1)).all()


def test_a_share_is_drawn_row_by_row() -> None:
    some = np.arange(20) < np.array([[4], [8], [20], [0]])
    drawn = drawn_share(some, 0.75, 0)
    assert drawn.sum(axis=1).tolist() == [3, 6, 15, 0]
    assert (drawn <= some).all()
