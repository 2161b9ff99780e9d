"""Tags as vectors, by Word2Vec over lists of tags (Mikolov et al. 2013), with gensim.

gensim is imported when a model is learned: it is an extra.
"""

from __future__ import annotations

import logging

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


def learn(tags: csr_matrix, seed: int = 0) -> NDArray[np.float64]:
    """(T, SIZE) a unit vector for each tag, 0 for a rare one; tags: (L, T) 0 or 1.

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
    vectors = np.zeros((tags.shape[1], SIZE))
    vectors[model.wv.index_to_key] = model.wv.get_normed_vectors()
    return vectors


def similarity(shown: csr_matrix, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, T) cosine of each tag with the mean of the (N, T) shown ones."""
    mean = shown @ vectors
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    return (mean / np.maximum(length, 1e-9)) @ vectors.T
