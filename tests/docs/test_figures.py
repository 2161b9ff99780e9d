"""README and docs/model-card.md state the figures of the cards beside the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    root = Path(__file__).resolve().parents[2]
    return json.loads((root / "models" / "face.json").read_text())


def row_of(page: Path, *first: str) -> list[str]:
    """The other cells of the one row that begins with these."""
    start = "| " + " | ".join(first) + " |"
    lines = page.read_text(encoding="utf-8").splitlines()
    (row,) = (line for line in lines if line.startswith(start))
    return [cell.strip() for cell in row.split("|")[1 + len(first) : -1]]


def test_the_readme_has_the_cards_figures(root: Path, card: dict[str, Any]) -> None:
    faces, people = (card["metrics"]["int8"][f"{name} test"] for name in ("fer2013", "utkface"))
    for what, figure in (
        ("emotion by the label, FER-2013 PrivateTest", f"{faces['accuracy']:.4f}"),
        ("macro-F1 of the same", f"{faces['macro_f1']:.3f}"),
        ("calibration error of the same, 15 bins", f"{faces['ece']:.3f}"),
        (
            "emotion by FER+'s majority: output `votes`, all faces / more than half of the votes",
            f"{faces['votes_accuracy']:.3f} / {faces['votes']['votes_clear_accuracy']:.3f}",
        ),
        (
            "what the kiosk reads, their mean: by label / by majority / where both agree",
            f"{faces['consensus_by_label_accuracy']:.3f} / {faces['consensus_accuracy']:.3f} / "
            f"{faces['votes']['consensus_agreed_accuracy']:.3f}",
        ),
        (
            "its calibration error, by majority / by label",
            f"{faces['consensus_ece']:.3f} / {faces['consensus_by_label_ece']:.3f}",
        ),
        ("age, UTKFace test split, mean error", f"{people['age_error']:.2f} years"),
        ("gender, UTKFace test split", f"{people['gender_accuracy']:.4f}"),
    ):
        assert row_of(root / "README.md", what)[0] == figure, what


@pytest.mark.parametrize("kind", ["int8", "float"])
def test_the_model_card_has_the_figures_of_int8_and_float(
    root: Path, card: dict[str, Any], kind: str
) -> None:
    faces = ("accuracy", "macro_f1", "ece", "votes_accuracy", "votes_ece")
    people = ("age_error", "age_band_accuracy", "gender_accuracy", "gender_ece")
    for title, part, keys, place in (
        ("FER-2013 PublicTest", "fer2013 validation", faces, 1),
        ("FER-2013 PrivateTest", "fer2013 test", faces, 1),
        ("UTKFace validation", "utkface validation", people, 6),
        ("UTKFace test", "utkface test", people, 6),
    ):
        stated = card["metrics"][kind][part]
        cells = row_of(root / "docs" / "model-card.md", title, kind)
        assert cells[0] == str(stated["faces"])
        assert cells[place : place + len(keys)] == [f"{stated[key]:.4f}" for key in keys], title


def test_the_model_card_has_the_figures_of_the_output_that_the_device_reads(
    root: Path, card: dict[str, Any]
) -> None:
    keys = ("accuracy", "ece", "by_label_accuracy", "by_label_macro_f1", "by_label_ece")
    for title, part in (("PublicTest", "validation"), ("PrivateTest", "test")):
        stated = card["metrics"]["int8"][f"fer2013 {part}"]
        cells = row_of(root / "docs" / "model-card.md", f"{title}, consensus")
        figures = [f"{stated[f'consensus_{key}']:.4f}" for key in keys]
        agreed = f"{stated['votes']['consensus_agreed_accuracy']:.4f}"
        assert cells == [str(stated["faces"]), *figures, agreed], title
