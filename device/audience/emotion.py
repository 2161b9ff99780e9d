"""One visitor's emotion, told from readings that flicker, without being late.

Two means run side by side, one of the last seconds (`audience.smoothing_s`) and one that only spans
a blink. The first is what is told, and the label changes only when another leads it by
`audience.hysteresis`.
"""

from __future__ import annotations

import numpy as np

from device.audience.means import ExponentialMean
from device.config import AudienceConfig
from device.values import UNKNOWN, Floats

QUICK_SHARE = 0.25
"""Time constant of the quick mean, as a share of `audience.smoothing_s`."""

PATIENCE = 0.12
"""Lead-seconds after which another expression has come, as a share of `audience.smoothing_s`."""


class Emotion:
    """Smoothed probabilities of `labels` and the label they amount to."""

    def __init__(self, labels: tuple[str, ...], config: AudienceConfig) -> None:
        self.labels = labels
        self.label = UNKNOWN
        self._lead = config.hysteresis
        self._enough = PATIENCE * config.smoothing_s
        start = np.full(len(labels), 1 / len(labels))
        self._mean = ExponentialMean(start, config.smoothing_s)
        self._quick = ExponentialMean(start, QUICK_SHARE * config.smoothing_s)
        self._for_others = np.zeros(len(labels))

    def by_label(self) -> dict[str, float]:
        """Smoothed probabilities, sum 1."""
        return dict(zip(self.labels, self._mean.value.tolist(), strict=True))

    def see(self, emotion: Floats, seconds: float) -> None:
        """Take probabilities that stood for `seconds`, already multiplied by their trust."""
        self._mean.add(emotion, seconds)
        self._quick.add(emotion, seconds)
        if self.label == UNKNOWN:
            self.label = self.labels[int(self._mean.value.argmax())]
            return
        standing = self.labels.index(self.label)
        lead = emotion - emotion[standing] - self._lead
        self._for_others = np.maximum(0, self._for_others + lead * seconds)
        if self._for_others.max() >= self._enough:
            self.label = self.labels[int(self._for_others.argmax())]
            self._for_others[:] = 0
            self._mean.restart(self._quick)
