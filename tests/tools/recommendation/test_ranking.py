"""nDCG by hand, and intervals over people."""

from __future__ import annotations

import numpy as np
import pytest

from tools.recommendation.ranking import clustered_means, ndcg, ndcg_of_one, rows_of


def test_ndcg_is_what_the_formula_gives_by_hand() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.6]])
    relevant = np.array([[True, False, True, False]])
    by_hand = (1 + 1 / np.log2(4)) / (1 + 1 / np.log2(3))
    assert ndcg(scores, relevant) == pytest.approx([by_hand])


def test_the_best_order_is_1_with_any_number_of_relevant_items() -> None:
    relevant = np.tri(15, dtype=bool)
    assert ndcg(relevant.astype(float), relevant) == pytest.approx(np.ones(15))


def test_only_the_first_ten_count() -> None:
    relevant = np.zeros((1, 11), bool)
    relevant[0, 10] = True
    assert ndcg(np.arange(11, 0, -1.0), relevant) == [0]


def test_what_was_shown_is_not_ranked() -> None:
    relevant = np.array([[False, True]])
    assert ndcg(np.array([2.0, 1.0]), relevant, ~relevant) == [1]


def test_who_has_nothing_relevant_has_no_figure() -> None:
    assert np.isnan(ndcg(np.array([2.0, 1.0]), np.zeros((1, 2), bool))).all()


def test_the_scores_of_the_caller_stay() -> None:
    scores = np.array([[2.0, 1.0]])
    ndcg(scores, np.array([[False, True]]), np.array([[True, False]]))
    assert scores.tolist() == [[2.0, 1.0]]


def test_one_hidden_item_has_the_same_ndcg_either_way() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 4, (50, 30)).astype(float)  # many equal scores
    hidden = rng.integers(0, 30, 50)
    relevant = np.arange(30) == hidden[:, None]
    assert ndcg_of_one(scores, hidden) == pytest.approx(ndcg(scores, relevant))


def test_people_are_resampled_with_all_their_values() -> None:
    # Two people who agree with themselves: every resample is of one or both of them.
    values = np.array([[0.0], [0.0], [1.0], [1.0]])
    means = clustered_means(values, np.array([7, 7, 9, 9]))
    assert set(means[:, 0].tolist()) == {0, 0.5, 1}


def test_gains_are_over_the_first_model_value_by_value() -> None:
    first = np.random.default_rng(0).random(200)
    rows = rows_of("q", {"first": first, "second": first + 0.1}, {})
    assert rows[0].gain is None
    assert rows[1].gain is not None
    assert (rows[1].gain.low, rows[1].gain.high) == pytest.approx((0.1, 0.1))
