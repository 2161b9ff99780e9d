"""Figures of a voice network: recall of each corpus's classes, arousal, valence and calibration.

Recall is the mean over the classes (unweighted average recall, the field's figure), since some have
half as many clips. A class that a corpus lacks is no answer there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.metrics import recall_score

from tools.datasets.voice import (
    AROUSED,
    CLASSES,
    CORPORA,
    UNIT_CLASS,
    UNIT_CORPUS,
    VALENCE,
    VoiceDataset,
)
from tools.scoring.metrics import balanced_weights, classification_figures, confusion

Floats = NDArray[np.float32]

SHARED = tuple(CLASSES.index(name) for name in ("neutral", "happy", "sad", "angry"))
"""The four classes on which corpora are compared in the field."""

MASKED = -1e4
"""Added to the logits of classes that a corpus lacks."""


def class_shares(
    outputs: Mapping[str, Floats], dataset: VoiceDataset, by: int | None = None
) -> Floats:
    """(N, C) probabilities, 0 for the classes that a clip's corpus lacks.

    by: the corpus whose classes answer, an index into `CORPORA`; None: the clip's own.
    """
    answering = dataset.own if by is None else by == UNIT_CORPUS
    shares = softmax(
        outputs["classes"] + MASKED * ~(answering & dataset.known[:, UNIT_CLASS]), axis=1
    )
    return np.asarray(shares @ np.eye(len(CLASSES), dtype=np.float32)[UNIT_CLASS])


def arousal_shares(outputs: Mapping[str, Floats]) -> Floats:
    """(N, 2) probabilities of low and high arousal."""
    high = expit(outputs["arousal"][:, :1])
    return np.hstack([1 - high, high])


def voice_figures(
    outputs: Mapping[str, Floats], dataset: VoiceDataset, title: str = "", by: int | None = None
) -> dict[str, Any]:
    """Figures by corpus: clips, accuracy and recall of classes, recall of arousal, of valence and
    of `SHARED`, calibration errors (clips weighted so that classes count the same), and the
    confusion matrix; recall of `emotion`, which does not know the corpus, where a model has it.

    title: after the corpus's name. by: as in `class_shares`.
    """
    figures: dict[str, Any] = {}
    for number, corpus in enumerate(CORPORA):
        rows = dataset.corpus == number
        if rows.any():
            chosen = {name: logits[rows] for name, logits in outputs.items()}
            figures[corpus + title] = _figures(chosen, dataset.only(rows), by)
    return figures


def _figures(
    outputs: Mapping[str, Floats], dataset: VoiceDataset, by: int | None
) -> dict[str, Any]:
    truth, shares = dataset.label, class_shares(outputs, dataset, by)
    weights = balanced_weights(truth)
    arousal, valence = AROUSED[truth].astype(np.int64), VALENCE[truth]
    classes = classification_figures(shares, truth, weights)
    aroused = classification_figures(arousal_shares(outputs), arousal, balanced_weights(arousal))
    valued = valence >= 0
    mixed = {}
    if "emotion" in outputs:
        mixed["emotion"] = _recall(truth, (outputs["emotion"] * dataset.known).argmax(axis=1))
    return {
        "clips": len(dataset),
        "accuracy": round(classes["accuracy"], 4),
        "classes": round(classes["macro_recall"], 4),
        "classes_ece": round(classes["ece"], 4),
        "arousal": round(aroused["macro_recall"], 4),
        "arousal_ece": round(aroused["ece"], 4),
        "valence": _recall(valence[valued], outputs["valence"][valued].argmax(axis=1)),
        "four_classes": four_class_recall(shares, truth),
        **mixed,
        "confusion": confusion(shares, truth).tolist(),
    }


def four_class_recall(shares: Floats, truth: NDArray[np.int64]) -> float:
    """Recall of `SHARED` among themselves, of (N, C) probabilities."""
    rows = np.isin(truth, SHARED)
    return _recall(truth[rows], np.array(SHARED)[shares[rows][:, SHARED].argmax(axis=1)])


def _recall(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    labels = np.unique(truth)
    recall = recall_score(truth, predicted, labels=labels, average="macro", zero_division=0)
    return round(float(recall), 4)


COLUMNS = (
    "clips",
    "classes",
    "classes_ece",
    "arousal",
    "arousal_ece",
    "valence",
    "four_classes",
    "emotion",
)


def as_table(report: Mapping[str, Mapping[str, Any]], columns: Sequence[str] = COLUMNS) -> str:
    """A Markdown table: a row for each title and corpus."""
    lines = [
        f"| speech | {' | '.join(columns).replace('_', ' ')} |",
        f"|---|{'---|' * len(columns)}",
    ]
    for title, by_corpus in report.items():
        for corpus, figures in by_corpus.items():
            cells = " | ".join(str(figures.get(column, "")) for column in columns)
            lines.append(f"| {corpus}, {title} | {cells} |")
    return "\n".join(lines)
