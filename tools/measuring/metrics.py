"""What the outputs are worth: accuracy, macro-F1, age error, gender and age-band accuracy.

Pure numpy on logits or probabilities, so that a Keras model, a `.tflite` and another package are
measured by the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from device.values import AGE_BAND_STARTS, AGE_YEARS
from tools.faces.datasets import Stills

Array = NDArray[np.float32]


def softmax(logits: Array) -> Array:
    """Probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


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


def face_metrics(outputs: Mapping[str, Array], stills: Stills) -> dict[str, float]:
    """Figures of every label that the stills have; a label that none of them has is left out.

    accuracy, macro_f1, age_error (mean absolute, years), age_band_accuracy, gender_accuracy.
    """
    figures: dict[str, float] = {}
    known = stills.emotion >= 0
    if known.any():
        told = outputs["emotion"][known].argmax(axis=1)
        truth = stills.emotion[known]
        figures["accuracy"] = float((told == truth).mean())
        figures["macro_f1"] = macro_f1(confusion(truth, told, outputs["emotion"].shape[1]))
    known = np.isfinite(stills.years)
    if known.any():
        years = mean_years(outputs["age"][known])
        truth_years = stills.years[known]
        figures["age_error"] = float(np.abs(years - truth_years).mean())
        figures["age_band_accuracy"] = float((bands(years) == bands(truth_years)).mean())
    known = np.isfinite(stills.female)
    if known.any():
        told_female = outputs["female"][known, 0] > 0
        figures["gender_accuracy"] = float((told_female == (stills.female[known] > 0.5)).mean())
    return figures
