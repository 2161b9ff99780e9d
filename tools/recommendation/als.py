"""Users and items as vectors, by alternating least squares on implicit feedback, with implicit.

Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008.
implicit is imported when a model is learned: it is an extra.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

ITERATIONS = 15


@dataclass(frozen=True, slots=True)
class Setting:
    """factors: length of the vectors. ridge: regularisation. confidence: weight of an entry over
    that of a missing one."""

    factors: int = 32
    ridge: float = 1.0
    confidence: float = 5.0


def learn(
    entries: csr_matrix, setting: Setting, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(U, F) and (I, F) vectors of the rows and columns of (U, I) entries, 0 or 1; repeatable."""
    from implicit.cpu.als import AlternatingLeastSquares

    with threadpool_limits(1, "blas"):  # implicit warns of more
        model = AlternatingLeastSquares(
            factors=setting.factors, regularization=setting.ridge, alpha=setting.confidence,
            iterations=ITERATIONS, num_threads=1, random_state=seed,
        )  # fmt: skip
        model.fit(csr_matrix(entries, dtype=np.float32), show_progress=False)
    return model.user_factors, model.item_factors


def scores(shown: NDArray[np.bool_], setting: Setting) -> NDArray[np.float64]:
    """(U, I) products of the vectors of (U, I) shown entries."""
    users, items = learn(csr_matrix(shown.astype(np.float32)), setting)
    return (users @ items.T).astype(np.float64)
