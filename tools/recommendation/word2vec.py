"""Tags as vectors, by Word2Vec over lists of tags (Mikolov et al. 2013), with gensim.

gensim is imported when a model is learned: it is an extra.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

SIZE = 64
EPOCHS = 10
FEWEST = 50
"""Lists that a tag must be in to get a vector, but no more than a thousandth of all: the vectors of
rare tags are noise."""
NEGATIVE_EXPONENT = 0.0
"""All tags are equally often negative examples, which suits recommendation better than 0.75
(Caselles-Dupré, Lesaint and Royo-Letelier, "Word2vec applied to recommendation", RecSys 2018)."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """tags: (T, SIZE) of tags as they are shown. contexts: (T, SIZE) of tags as they are predicted.
    Both are 0 for a rare tag."""

    tags: NDArray[np.float64]
    contexts: NDArray[np.float64]


def learn(tags: csr_matrix, seed: int = 0) -> Vectors:
    """The vectors of (L, T) lists of tags, 0 or 1.

    Skip-gram with all other tags of a list as its window, one thread, and so repeatable.
    """
    from gensim.models import Word2Vec

    logging.getLogger("gensim").setLevel(logging.WARNING)

    lists = [row.tolist() for row in np.split(tags.indices, tags.indptr[1:-1])]
    fewest = max(1, min(FEWEST, len(lists) // 1000))
    model = Word2Vec(
        lists, vector_size=SIZE, window=max(map(len, lists)), sg=1, min_count=fewest,
        epochs=EPOCHS, workers=1, seed=seed, ns_exponent=NEGATIVE_EXPONENT,
    )  # fmt: skip
    vectors = np.zeros((2, tags.shape[1], SIZE))
    vectors[0, model.wv.index_to_key] = model.wv.vectors
    vectors[1, model.wv.index_to_key] = model.syn1neg
    return Vectors(*vectors)


def similarity(shown: csr_matrix, vectors: Vectors) -> NDArray[np.float64]:
    """(N, T) cosine of each tag with the mean direction of the (N, T) shown ones."""
    units = _units(vectors.tags)
    return _units(shown @ units) @ units.T


def expectation(shown: csr_matrix, vectors: Vectors) -> NDArray[np.float64]:
    """(N, T) how much the (N, T) shown tags let expect each tag, in log odds, up to a constant.

    This is the product that skip-gram learns.
    """
    count = np.maximum(np.asarray(shown.sum(axis=1)), 1)
    return (shown @ vectors.tags / count) @ vectors.contexts.T


def _units(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
