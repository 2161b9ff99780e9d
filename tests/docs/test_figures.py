"""README and docs/model-card.md state the figures of the cards and the evaluation in models/."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

OURS = "face.tflite"


def read(name: str) -> dict[str, Any]:
    root = Path(__file__).resolve().parents[2]
    return json.loads((root / "models" / name).read_text())


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    return read("face.json")


@pytest.fixture(scope="module")
def evaluation() -> dict[str, Any]:
    """The report of `wayside-tools evaluate --only gate --compare fer --compare hsemotion`."""
    return read("evaluation.json")


def row_of(page: Path, *first: str) -> list[str]:
    """The other cells of the one row that begins with these."""
    start = "| " + " | ".join(first) + " |"
    lines = page.read_text(encoding="utf-8").splitlines()
    (row,) = (line for line in lines if line.startswith(start))
    return [cell.strip() for cell in row.split("|")[1 + len(first) : -1]]


def interval(row: dict[str, Any] | None) -> str:
    if row is None:
        return "–"
    return f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def test_the_evaluation_is_of_the_shipped_file(root: Path, evaluation: dict[str, Any]) -> None:
    content = (root / "models" / OURS).read_bytes()
    assert evaluation["sha256"] == hashlib.sha256(content).hexdigest()
    assert evaluation["limit"] is None


def test_the_readme_compares_what_is_reported_with_two_others(
    root: Path, evaluation: dict[str, Any]
) -> None:
    gate = evaluation["gate"]
    fer = next(name for name in gate if name.startswith("fer"))
    for what, title in (
        ("FER-2013 PrivateTest, its labels", "FER-2013 PrivateTest, emotion by the label"),
        ("the same, FER+'s majority", "FER-2013 PrivateTest, emotion by FER+'s majority"),
        ("other people's faces (development set)", "development set, emotion by the label"),
        ("clips of `video/mead`", "video/mead"),
    ):
        cells = row_of(root / "README.md", what)
        expected = [gate[name].get(title) for name in (OURS, fer, "HSEmotion")]
        assert cells == ["–" if row is None else f"{row['value']:.3f}" for row in expected], what


def test_the_readme_has_the_cards_figures(
    root: Path, card: dict[str, Any], evaluation: dict[str, Any]
) -> None:
    faces, people = (card["metrics"]["int8"][f"{name} test"] for name in ("fer2013", "utkface"))
    reported = evaluation["gate"][OURS]["FER-2013 PrivateTest, emotion by the label"]
    for what, figure in (
        ("macro recall of emotion, PrivateTest", f"{reported['macro_recall']:.3f}"),
        ("calibration error of the same, classes weighted equally", f"{reported['ece']:.3f}"),
        (
            "emotion by FER+'s majority: output `votes`, all faces / more than half of the votes",
            f"{faces['votes_accuracy']:.3f} / {faces['votes']['votes_clear_accuracy']:.3f}",
        ),
        ("age, UTKFace test split, mean error", f"{people['age_error']:.2f} years"),
        ("gender, UTKFace test split", f"{people['gender_accuracy']:.4f}"),
    ):
        assert row_of(root / "README.md", what)[0] == figure, what


def test_the_model_card_has_every_row_of_the_evaluation(
    root: Path, evaluation: dict[str, Any]
) -> None:
    ours, *others = evaluation["gate"].values()
    for title, row in ours.items():
        figures = [row.get("macro_recall"), row.get("ece")]
        assert row_of(root / "docs" / "model-card.md", title) == [
            "development" if row["development"] else "test",
            str(row["count"]),
            interval(row),
            *("–" if value is None else f"{value:.3f}" for value in figures),
            *(interval(other.get(title)) for other in others),
        ], title
