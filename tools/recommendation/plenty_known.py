"""Protocol "plenty known": three quarters of each user's ratings are shown, the rest is hidden.

As in the benchmark of Microsoft's Recommenders (Graham, Min and Wu, RecSys 2019), whose figures for
other models are comparable: ratings of every value are relevant.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tools.recommendation import als, ease
from tools.recommendation.folds import best, drawn_share
from tools.recommendation.movielens import Ratings
from tools.recommendation.ranking import Row, ndcg, rows_of

QUESTION = "ml-100k, plenty known (75/25), nDCG@10"
SHARE = 0.75
DRAWS = 5
INNER_SEED = 100
"""Added to the seed of a draw for the draw inside it."""

RIDGES = [ease.Ridge(*some) for some in product((30, 100, 300, 600), (0.0, 0.5, 0.8, 0.9))]
FACTORIZATIONS = [als.Setting(*some) for some in product((16, 32, 64), (10.0, 50.0), (3.0, 10.0))]


def measure(ratings: Ratings, with_als: bool) -> list[Row]:
    """The rows of all models. with_als: implicit is installed."""
    rated = ratings.values > 0
    values: dict[str, list[NDArray[np.float64]]] = {}
    chosen: dict[str, list[Any]] = {}
    for seed in tqdm(range(DRAWS), QUESTION, disable=None):
        shown = drawn_share(rated, SHARE, seed)
        for name, (scores, setting) in _models(shown, seed, with_als).items():
            values.setdefault(name, []).append(ndcg(scores, rated & ~shown, shown))
            chosen.setdefault(name, []).append(setting)
    means = {name: np.mean(parts, axis=0) for name, parts in values.items()}
    return rows_of(QUESTION, means, chosen)


def _models(
    shown: NDArray[np.bool_], seed: int, with_als: bool
) -> dict[str, tuple[NDArray[np.float64], Any]]:
    """(U, I) scores of each model and its hyper-parameter, all by what is shown."""
    known = shown.astype(float)
    part = drawn_share(shown, SHARE, seed + INNER_SEED)
    less, hidden = part.astype(float), shown & ~part

    def fit(scores: NDArray[np.float64]) -> float:
        return float(np.nanmean(ndcg(scores, hidden, part)))

    scores_of = {ridge: _ease(less, ridge) for ridge in RIDGES}
    of_all = best(RIDGES, lambda ridge: fit(scores_of[ridge][0]))
    of_few = best(RIDGES, lambda ridge: fit(scores_of[ridge][1]))
    models: dict[str, tuple[NDArray[np.float64], Any]] = {
        "popularity": (known.sum(axis=0), None),
        "EASE of all": (_ease(known, of_all)[0], of_all),
        "EASE of 50 neighbours": (_ease(known, of_few)[1], of_few),
    }
    if with_als:
        setting = best(FACTORIZATIONS, lambda some: fit(als.scores(part, some)))
        models["ALS"] = (als.scores(shown, setting), setting)
    return models


def _ease(
    known: NDArray[np.float64], ridge: ease.Ridge
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    weights = ease.learn(known, ridge)
    return known @ weights, known @ ease.neighbours(weights)
