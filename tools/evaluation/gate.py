"""One table over several sets of faces and clips, and the rule by which a model is released.

A network that gains on one dataset may lose on another. The rule looks at development rows alone:
test rows are printed once a release and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.datasets.face_dataset import VALIDATION, FaceDataset
from tools.scoring.intervals import Estimate, mean_with_interval
from tools.scoring.metrics import Array, figures_of, mean_years, scored
from tools.scoring.tables import markdown


@dataclass(frozen=True, slots=True)
class Row:
    """A figure on one set of N faces or clips.

    decides: whether it is a development row. figure: its mean and 95 % interval. years: it is an
    error in years, of which less is better; otherwise an accuracy. macro_recall, ece: of an
    emotion.
    """

    title: str
    decides: bool
    count: int
    figure: Estimate
    years: bool = False
    macro_recall: float | None = None
    ece: float | None = None

    def as_json(self) -> dict[str, Any]:
        """All figures, rounded to four digits."""
        more = {"macro_recall": self.macro_recall, "ece": self.ece}
        known = {name: round(value, 4) for name, value in more.items() if value is not None}
        return {
            "development": self.decides, "count": self.count, "years": self.years,
            **self.figure.as_json(), **known,
        }  # fmt: skip

    def gain(self, other: Row) -> float:
        """How much better the other row's figure is; negative if it is worse."""
        difference = other.figure.value - self.figure.value
        return -difference if self.years else difference

    @property
    def margin(self) -> float:
        """The part of the interval on the side of worse figures."""
        figure = self.figure
        return figure.high - figure.value if self.years else figure.value - figure.low


def classified(
    title: str, shares: Array, truth: NDArray[np.int64], *, decides: bool, name: str = "emotion"
) -> Row:
    """The row of (N, C) probabilities. name: of `scored`; "gender" gives only the accuracy."""
    figure = mean_with_interval((shares.argmax(axis=1) == truth).astype(np.float64))
    more = figures_of(name, shares, truth) if name != "gender" else {}
    return Row(
        title, decides, len(truth), figure,
        macro_recall=more.get("macro_recall"), ece=more.get("ece"),
    )  # fmt: skip


def face_rows(title: str, outputs: Mapping[str, Array], faces: FaceDataset) -> list[Row]:
    """A row for each label that the faces have: emotion by the label and by FER+'s majority,
    gender, age. The validation split decides."""
    decides = bool((faces.split == VALIDATION).all())
    found = scored(outputs, faces)
    rows = [
        classified(f"{title}, {what}", *found[name], decides=decides, name=name)
        for name, what in (
            ("emotion", "emotion by the label"),
            ("emotion_by_votes", "emotion by FER+'s majority"),
            ("gender", "gender"),
        )
        if name in found
    ]
    known = np.isfinite(faces.years)
    if "age" in outputs and known.any():
        errors = np.abs(mean_years(outputs["age"][known]) - faces.years[known])
        figure = mean_with_interval(errors.astype(np.float64))
        rows.append(Row(f"{title}, age error", decides, int(known.sum()), figure, years=True))
    return rows


def clip_row(title: str, correct: Iterable[bool], *, decides: bool) -> Row:
    """The share of clips predicted correctly."""
    right = np.array(list(correct), np.float64)
    return Row(title, decides, len(right), mean_with_interval(right))


def as_table(rows: Sequence[Row], others: Mapping[str, Sequence[Row]] = {}) -> str:
    """A Markdown table, the development rows first. others: rows of other models on the same sets,
    by the model's name."""
    found = {name: {row.title: row for row in some} for name, some in others.items()}
    header = ("", "set", "N", "accuracy, or error in years (95 %)", "macro recall", "ECE", *found)
    return markdown(
        header,
        [
            (
                row.title,
                "development" if row.decides else "test",
                row.count,
                _interval(row),
                "–" if row.macro_recall is None else f"{row.macro_recall:.3f}",
                "–" if row.ece is None else f"{row.ece:.3f}",
                *(_interval(some.get(row.title)) for some in found.values()),
            )
            for row in sorted(rows, key=lambda row: not row.decides)
        ],
    )


def _interval(row: Row | None) -> str:
    if row is None:
        return "–"
    figure = row.as_json()  # the same digits as in the JSON
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def refusals(shipped: Sequence[Row], candidate: Sequence[Row]) -> list[str]:
    """Why the candidate must not replace the shipped model; empty: it may.

    No development row may fall by more than its interval, and one must gain.
    """
    others = {row.title: row for row in candidate if row.decides}
    pairs = [(row, others[row.title]) for row in shipped if row.decides and row.title in others]
    reasons = [
        f"{row.title}: from {row.figure.value:.4f} to {other.figure.value:.4f}, "
        f"worse by more than {row.margin:.4f}"
        for row, other in pairs
        if -row.gain(other) > row.margin
    ]
    if not any(row.gain(other) > 0 for row, other in pairs):
        reasons.append("no development row gains")
    return reasons
