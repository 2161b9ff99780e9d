"""Metrics of a face model: accuracy, macro-F1, calibration, age error, gender and age bands.

They take logits, so that a Keras network, a `.tflite` and another package are measured by the same
code. An output that a model lacks, and a label that no face has, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, recall_score

from device.values import AGE_BAND_STARTS, AGE_YEARS, EMOTIONS
from tools.datasets.face_dataset import FaceDataset
from tools.scoring.majority import CONTEMPT, majority
from tools.scoring.reliability import reliability

Array = NDArray[np.float32]

Scored = tuple[Array, NDArray[np.int64]]
"""(N, C) probabilities and (N,) true classes."""

PREFIXES = {
    "emotion": "",
    "votes": "votes_",
    "emotion_by_votes": "emotion_by_votes_",
    "gender": "gender_",
}
"""Prefix of the figures of each of `scored`."""

VOTED = {"votes": "votes", "emotion_by_votes": "emotion"}
"""Those of `scored` that are measured by FER+'s majority: name, output of the model."""

AGREED = ("emotion", "votes")
"""Outputs measured where both label sets agree."""

BALANCED = {"emotion", "emotion_by_votes"}
"""Those of `scored` whose probabilities assume equally frequent classes."""


def probabilities(head: str, logits: Array) -> Array:
    """Probabilities of a head's logits: `female` is one logit, the others are one per class."""
    return expit(logits) if head == "female" else softmax(logits, axis=-1)


def mean_years(logits: Array) -> Array:
    """(N,) expected age in years of (N, 21) logits over `AGE_YEARS`."""
    return softmax(logits, axis=-1) @ AGE_YEARS


def bands(years: Array) -> NDArray[np.int64]:
    """(N,) index into `AGE_BANDS` of ages in years."""
    return np.searchsorted(AGE_BAND_STARTS, np.floor(years), side="right") - 1


def gender_shares(logits: Array) -> Array:
    """(N, 2) probabilities, male and female, of (N, 1) logits of female."""
    return softmax(np.hstack([np.zeros_like(logits), logits]), axis=-1)


def confusion(shares: Array, truth: NDArray[np.int64]) -> NDArray[np.int64]:
    """(C, C) counts of (N, C) probabilities: rows are the truth, columns the prediction."""
    return confusion_matrix(truth, shares.argmax(axis=1), labels=range(shares.shape[1]))


def log_prior(emotion: NDArray[np.int64], labels: int) -> Array:
    """(labels,) float32: logarithms of the classes' shares among the labelled faces.

    emotion: (N,) classes, -1 unknown. A class without a face has the share of half a face.
    """
    counts = np.bincount(emotion[emotion >= 0], minlength=labels)
    counts = np.maximum(counts, 0.5)
    return np.log(counts / counts.sum()).astype(np.float32)


