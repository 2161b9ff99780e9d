"""Expected calibration error and the reliability diagram behind it.

Of the faces with a top probability of 80 %, 80 % should be predicted correctly. The error is the
mean gap over 15 equal-width bins of the top probability, weighted by their faces (Guo et al. 2017,
"On Calibration of Modern Neural Networks", equation 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

BINS = 15
"""As in Guo et al."""


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Per bin of the top probability, each (15,): number of faces, number of correct predictions,
    sum of the top probabilities; all three weighted, where the faces are."""

    faces: NDArray[np.float64]
    correct: NDArray[np.float64]
    confidence: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error, 0 to 1."""
        return float(np.abs(self.correct - self.confidence).sum() / max(self.faces.sum(), 1))

    def rows(self) -> list[dict[str, float]]:
        """The non-empty bins: from, to, faces, mean confidence and accuracy, 0 to 1."""
        return [
            {
                "from": round(index / BINS, 4),
                "to": round((index + 1) / BINS, 4),
                "faces": round(float(faces), 1),
                "confidence": round(float(self.confidence[index] / faces), 4),
                "accuracy": round(float(self.correct[index] / faces), 4),
            }
            for index, faces in enumerate(self.faces)
            if faces
        ]


def reliability(
    shares: Array, truth: NDArray[np.int64], weights: NDArray[np.float64] | None = None
) -> Reliability:
    """Bins, open below and closed above, of (N, C) probabilities and (N,) true classes.

    weights: (N,) of the faces; None: 1 each.
    """
    top = shares.max(axis=1).astype(np.float64)
    correct = shares.argmax(axis=1) == truth
    weights = np.ones(len(truth)) if weights is None else weights
    place = np.clip(np.ceil(top * BINS).astype(np.int64) - 1, 0, BINS - 1)

    def total(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.bincount(place, weights=values * weights, minlength=BINS)

    return Reliability(
        faces=total(np.ones(len(truth))), correct=total(correct), confidence=total(top)
    )
