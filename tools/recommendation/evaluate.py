"""All questions on public data, their rows as tables, and the aims they are held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from tools.recommendation import biases, ease, hidden_tags, plenty_known, visitors
from tools.recommendation.extras import missing
from tools.recommendation.lastfm import read_lastfm
from tools.recommendation.movielens import read_movielens
from tools.recommendation.ranking import Row
from tools.recommendation.south_tyrol import read_south_tyrol
from tools.scoring.intervals import Estimate
from tools.scoring.tables import markdown

AIMS = {
    visitors.UNKNOWN: 0.424,
    visitors.question_after(1): 0.475,
    visitors.question_after(3): 0.485,
    visitors.question_after(5): 0.5,
    plenty_known.QUESTION: 0.475,
    hidden_tags.QUESTION: 0.36,
    biases.QUESTION: 1.102,
}
"""What the best row of a question should reach: an nDCG at least, an RMSE at most."""


def evaluate(data: Path, sections: Sequence[str], with_gender: bool) -> Iterator[Row]:
    """The rows of the sections, in their order, on the folder `catalogue` of the data.

    Raises UserError for data that can't be read.
    """
    folder = data / "catalogue"
    for section in sections:
        if section == "unknown":
            yield from visitors.measure_unknown(read_movielens(folder / "ml-100k"), with_gender)
        elif section == "likes":
            yield from visitors.measure_after_likes(read_movielens(folder / "ml-100k"))
        elif section == "plenty":
            ratings = read_movielens(folder / "ml-100k")
            yield from plenty_known.measure(ratings, not missing())
        elif section == "tags":
            yield from hidden_tags.measure(read_lastfm(folder / "lastfm"), not missing())
        elif section == "context":
            yield from biases.measure(read_south_tyrol(folder / "sts"))


def seconds_to_learn(data: Path) -> float:
    """How long EASE takes for all likes of MovieLens 100k, its 50 neighbours included."""
    likes = read_movielens(data / "catalogue" / "ml-100k").likes
    start = perf_counter()
    ease.neighbours(ease.learn(likes, ease.Ridge(300, 0.9)))
    return perf_counter() - start


def as_table(rows: Sequence[Row]) -> str:
    """A Markdown table; the aim stands in the first row of each question."""
    cells = []
    asked = ""
    for row in rows:
        new, asked = row.question != asked, row.question
        aim = f"{AIMS[asked]:.3f}" if new else ""
        gain = "–" if row.gain is None else _interval(row.gain, "+.3f")
        cells.append((asked if new else "", row.model, _interval(row.figure, ".3f"), gain, aim))
    return markdown(("question", "model", "figure", "gain over the first", "aim"), cells)


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows with their aims."""
    return [row.as_json() | {"aim": AIMS[row.question]} for row in rows]


def _interval(some: Estimate, how: str) -> str:
    return f"{some.value:{how}} ({some.low:{how}} to {some.high:{how}})"
