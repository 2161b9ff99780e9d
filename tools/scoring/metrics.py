"""What the outputs are worth: accuracy, macro-F1, calibration, age error, gender and age bands.

Pure numpy on logits, so that a Keras model, a `.tflite` and another package are measured by the
same lines. An output that a model lacks, and a label that no face has, are not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.values import AGE_BAND_STARTS, AGE_YEARS, EMOTIONS
from tools.datasets.load import Stills
from tools.scoring.majority import CONTEMPT, majority
from tools.scoring.reliability import log_loss, reliability

Array = NDArray[np.float32]


def softmax(logits: Array) -> Array:
    """Probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def probabilities(head: str, logits: Array) -> Array:
    """Of the outputs of a network: `female` is one logit, the others are one for each class."""
    return 1 / (1 + np.exp(-logits)) if head == "female" else softmax(logits)


def mean_years(logits: Array) -> Array:
    """(N,) expected age in years of (N, 21) logits over `AGE_YEARS`."""
    return softmax(logits) @ AGE_YEARS


def bands(years: Array) -> NDArray[np.int64]:
    """(N,) index into `AGE_BANDS` of ages in years."""
    return np.searchsorted(AGE_BAND_STARTS, np.floor(years), side="right") - 1


def confusion(truth: NDArray[np.int64], told: NDArray[np.int64], labels: int) -> NDArray[np.int64]:
    """(labels, labels) counts: rows are the truth, columns what was told."""
    counts = np.zeros((labels, labels), np.int64)
    np.add.at(counts, (truth, told), 1)
    return counts


def macro_f1(counts: NDArray[np.int64]) -> float:
    """Mean F1 of the classes that occur, from a confusion matrix."""
    hit = np.diag(counts)
    total = counts.sum(axis=0) + counts.sum(axis=1)
    present = counts.sum(axis=1) > 0
    return float((2 * hit[present] / np.maximum(total[present], 1)).mean())


def gender_shares(logits: Array) -> Array:
    """(N, 2) probabilities, male and female, of (N, 1) logits of female."""
    return softmax(np.hstack([np.zeros_like(logits), logits]))


Judged = tuple[Array, NDArray[np.int64]]
"""(N, C) probabilities, and (N,) what was true."""


def judged(outputs: Mapping[str, Array], stills: Stills) -> dict[str, Judged]:
    """What each output told, and the truth, of the faces of which there is one.

    emotion: by the label of the set. votes: the output of that name by FER+'s majority.
    emotion_by_votes, consensus: the outputs `emotion` and `consensus` by FER+'s majority.
    consensus_by_label: that by the label of the set. gender: male, female.
    """
    told: dict[str, Judged] = {}

    def add(
        name: str, output: str, truth: NDArray[np.int64], shares: Callable[[Array], Array]
    ) -> None:
        known = truth >= 0
        if output in outputs and known.any():
            told[name] = shares(outputs[output][known]), truth[known]

    voted = majority(stills.votes).label
    add("emotion", "emotion", stills.emotion, softmax)
    add("votes", "votes", voted, softmax)
    add("consensus", "consensus", voted, softmax)
    add("consensus_by_label", "consensus", stills.emotion, softmax)
    if "emotion" in outputs and outputs["emotion"].shape[1] == len(EMOTIONS):
        add("emotion_by_votes", "emotion", voted, softmax)
    female = np.where(np.isfinite(stills.female), stills.female > 0.5, -1)
    add("gender", "female", female, gender_shares)
    return told


PREFIXES = {
    "emotion": "",
    "votes": "votes_",
    "emotion_by_votes": "emotion_by_votes_",
    "consensus": "consensus_",
    "consensus_by_label": "consensus_by_label_",
    "gender": "gender_",
}
"""Of the figures of each of `judged`."""


