"""The models on cases whose answer is known: EASE, affinity by age, tags, biases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tools.recommendation import affinity, biases, ease, tags
from tools.recommendation.lastfm import TagLists


def test_ease_is_its_closed_form_on_four_items() -> None:
    likes = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 0, 1], [1, 1, 0, 1.0]])
    inverse = np.linalg.inv(likes.T @ likes + 2 * np.eye(4))
    expected = np.eye(4) - inverse / np.diag(inverse)
    assert ease.learn(likes, ease.Ridge(2)) == pytest.approx(expected)


def test_each_column_of_ease_is_the_ridge_regression_on_the_other_items() -> None:
    likes = (np.random.default_rng(0).random((40, 6)) < 0.4).astype(float)
    dropped = ease.Ridge(3, 0.5)
    weights = ease.learn(likes, dropped)
    gram = likes.T @ likes
    penalised = gram + np.diag(3 + np.diag(gram))  # dropout of a half adds the counts once
    for item in range(6):
        others = np.arange(6) != item
        alone = np.linalg.solve(penalised[np.ix_(others, others)], gram[others, item])
        assert weights[others, item] == pytest.approx(alone)
        assert weights[item, item] == 0


def test_the_strongest_neighbours_are_kept_whatever_their_sign() -> None:
    weights = np.array([[0, 3, 0.1], [-5, 0, 0.2], [1, -2, 0]])
    assert ease.neighbours(weights, 1).toarray().tolist() == [[0, 3, 0], [-5, 0, 0.2], [0, 0, 0]]
    assert (ease.neighbours(weights, 9).toarray() == weights).all()


def test_ease_of_1700_items_keeps_50_neighbours_of_each() -> None:
    likes = (np.random.default_rng(0).random((900, 1700)) < 0.05).astype(float)
    kept = ease.neighbours(ease.learn(likes, ease.Ridge(300)))
    assert set(np.bincount(kept.indices, minlength=1700).tolist()) == {50}


KNOWN = (np.array([20.0, 20.0, 60.0]), np.array([True, False, True]))
LIKES = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def asked(age: float, *, female: bool = True) -> tuple[np.ndarray, np.ndarray]:
    return np.array([age]), np.array([female])


def test_a_narrow_kernel_asks_those_of_the_same_age() -> None:
    kernel = affinity.Kernel(0.01, 0)
    assert affinity.by_age(asked(20), KNOWN, LIKES, kernel) == pytest.approx(np.array([[1, 0]]))
    assert affinity.by_age(asked(60), KNOWN, LIKES, kernel) == pytest.approx(np.array([[0, 1]]))


def test_an_age_that_nobody_has_gets_the_mean() -> None:
    scores = affinity.by_age(asked(3), KNOWN, LIKES, affinity.Kernel(0.01, 1))
    assert scores == pytest.approx(LIKES.mean(axis=0)[None])


def test_affinity_is_shrunk_by_so_many_people_of_the_mean() -> None:
    scores = affinity.by_age(asked(60), KNOWN, LIKES, affinity.Kernel(0.01, 3))
    assert scores == pytest.approx(np.array([[(0 + 3 * 2 / 3) / 4, (1 + 3 * 1 / 3) / 4]]))


def test_gender_is_left_out_unless_the_kernel_asks_for_it() -> None:
    likes = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    kernel = affinity.Kernel(0.01, 0)
    woman, man = (affinity.by_age(asked(20, female=f), KNOWN, likes, kernel) for f in (True, False))
    assert woman == pytest.approx(man)
    strict = affinity.Kernel(0.01, 0, other_gender=0)
    assert affinity.by_age(asked(20), KNOWN, likes, strict) == pytest.approx(np.array([[1, 0]]))


def test_age_groups_are_those_of_the_kiosk() -> None:
    ages = np.array([12.0, 13.0, 17.0, 18.0])
    scores = affinity.by_age_group(np.array([14.0]), ages, np.eye(4), 0)
    assert scores == pytest.approx(np.array([[0, 0.5, 0.5, 0]]))


def lists_of(*rows: tuple[int, int, list[int]]) -> TagLists:
    """user, item and tags of each list; five tags."""
    table = csr_matrix(np.array([[float(n in row[2]) for n in range(5)] for row in rows]))
    user, item = (np.array([row[n] for row in rows]) for n in (0, 1))
    return TagLists(table, user, item, list("abcde"), ["x", "y", "z"])


LISTS = lists_of(
    (0, 0, [0, 1]), (0, 1, [0, 1]), (0, 2, [0, 1]), (0, 0, [0, 1]), (1, 1, [0, 2]), (2, 2, [3, 4])
)  # fmt: skip


def test_lists_of_one_user_count_as_their_root() -> None:
    pairs = tags.cooccurrences(LISTS).toarray()
    assert pairs[0, 1] == pairs[1, 0] == 2  # four lists of one user
    assert pairs[0, 2] == pairs[3, 4] == 1
    assert pairs[0, 3] == 0


def test_cooccurrence_is_naive_bayes_by_hand() -> None:
    share, pairs = tags.shares(LISTS), tags.cooccurrences(LISTS)
    shown = csr_matrix(np.array([[1.0, 0, 0, 0, 0], [1.0, 0, 1, 0, 0]]))
    (scores,) = tags.by_cooccurrence(shown, pairs, share, tags.Smoothing(3, 0.0))
    dense = pairs.toarray()
    for row, given in enumerate([[0], [0, 2]]):
        likelihood = [np.log(dense[tag] + 3 * share) for tag in given]
        expected = np.sum(likelihood, axis=0) - (len(given) - 1) * np.log(share)
        difference = scores[row] - expected
        assert difference == pytest.approx(np.full(5, difference[0]))


def test_tags_of_the_items_that_carry_the_shown_ones_come_first() -> None:
    lists = lists_of(*[(n, 0, [0, 1, 2]) for n in range(9)], *[(n, 1, [3, 4]) for n in range(9)])
    items, share = tags.items_with_tags(lists), tags.shares(lists)
    (scores,) = tags.by_items(lists.tags[[0, 9]], items, share, tags.Smoothing(1))
    assert scores[0, 2] > scores[0, 3]
    assert scores[1, 4] > scores[1, 0]


def test_biases_are_the_ridge_regression_on_their_indicators() -> None:
    rng = np.random.default_rng(0)
    user = np.eye(6)[rng.integers(6, size=40)]
    rating = rng.integers(1, 6, 40).astype(float)
    known, asked_of = np.arange(30), np.arange(30, 40)
    mean = rating[:30].mean()
    columns = user[:30]
    bias = np.linalg.solve(columns.T @ columns + np.eye(6) / 0.3, columns.T @ (rating[:30] - mean))
    found = biases.predict(0.3 * user @ user.T, rating, known, asked_of)
    assert found == pytest.approx(np.clip(mean + user[30:] @ bias, 1, 5))