def balanced_weights(truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) weights, mean 1, with which every class that occurs counts the same."""
    classes, column, counts = np.unique(truth, return_inverse=True, return_counts=True)
    return len(truth) / (len(classes) * counts[column])


def classification_figures(
    shares: Array, truth: NDArray[np.int64], weights: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """accuracy; macro_recall and macro_f1, over the classes that occur; ece (expected calibration
    error); nll (log loss), of (N, C) probabilities.

    weights: (N,) of the faces in ece and nll: probabilities that assume equally frequent classes
    are calibrated for such faces.
    """
    predicted, labels = shares.argmax(axis=1), range(shares.shape[1])
    over = {"labels": np.unique(truth), "average": "macro", "zero_division": 0}
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "macro_recall": float(recall_score(truth, predicted, **over)),
        "macro_f1": float(f1_score(truth, predicted, **over)),
        "ece": reliability(shares, truth, weights).error,
        "nll": float(log_loss(truth, shares, labels=labels, sample_weight=weights)),
    }


def scored(outputs: Mapping[str, Array], faces: FaceDataset) -> dict[str, Scored]:
    """Probabilities and truth of each output, of the faces that have the label.

    emotion: by the dataset's label. votes: the output of that name by FER+'s majority.
    emotion_by_votes: the output `emotion` by FER+'s majority. gender: male, female.
    """
    found: dict[str, Scored] = {}

    def add(
        name: str, output: str, truth: NDArray[np.int64], shares: Callable[[Array], Array]
    ) -> None:
        known = truth >= 0
        if output in outputs and known.any():
            found[name] = shares(outputs[output][known]), truth[known]

    def classes(logits: Array) -> Array:
        return softmax(logits, axis=-1)

    voted = majority(faces.votes).label
    add("emotion", "emotion", faces.emotion, classes)
    add("votes", "votes", voted, classes)
    if "emotion" in outputs and outputs["emotion"].shape[1] == len(EMOTIONS):
        add("emotion_by_votes", "emotion", voted, classes)
    female = np.where(np.isfinite(faces.female), faces.female > 0.5, -1)
    add("gender", "female", female, gender_shares)
    return found


def figures_of(name: str, shares: Array, truth: NDArray[np.int64]) -> dict[str, float]:
    """`classification_figures` of one of `scored`, weighted for those in `BALANCED`."""
    weights = balanced_weights(truth) if name in BALANCED else None
    return classification_figures(shares, truth, weights)


def face_metrics(outputs: Mapping[str, Array], faces: FaceDataset) -> dict[str, float]:
    """Figures of every label that the faces have.

    `figures_of` each of `scored`, with its prefix (of gender no macro figures);
    age_error (mean absolute, years) and age_band_accuracy.
    """
    figures: dict[str, float] = {}
    for name, (shares, truth) in scored(outputs, faces).items():
        for key, value in figures_of(name, shares, truth).items():
            figures[PREFIXES[name] + key] = value
    for key in ("gender_macro_f1", "gender_macro_recall"):
        figures.pop(key, None)
    known = np.isfinite(faces.years)
    if "age" in outputs and known.any():
        years, truth_years = mean_years(outputs["age"][known]), faces.years[known]
        figures["age_error"] = float(np.abs(years - truth_years).mean())
        figures["age_band_accuracy"] = float((bands(years) == bands(truth_years)).mean())
    return figures


def measure(outputs: Mapping[str, Array], faces: FaceDataset) -> dict[str, Any]:
    """`face_metrics` rounded to four digits, the number of faces and, where emotions are known, the
    confusion matrix.

    Where FER+ votes are known, `votes` has the number of faces with and without a majority, and the
    accuracy where the majority is clear and where it agrees with the label.
    """
    figures: dict[str, Any] = {"faces": len(faces)}
    figures |= {name: round(value, 4) for name, value in face_metrics(outputs, faces).items()}
    known = scored(outputs, faces)
    if "emotion" in known:
        figures["confusion"] = confusion(*known["emotion"]).tolist()
    if faces.votes.any():
        figures["votes"] = _by_majority(known, faces) | _where_agreed(outputs, faces)
    return figures


def _by_majority(known: Mapping[str, Scored], faces: FaceDataset) -> dict[str, Any]:
    """Numbers of faces by FER+'s majority, accuracy where it is clear, and the confusion matrix
    (7, 8): contempt has no row, since those faces are left out, but may be predicted."""
    found = majority(faces.votes)
    figures: dict[str, Any] = {
        "faces": int((found.label >= 0).sum()),
        "contempt": found.contempt,
        "ties": found.ties,
        "without_votes": found.unvoted,
        "clear_faces": int(found.clear.sum()),
    }
    clear = found.clear[found.label >= 0]
    for name in VOTED:
        if name in known and clear.any():
            shares, truth = known[name]
            correct = shares.argmax(axis=1) == truth
            figures[f"{name}_clear_accuracy"] = round(float(correct[clear].mean()), 4)
    if "votes" in known:
        figures["confusion"] = confusion(*known["votes"])[:CONTEMPT].tolist()
    return figures


def _where_agreed(outputs: Mapping[str, Array], faces: FaceDataset) -> dict[str, Any]:
    """Accuracy of each of `AGREED`, over the seven emotions, where FER-2013's label is FER+'s
    majority: the most reliable truth."""
    rows = (faces.emotion >= 0) & (faces.emotion == majority(faces.votes).label)
    figures: dict[str, Any] = {"agreed_faces": int(rows.sum())}
    for name in AGREED:
        if name in outputs and rows.any():
            correct = outputs[name][rows, :CONTEMPT].argmax(axis=1) == faces.emotion[rows]
            figures[f"{name}_agreed_accuracy"] = round(float(correct.mean()), 4)
    return figures
