"""EASE: what else is liked by who likes this, as one regression with a closed form.

Each item is predicted from all others by ridge regression (Steck, "Embarrassingly shallow
autoencoders for sparse data", WWW 2019), here as if each like had been hidden with probability
`dropout` (Steck, "Autoencoders that don't overfit towards the identity", NeurIPS 2020): the more is
hidden, the better the weights suit visitors who have shown little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.sparse import csr_matrix

NEIGHBOURS = 50
"""Kept for each item, the strongest in absolute value."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """ridge: added to the diagonal, > 0. dropout: 0 to 1, without 1."""

    ridge: float
    dropout: float = 0.0


def learn(likes: NDArray[np.float64], ridge: Ridge) -> NDArray[np.float64]:
    """(I, I) weights with a diagonal of 0; `likes @ weights` are the predictions.

    likes: (U, I), 0 or 1.
    """
    return solve(likes.T @ likes, ridge)


def solve(gram: NDArray[np.float64], ridge: Ridge) -> NDArray[np.float64]:
    """The weights by the (I, I) numbers of users who like both items; `gram` is overwritten.

    Column j solves (G + D) w = G[:, j] under w[j] = 0, with G = `gram` and
    D the diagonal penalty.
    """
    counts = gram.diagonal().copy()
    penalty = ridge.ridge + ridge.dropout / (1 - ridge.dropout) * counts
    gram[np.diag_indices_from(gram)] += penalty
    factor, _ = dpotrf(gram, lower=1, overwrite_a=1)
    lower, _ = dpotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(lower) + np.tril(lower, -1).T
    weights = inverse / -inverse.diagonal()
    np.fill_diagonal(weights, 0)
    return weights


def neighbours(weights: NDArray[np.float64], count: int = NEIGHBOURS) -> csr_matrix:
    """The weights with the `count` strongest of each column, the others 0."""
    if count >= len(weights):
        return csr_matrix(weights)
    kept = np.argpartition(-np.abs(weights), count, axis=0)[:count]
    columns = np.broadcast_to(np.arange(weights.shape[1]), kept.shape)
    values = weights[kept, columns]
    return csr_matrix((values.ravel(), (kept.ravel(), columns.ravel())), shape=weights.shape)
