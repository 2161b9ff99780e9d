"""nDCG@10 with binary gains, and figures with their intervals.

nDCG: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20,
2002.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import UserError
from tools.scoring.intervals import Estimate, resampled_means, with_interval

DEPTH = 10
DISCOUNTS = 1 / np.log2(np.arange(2, DEPTH + 2))


def ndcg(
    scores: NDArray[np.float64], relevant: NDArray[np.bool_], shown: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """(N,) nDCG@10 of N rankings of I items; nan where nothing is relevant.

    scores: (N, I), or (I,) for the same ranking; equal scores keep the order of the items.
    relevant, shown: (N, I); an item that was shown is not ranked.
    """
    scores = np.broadcast_to(scores, relevant.shape).astype(np.float64)
    if shown is not None:
        scores[shown] = -np.inf
    top = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    found = np.take_along_axis(relevant, top, axis=1) @ DISCOUNTS[: top.shape[1]]
    count = np.minimum(relevant.sum(axis=1), DEPTH)
    best = np.concatenate(([np.nan], np.cumsum(DISCOUNTS)))[count]
    return found / best


def ndcg_of_one(scores: NDArray[np.float64], hidden: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) nDCG@10 where one item is relevant: hidden[n]. scores: (N, I), -inf for no rank."""
    rows = np.arange(len(scores))
    own = scores[rows, hidden][:, None]
    earlier = np.arange(scores.shape[1]) < hidden[:, None]
    rank = (scores > own).sum(axis=1) + ((scores == own) & earlier).sum(axis=1)
    return np.where(rank < DEPTH, 1 / np.log2(rank + 2), 0)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report: what was asked, of which model, its figure and its gain.

    gain: over the first model of the same question. chosen: hyper-parameters, a fold each.
    """

    question: str
    model: str
    figure: Estimate
    gain: Estimate | None = None
    chosen: Sequence[Any] = ()

    def as_json(self) -> dict[str, Any]:
        """Figures rounded to four digits."""
        return {
            "question": self.question,
            "model": self.model,
            "figure": self.figure.as_json(),
            "gain": None if self.gain is None else self.gain.as_json(),
            "chosen": [str(some) for some in self.chosen],
        }


def rows_of(
    question: str,
    values: dict[str, NDArray[np.float64]],
    chosen: dict[str, Sequence[Any]],
    cluster: NDArray[np.int64] | None = None,
) -> list[Row]:
    """A row for each model from its (N,) values; the first is what the others gain over.

    cluster: (N,) whose value it is, if one person has several: people are resampled.
    Raises UserError if there are no values.
    """
    first = next(iter(values.values()))
    if not len(first):
        raise UserError(f"{question}: the data has nobody to ask")
    owner = np.arange(len(first)) if cluster is None else cluster
    table = np.column_stack(list(values.values()))
    means = clustered_means(table, owner)
    rows = []
    for n, (name, value) in enumerate(values.items()):
        figure = with_interval(float(value.mean()), means[:, n])
        gains = means[:, n] - means[:, 0]
        gain = with_interval(float((value - first).mean()), gains) if n else None
        rows.append(Row(question, name, figure, gain, chosen.get(name, ())))
    return rows


def clustered_means(values: NDArray[np.float64], owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """(RESAMPLES, F) means of (N, F) values; each resample draws owners, with all their values.

    All columns are resampled alike, so that differences of them are paired.
    """
    person = np.unique(owner, return_inverse=True)[1]
    count = np.bincount(person)
    sums = [np.bincount(person, column) for column in values.T]
    means = resampled_means(np.column_stack((*sums, count)).astype(float), seed=0)
    return means[:, :-1] / means[:, -1:]
