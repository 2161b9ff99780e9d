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
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss

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
    "consensus": "consensus_",
    "consensus_by_label": "consensus_by_label_",
    "gender": "gender_",
}
"""Prefix of the figures of each of `scored`."""

VOTED = {"votes": "votes", "consensus": "consensus", "emotion_by_votes": "emotion"}
"""Those of `scored` that are measured by FER+'s majority: name, output of the model."""

AGREED = ("emotion", "votes", "consensus")
"""Outputs measured where both label sets agree."""


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


def classification_figures(shares: Array, truth: NDArray[np.int64]) -> dict[str, float]:
    """accuracy; macro_f1, over the classes that occur; ece (expected calibration error); nll (log
    loss), of (N, C) probabilities."""
    predicted, labels = shares.argmax(axis=1), range(shares.shape[1])
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "macro_f1": float(
            f1_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
        ),
        "ece": reliability(shares, truth).error,
        "nll": float(log_loss(truth, shares, labels=labels)),
    }


def scored(outputs: Mapping[str, Array], faces: FaceDataset) -> dict[str, Scored]:
    """Probabilities and truth of each output, of the faces that have the label.

    emotion: by the dataset's label. votes: the output of that name by FER+'s majority.
    emotion_by_votes, consensus: the outputs `emotion` and `consensus` by FER+'s majority.
    consensus_by_label: the output `consensus` by the dataset's label. gender: male, female.
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
    add("consensus", "consensus", voted, classes)
    add("consensus_by_label", "consensus", faces.emotion, classes)
    if "emotion" in outputs and outputs["emotion"].shape[1] == len(EMOTIONS):
        add("emotion_by_votes", "emotion", voted, classes)
    female = np.where(np.isfinite(faces.female), faces.female > 0.5, -1)
    add("gender", "female", female, gender_shares)
    return found


def face_metrics(outputs: Mapping[str, Array], faces: FaceDataset) -> dict[str, float]:
    """Figures of every label that the faces have.

    `classification_figures` of each of `scored`, with its prefix (of gender no macro_f1);
    age_error (mean absolute, years) and age_band_accuracy.
    """
    figures: dict[str, float] = {}
    for name, (shares, truth) in scored(outputs, faces).items():
        for key, value in classification_figures(shares, truth).items():
            figures[PREFIXES[name] + key] = value
    figures.pop("gender_macro_f1", None)
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
    majority: the most reliable truth, by which the output that the device reads was chosen."""
    rows = (faces.emotion >= 0) & (faces.emotion == majority(faces.votes).label)
    figures: dict[str, Any] = {"agreed_faces": int(rows.sum())}
    if {"emotion", "votes"} <= outputs.keys() and outputs["emotion"].shape[1] == CONTEMPT:
        mean = (outputs["emotion"] + outputs["votes"][:, :CONTEMPT]) / 2
        outputs = {"consensus": mean, **outputs}  # what the output would be, if it is missing
    for name in AGREED:
        if name in outputs and rows.any():
            correct = outputs[name][rows, :CONTEMPT].argmax(axis=1) == faces.emotion[rows]
            figures[f"{name}_agreed_accuracy"] = round(float(correct.mean()), 4)
    return figures
