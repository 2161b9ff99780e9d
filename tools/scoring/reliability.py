"""Whether a probability means what it says: expected calibration error and log loss.

Of the faces about which a model is 80 % sure, 80 % should be told right. Expected calibration error
is the mean distance from that, over 15 equal-width bins of the top probability, weighed by their
faces (Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

BINS = 15
"""As in Guo et al., and as most who report the figure have done since."""

LEAST_SHARE = 1e-7
"""Below it a probability counts as this: of zero the logarithm, and so the loss, is infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """By bin of the top probability, each (15,): faces, how many of them were told right, and the
    sum of their top probabilities."""

    faces: NDArray[np.int64]
    right: NDArray[np.float64]
    confidence: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error, 0 to 1."""
        return float(np.abs(self.right - self.confidence).sum() / max(self.faces.sum(), 1))

    def rows(self) -> list[dict[str, float]]:
        """The bins that are not empty: from, to, faces, confidence and accuracy (means, 0 to 1)."""
        return [
            {
                "from": round(index / BINS, 4),
                "to": round((index + 1) / BINS, 4),
                "faces": int(faces),
                "confidence": round(float(self.confidence[index] / faces), 4),
                "accuracy": round(float(self.right[index] / faces), 4),
            }
            for index, faces in enumerate(self.faces)
            if faces
        ]


def reliability(shares: Array, truth: NDArray[np.int64]) -> Reliability:
    """Bins of (N, C) probabilities and (N,) true classes. Bins are open below and closed above."""
    top = shares.max(axis=1).astype(np.float64)
    right = shares.argmax(axis=1) == truth
    place = np.clip(np.ceil(top * BINS).astype(np.int64) - 1, 0, BINS - 1)
    return Reliability(
        faces=np.bincount(place, minlength=BINS),
        right=np.bincount(place, weights=right, minlength=BINS),
        confidence=np.bincount(place, weights=top, minlength=BINS),
    )


def log_loss(shares: Array, truth: NDArray[np.int64]) -> float:
    """Mean negative natural logarithm of what (N, C) probabilities gave to the true class."""
    given = shares[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(given, LEAST_SHARE)).mean())
