"""Protocols "unknown visitor" and "after 1, 3, 5 likes", on the likes of MovieLens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from tqdm import tqdm

from tools.recommendation import affinity, ease
from tools.recommendation.folds import Fold, best, drawn_first, folds
from tools.recommendation.movielens import Ratings
from tools.recommendation.ranking import Row, ndcg, rows_of

UNKNOWN = "ml-100k, unknown visitor, nDCG@10"
SHOWN = (1, 3, 5)
FEWEST = 15
"""Likes of a visitor who shows some of them."""

PEOPLE = (3, 10, 30, 100)
KERNELS = [affinity.Kernel(*some) for some in product((0.08, 0.12, 0.18, 0.27), (3, 10, 30))]
OTHER_GENDER = (0.3, 0.5, 0.7)
RIDGES = [ease.Ridge(*some) for some in product((100, 300, 1000), (0.8, 0.9, 0.95))]
WEIGHTS = (4, 8, 16, 32)
"""Of what the shown likes say, beside the affinity of the age."""

Values = dict[str, NDArray[np.float64]]


def question_after(count: int) -> str:
    """The name of the question."""
    return f"ml-100k, after {count} like{'s' * (count > 1)}, nDCG@10"


@dataclass(frozen=True, slots=True)
class Visitors:
    """One fold: the likes that are known, and those of the people who are asked."""

    ratings: Ratings
    fold: Fold

    @property
    def known(self) -> NDArray[np.float64]:
        """(U, I) likes to learn from."""
        return self.ratings.likes[self.fold[0]]

    @property
    def liked(self) -> NDArray[np.bool_]:
        """(N, I) likes to find."""
        return self.ratings.likes[self.fold[1]] > 0

    def by_age(self, kernel: affinity.Kernel) -> NDArray[np.float64]:
        """(N, I) affinities by age, and by gender if the kernel says so."""
        known, asked = self.fold
        ages, female = self.ratings.ages, self.ratings.female
        return affinity.by_age(
            (ages[asked], female[asked]), (ages[known], female[known]), self.known, kernel
        )

    def by_age_group(self, people: float) -> NDArray[np.float64]:
        """(N, I) affinities by the kiosk's age bands."""
        known, asked = self.fold
        ages = self.ratings.ages
        return affinity.by_age_group(ages[asked], ages[known], self.known, people)


def measure_unknown(ratings: Ratings, with_gender: bool) -> list[Row]:
    """The rows of the visitor of whom age alone is known."""
    values: dict[str, list[NDArray[np.float64]]] = {}
    chosen: dict[str, list[Any]] = {}
    for fold in tqdm(list(folds(np.arange(len(ratings.ages)))), UNKNOWN, disable=None):
        inner = [Visitors(ratings, some) for some in folds(fold[0])]
        people = best(PEOPLE, lambda some, inner=inner: _mean(
            [ndcg(visitors.by_age_group(some), visitors.liked) for visitors in inner]
        ))  # fmt: skip
        kernel = choose_kernel(inner, KERNELS)
        asked = Visitors(ratings, fold)
        scores = {
            "popularity": (asked.known.mean(axis=0), None),
            "by age group": (asked.by_age_group(people), people),
            "by age": (asked.by_age(kernel), kernel),
        }
        if with_gender:
            genders = [
                affinity.Kernel(kernel.width, kernel.people, other) for other in OTHER_GENDER
            ]
            kernel = choose_kernel(inner, genders)
            scores["by age and gender"] = (asked.by_age(kernel), kernel)
        for name, (score, setting) in scores.items():
            values.setdefault(name, []).append(ndcg(score, asked.liked))
            chosen.setdefault(name, []).append(setting)
    together = {name: np.concatenate(parts) for name, parts in values.items()}
    some = ~np.isnan(together["popularity"])
    return rows_of(UNKNOWN, {name: value[some] for name, value in together.items()}, chosen)


def choose_kernel(inner: Sequence[Visitors], kernels: Sequence[affinity.Kernel]) -> affinity.Kernel:
    """The best of the kernels on the inner folds."""
    return best(kernels, lambda kernel: _mean(
        [ndcg(visitors.by_age(kernel), visitors.liked) for visitors in inner]
    ))  # fmt: skip


def measure_after_likes(ratings: Ratings) -> list[Row]:
    """The rows of visitors who have liked 1, 3 and 5 items."""
    liked = ratings.likes > 0
    draws = {count: drawn_first(liked, count) for count in SHOWN}
    enough = liked.sum(axis=1) >= FEWEST
    values: dict[int, dict[str, list[NDArray[np.float64]]]] = {count: {} for count in SHOWN}
    chosen: dict[int, dict[str, list[Any]]] = {count: {} for count in SHOWN}
    title = "ml-100k, after some likes"
    for known, asked in tqdm(list(folds(np.arange(len(liked)))), title, disable=None):
        inner = [Visitors(ratings, some) for some in folds(known)]
        kernel = choose_kernel(inner, KERNELS)
        few = [Visitors(ratings, (some, other[enough[other]])) for some, other in folds(known)]
        settings = _choose_ridges(few, draws, kernel)
        visitors = Visitors(ratings, (known, asked[enough[asked]]))
        prior = visitors.by_age(kernel)
        for count in SHOWN:
            ridge, weight = settings[count]
            shown = draws[count][visitors.fold[1]]
            weights = ease.learn(visitors.known, ridge)
            kept = ease.neighbours(weights)
            for name, scores, setting in (
                ("popularity", visitors.known.mean(axis=0), None),
                ("by age", prior, kernel),
                ("by age, EASE of 50 neighbours", prior + weight * (shown @ kept), (ridge, weight)),
                ("by age, EASE of all", prior + weight * (shown @ weights), (ridge, weight)),
            ):
                value = ndcg(scores, visitors.liked & ~shown, shown)
                values[count].setdefault(name, []).append(value)
                chosen[count].setdefault(name, []).append(setting)
    return [
        row
        for count, models in values.items()
        for row in rows_of(
            question_after(count),
            {name: np.concatenate(parts) for name, parts in models.items()},
            chosen[count],
        )
    ]


def _choose_ridges(
    inner: Sequence[Visitors],
    draws: dict[int, NDArray[np.bool_]],
    kernel: affinity.Kernel,
) -> dict[int, tuple[ease.Ridge, float]]:
    """Ridge and weight of EASE by the number of shown likes, on the inner folds."""
    scores: dict[tuple[int, ease.Ridge, float], list[float]] = {}
    for visitors in inner:
        prior, liked, known = visitors.by_age(kernel), visitors.liked, visitors.known
        for ridge in RIDGES:
            kept = ease.neighbours(ease.learn(known, ridge))
            for count, draw in draws.items():
                shown = draw[visitors.fold[1]]
                said = csr_matrix(shown.astype(float)) @ kept
                for weight in WEIGHTS:
                    value = ndcg(prior + weight * said.toarray(), liked & ~shown, shown)
                    scores.setdefault((count, ridge, weight), []).append(value.mean())
    grid = list(product(RIDGES, WEIGHTS))
    return {
        count: best(grid, lambda some, count=count: float(np.mean(scores[count, *some])))
        for count in draws
    }


def _mean(parts: Sequence[NDArray[np.float64]]) -> float:
    return float(np.nanmean(np.concatenate(parts)))
