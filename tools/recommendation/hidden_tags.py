"""Protocol "hidden tags": one tag of a list is hidden, and looked for among all by the others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from tqdm import tqdm

from tools.recommendation import tags, word2vec
from tools.recommendation.folds import best, folds
from tools.recommendation.lastfm import TagLists
from tools.recommendation.ranking import Row, ndcg_of_one, rows_of

QUESTION = "Last.fm, hidden tags of unseen users, nDCG@10"

FEWEST = 3
"""Tags of a list with a hidden one."""

SMOOTHINGS = [
    tags.Smoothing(strength, popularity)
    for strength, popularity in product((3, 10, 30), (0.3, 0.5, 0.7))
]
ITEM_SMOOTHINGS = [tags.Smoothing(strength) for strength in (10, 20, 40)]
WEIGHTS = (0.15, 0.3, 0.6)
"""Of the co-occurrence beside the items, both as logarithms."""

WORD2VEC_WEIGHTS = (1, 2, 4, 8, 16)
"""Of Word2Vec's scores beside the logarithm of a tag's share."""

INNER_LISTS = 1000
"""At most so many lists of each inner fold choose the hyper-parameters."""

Scores = Iterator[NDArray[np.float64]]


def hide(lists: TagLists, seed: int = 0) -> tuple[TagLists, NDArray[np.int64]]:
    """The lists of `FEWEST` tags or more without one of them, and the (N,) hidden tags."""
    long = lists.only(np.diff(lists.tags.indptr) >= FEWEST)
    starts, lengths = long.tags.indptr[:-1], np.diff(long.tags.indptr)
    places = starts + np.random.default_rng(seed).integers(lengths)
    hidden = long.tags.indices[places].astype(np.int64)
    shown = long.tags.copy()
    shown.data[places] = 0
    shown.eliminate_zeros()
    return TagLists(shown, long.user, long.item, long.names, long.titles), hidden


def measured(scores: Scores, shown: csr_matrix, hidden: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) nDCG@10 of blocks of scores."""
    values, start = [], 0
    for block in scores:
        rows = slice(start, start + len(block))
        block[shown[rows].nonzero()] = -np.inf
        values.append(ndcg_of_one(block, hidden[rows]))
        start += len(block)
    return np.concatenate(values)


class Learned:
    """All models of some users' lists. Each takes its hyper-parameter and (N, T) shown tags."""

    def __init__(self, lists: TagLists, with_word2vec: bool) -> None:
        self.share = tags.shares(lists)
        self.pairs = tags.cooccurrences(lists)
        self.items = tags.items_with_tags(lists)
        self.vectors = word2vec.learn(lists.tags) if with_word2vec else None

    def frequent(self, _: None, shown: csr_matrix) -> Scores:
        """The most frequent tags, whatever is shown."""
        for block in tags.blocks(shown):
            yield np.tile(self.share, (block.shape[0], 1))

    def cooccurrence(self, smoothing: tags.Smoothing, shown: csr_matrix) -> Scores:
        """Tags that are in lists with the shown ones."""
        return tags.by_cooccurrence(shown, self.pairs, self.share, smoothing)

    def by_items(self, smoothing: tags.Smoothing, shown: csr_matrix) -> Scores:
        """Tags of the items that carry the shown ones."""
        return tags.by_items(shown, self.items, self.share, smoothing)

    def both(
        self, chosen: tuple[tags.Smoothing, tags.Smoothing, float], shown: csr_matrix
    ) -> Scores:
        """Items and co-occurrence together."""
        of_items, of_lists, weight = chosen
        items, lists = self.by_items(of_items, shown), self.cooccurrence(of_lists, shown)
        return (np.log(a) + weight * b for a, b in zip(items, lists, strict=True))

    def similar(self, _: None, shown: csr_matrix) -> Scores:
        """Tags with similar Word2Vec vectors."""
        return (word2vec.similarity(block, self.vectors) for block in tags.blocks(shown))

    def similar_and_frequent(self, weight: float, shown: csr_matrix) -> Scores:
        """The same beside the frequency of each tag."""
        return (weight * block + np.log(self.share) for block in self.similar(None, shown))

    def expected(self, _: None, shown: csr_matrix) -> Scores:
        """Tags that Word2Vec expects in a list with the shown ones."""
        return (word2vec.expectation(block, self.vectors) for block in tags.blocks(shown))

    def expected_and_frequent(self, weight: float, shown: csr_matrix) -> Scores:
        """The same beside the frequency of each tag."""
        return (weight * block + np.log(self.share) for block in self.expected(None, shown))


def measure(lists: TagLists, with_word2vec: bool) -> list[Row]:
    """The rows of all models. with_word2vec: gensim is installed."""
    names = {"most frequent": "frequent"}
    if with_word2vec:
        names |= {
            "Word2Vec, cosine": "similar",
            "Word2Vec, cosine and frequency": "similar_and_frequent",
            "Word2Vec, expectation": "expected",
            "Word2Vec, expectation and frequency": "expected_and_frequent",
        }
    names |= {"co-occurrence": "cooccurrence", "items with the tags": "by_items", "both": "both"}
    values: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    chosen: dict[str, list[Any]] = {name: [] for name in names}
    owners = []
    for learned_from, asked in tqdm(list(folds(np.unique(lists.user))), QUESTION, disable=None):
        settings = _choose(lists, learned_from, with_word2vec)
        models = Learned(lists.only(np.isin(lists.user, learned_from)), with_word2vec)
        question, hidden = hide(lists.only(np.isin(lists.user, asked)))
        owners.append(question.user)
        for name, model in names.items():
            setting = settings.get(model)
            scores = getattr(models, model)(setting, question.tags)
            values[name].append(measured(scores, question.tags, hidden))
            chosen[name].append(setting)
    together = {name: np.concatenate(parts) for name, parts in values.items()}
    return rows_of(QUESTION, together, chosen, np.concatenate(owners))


def _choose(lists: TagLists, users: NDArray[np.int64], with_word2vec: bool) -> dict[str, Any]:
    """The hyper-parameter of each model that has one, by the folds inside these users."""
    inner = []
    for learned_from, asked in folds(users):
        question, hidden = hide(lists.only(np.isin(lists.user, asked)))
        few = np.random.default_rng(0).permutation(len(hidden))[:INNER_LISTS]
        models = Learned(lists.only(np.isin(lists.user, learned_from)), with_word2vec)
        inner.append((models, question.tags[few], hidden[few]))

    def score(model: str, setting: Any) -> float:
        return float(
            np.mean(
                [
                    measured(getattr(models, model)(setting, shown), shown, hidden).mean()
                    for models, shown, hidden in inner
                ]
            )
        )

    of_lists = best(SMOOTHINGS, lambda some: score("cooccurrence", some))
    of_items = best(ITEM_SMOOTHINGS, lambda some: score("by_items", some))
    both = best(
        [(of_items, of_lists, weight) for weight in WEIGHTS], lambda some: score("both", some)
    )
    found = {"cooccurrence": of_lists, "by_items": of_items, "both": both}
    if with_word2vec:
        for model in ("similar_and_frequent", "expected_and_frequent"):
            found[model] = best(WORD2VEC_WEIGHTS, lambda some, model=model: score(model, some))
    return found
