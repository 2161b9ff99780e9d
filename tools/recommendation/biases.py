"""Ratings as a sum of biases, and protocol "with context" on South Tyrol Suggests.

A rating is the mean plus a bias for each thing that is known of it: user, item, category, each
value of the situation, and pairs of these. Biases of one kind are normal with one variance, in
units of the noise; their sum is then predicted by one linear system (a Gaussian process with the
kinds' kernels, Rasmussen and Williams 2006, chapter 2). Context-aware biases: Baltrunas, Ludwig and
Ricci, "Matrix factorization techniques for context aware recommendation", RecSys 2011.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from tqdm import tqdm

from tools.recommendation.folds import folds
from tools.recommendation.ranking import Row, clustered_means
from tools.recommendation.south_tyrol import SituatedRatings
from tools.scoring.intervals import with_interval

QUESTION = "South Tyrol, RMSE (less is better)"
LOW, HIGH = 1, 5

VARIANCES = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Of a kind of bias, in units of the noise; a kind that helps with none of them is left out."""

START = {"user": 0.3, "item": 0.3}

MODELS = {
    "biases": ("user", "item"),
    "with context": ("category", "situation", "category in situation"),
    "with context and taste": ("user in situation", "user and category"),
}
"""Kinds of bias that each model adds to those of the one before."""

Kernels = Mapping[str, NDArray[np.float64]]
Variances = dict[str, float]


def kernels(data: SituatedRatings) -> Kernels:
    """(N, N) for each kind of bias, how many of its biases each two ratings share."""
    user, item, category, situation = (
        some @ some.T for some in (data.user, data.item, data.category, data.situation)
    )
    return {
        "user": user,
        "item": item,
        "category": category,
        "situation": situation,
        "category in situation": category * situation,
        "user in situation": user * situation,
        "user and category": user * category,
    }


def predict(
    covariance: NDArray[np.float64],
    rating: NDArray[np.float64],
    known: NDArray[np.int64],
    asked: NDArray[np.int64],
) -> NDArray[np.float64]:
    """(A,) ratings of the asked by the (K,) known. covariance: (N, N) of the sums of biases."""
    mean = rating[known].mean()
    noisy = covariance[np.ix_(known, known)]
    noisy[np.diag_indices_from(noisy)] += 1
    weights = cho_solve(cho_factor(noisy, overwrite_a=True), rating[known] - mean)
    return np.clip(mean + covariance[np.ix_(asked, known)] @ weights, LOW, HIGH)


def measure(data: SituatedRatings) -> list[Row]:
    """The rows of all models: RMSE, and how far it lies from that of the first."""
    shared = kernels(data)
    errors = {name: np.zeros(len(data.rating)) for name in MODELS}
    chosen: dict[str, list[Any]] = {name: [] for name in MODELS}
    for known, asked in tqdm(list(folds(np.arange(len(data.rating)))), QUESTION, disable=None):
        variances = START
        for name, kinds in MODELS.items():
            variances = choose(shared, data.rating, known, variances, kinds)
            total = covariance(shared, variances)
            predicted = predict(total, data.rating, known, asked)
            errors[name][asked] = (predicted - data.rating[asked]) ** 2
            chosen[name].append(variances)
    roots = np.sqrt(clustered_means(np.column_stack(list(errors.values())), data.user.argmax(1)))
    figures = {name: float(error.mean() ** 0.5) for name, error in errors.items()}
    first = figures["biases"]
    return [
        Row(
            QUESTION,
            name,
            with_interval(figures[name], roots[:, n]),
            with_interval(figures[name] - first, roots[:, n] - roots[:, 0]) if n else None,
            chosen[name],
        )
        for n, name in enumerate(MODELS)
    ]


def covariance(shared: Kernels, variances: Variances) -> NDArray[np.float64]:
    """(N, N) of the sums of biases."""
    total = np.zeros_like(shared["user"])
    for kind, variance in variances.items():
        total += variance * shared[kind]
    return total


def choose(
    shared: Kernels,
    rating: NDArray[np.float64],
    known: NDArray[np.int64],
    variances: Variances,
    kinds: tuple[str, ...],
) -> Variances:
    """The variance of each kind, one after the other, by the folds inside the known ratings.

    variances: where the search begins; what is not among the kinds stays.
    """

    parts = list(folds(known))

    def error(total: NDArray[np.float64]) -> float:
        squares = [
            (predict(total, rating, some, other) - rating[other]) ** 2 for some, other in parts
        ]
        return float(np.concatenate(squares).mean())

    least = error(covariance(shared, variances))
    for kind in kinds:
        rest = covariance(shared, variances | {kind: 0.0})
        for variance in VARIANCES:
            if (found := error(rest + variance * shared[kind])) < least:
                least, variances = found, variances | {kind: variance}
    return variances
