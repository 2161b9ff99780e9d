"""One visitor's emotion, told from readings that flicker, without being late.

A mean of the last moments is either late or restless. So each label gathers its lead over all the
others, less `audience.hysteresis`, for as long as it lasts (a one-sided CUSUM: Page 1954,
Continuous inspection schemes, Biometrika 41). What is clear counts no more than what is likely, or
a startled moment would be told and a faint smile be late. A label that has gathered enough is told,
and the smoothed probabilities start anew from what the last moments showed.
"""

from __future__ import annotations

import numpy as np

from device.audience.means import ExponentialMean
from device.config import AudienceConfig
from device.values import UNKNOWN, Floats

SEEN_S = 0.2
"""Seconds of full trust before anything is told of a track; its first label is their mean's."""

QUICK_SHARE = 0.25
"""Time constant of the quick mean, as a share of `audience.smoothing_s`."""

FULL_LEAD = 0.5
"""A lead beyond the hysteresis that counts in full; a larger one counts no more."""

PATIENCE = 0.18
"""What a label must gather before it is told, as a share of `audience.smoothing_s`: a full lead for
0.36 of it. Measured by `wayside-tools measure steadiness`: more is steadier and later, less is
restless and quicker."""


class Emotion:
    """Smoothed probabilities of `labels` and the label they amount to."""

    def __init__(self, labels: tuple[str, ...], config: AudienceConfig) -> None:
        self.labels = labels
        self.label = UNKNOWN
        self._seen_s = 0.0
        self._least_lead = config.hysteresis
        self._enough_s = PATIENCE * config.smoothing_s
        start = np.full(len(labels), 1 / len(labels))
        self._mean = ExponentialMean(start, config.smoothing_s)
        self._quick = ExponentialMean(start, QUICK_SHARE * config.smoothing_s)
        self._lead_s = np.zeros(len(labels))

    def by_label(self) -> dict[str, float]:
        """Smoothed probabilities, sum 1."""
        return dict(zip(self.labels, self._mean.value.tolist(), strict=True))

    def see(self, emotion: Floats, seconds: float) -> None:
        """Take probabilities that stood for `seconds`, already multiplied by their trust."""
        self._mean.add(emotion, seconds)
        self._quick.add(emotion, seconds)
        if self._seen_s < SEEN_S:
            self._seen_s += seconds
            self.label = self.labels[int(self._mean.value.argmax())]
            return
        # The most probable label leads by how far it is ahead of the second, every other one lags.
        second, first = np.sort(emotion)[-2:] if len(emotion) > 1 else (0.0, emotion[0])
        ahead = emotion - np.where(emotion < first, first, second) - self._least_lead
        self._lead_s = np.maximum(0, self._lead_s + np.minimum(ahead, FULL_LEAD) * seconds)
        self._lead_s[self.labels.index(self.label)] = 0
        if self._lead_s.max() >= self._enough_s:
            self.label = self.labels[int(self._lead_s.argmax())]
            self._lead_s[:] = 0
            self._mean.restart(self._quick)