def face_metrics(outputs: Mapping[str, Array], stills: Stills) -> dict[str, float]:
    """Figures of every label that the stills have; a label that none of them has is left out.

    Of each of `judged`, with its prefix (the emotion's own has none): accuracy, macro_f1, ece
    (expected calibration error) and nll (log loss); age_error (mean absolute, years),
    age_band_accuracy.
    """
    figures: dict[str, float] = {}
    for name, (shares, truth) in judged(outputs, stills).items():
        prefix, told = PREFIXES[name], shares.argmax(axis=1)
        figures[prefix + "accuracy"] = float((told == truth).mean())
        if name != "gender":
            figures[prefix + "macro_f1"] = macro_f1(confusion(truth, told, shares.shape[1]))
        figures[prefix + "ece"] = reliability(shares, truth).error
        figures[prefix + "nll"] = log_loss(shares, truth)
    known = np.isfinite(stills.years)
    if "age" in outputs and known.any():
        years = mean_years(outputs["age"][known])
        truth_years = stills.years[known]
        figures["age_error"] = float(np.abs(years - truth_years).mean())
        figures["age_band_accuracy"] = float((bands(years) == bands(truth_years)).mean())
    return figures


CLEAR = {"votes": "votes", "consensus": "consensus", "emotion_by_votes": "emotion"}
"""What is held against FER+'s majority, and the output that it is of."""

AGREED = ("emotion", "votes", "consensus")
"""The outputs of which one tells the device what somebody feels."""


def measure(outputs: Mapping[str, Array], stills: Stills) -> dict[str, Any]:
    """Figures, numbers of faces and, where emotions are known, the confusion matrix.

    Where FER+ votes are known: of how many faces they give a majority, why others have none, and
    the accuracy on those of which more than half of the votes agree.
    """
    figures: dict[str, Any] = {"faces": len(stills)}
    figures |= {name: round(value, 4) for name, value in face_metrics(outputs, stills).items()}
    known = judged(outputs, stills)
    if "emotion" in known:
        shares, truth = known["emotion"]
        counts = confusion(truth, shares.argmax(axis=1), shares.shape[1])
        figures["confusion"] = counts.tolist()
    if stills.votes.any():
        figures["votes"] = _votes(known, stills) | _agreed(outputs, stills)
    return figures


def _votes(known: Mapping[str, tuple[Array, NDArray[np.int64]]], stills: Stills) -> dict[str, Any]:
    """Numbers of faces by FER+'s majority, accuracy where it is clear, and the confusion matrix
    (7, 8): no row of contempt, which is left out, but a column, since it may be told."""
    found = majority(stills.votes)
    told: dict[str, Any] = {
        "faces": int((found.label >= 0).sum()),
        "contempt": found.contempt,
        "ties": found.ties,
        "without_votes": found.unvoted,
        "clear_faces": int(found.clear.sum()),
    }
    clear = found.clear[found.label >= 0]
    for name in CLEAR:
        if name in known and clear.any():
            shares, truth = known[name]
            right = shares.argmax(axis=1) == truth
            told[f"{name}_clear_accuracy"] = round(float(right[clear].mean()), 4)
    if "votes" in known:
        shares, truth = known["votes"]
        counts = confusion(truth, shares.argmax(axis=1), shares.shape[1])
        told["confusion"] = counts[:CONTEMPT].tolist()
    return told


def _agreed(outputs: Mapping[str, Array], stills: Stills) -> dict[str, Any]:
    """How often each of `AGREED` is right, its seven emotions alone, where FER-2013's label is
    FER+'s majority as well: the truth that is in least doubt, by which the output that the device
    reads was chosen."""
    rows = (stills.emotion >= 0) & (stills.emotion == majority(stills.votes).label)
    told: dict[str, Any] = {"agreed_faces": int(rows.sum())}
    if {"emotion", "votes"} <= outputs.keys() and outputs["emotion"].shape[1] == CONTEMPT:
        mean = (outputs["emotion"] + outputs["votes"][:, :CONTEMPT]) / 2
        outputs = {"consensus": mean, **outputs}  # of a network that lacks it: what it would be
    for name in AGREED:
        if name in outputs and rows.any():
            right = outputs[name][rows, :CONTEMPT].argmax(axis=1) == stills.emotion[rows]
            told[f"{name}_agreed_accuracy"] = round(float(right.mean()), 4)
    return told
