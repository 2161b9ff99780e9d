"""Markdown tables, from cells or from figures by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FACE_COLUMNS = {
    "faces": "faces",
    "accuracy": "emotion accuracy",
    "macro_recall": "macro recall",
    "macro_f1": "macro-F1",
    "ece": "ECE",
    "votes_accuracy": "FER+ majority",
    "emotion_by_votes_accuracy": "FER+ by emotion output",
    "age_error": "age error (years)",
    "age_band_accuracy": "age band accuracy",
    "gender_accuracy": "gender accuracy",
    "gender_ece": "gender ECE",
}
"""Columns of a face model's table: key of the figure, title."""


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of cells."""
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def of_figures(
    figures: Mapping[str, Mapping[str, Any]], columns: Mapping[str, str] = FACE_COLUMNS
) -> str:
    """A row for each name, and those of `columns` that any row has; a missing figure is a dash."""
    shown = [key for key in columns if any(row.get(key) is not None for row in figures.values())]
    rows = [
        (name, *("–" if row.get(key) is None else row[key] for key in shown))
        for name, row in figures.items()
    ]
    return markdown(("", *(columns[key] for key in shown)), rows)
