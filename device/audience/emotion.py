"""One visitor's emotion from readings that flicker, steady and yet without delay.

A mean of the last seconds is either late or unsteady. So each label accumulates its lead over all
others, minus `audience.hysteresis`, while it lasts (a one-sided CUSUM: Page 1954, Continuous
inspection schemes, Biometrika 41). Leads are clipped, so that a single clear frame is not reported
and a faint smile is not late. A label that has accumulated enough is reported, and the smoothed
probabilities restart from a shorter mean.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from device.config import AudienceConfig
from device.values import UNKNOWN, Floats

SEEN_S = 0.2
"""Seconds of full trust before anything is reported of a track; its first label is their mean's."""

QUICK_SHARE = 0.25
"""Time constant of the shorter mean, as a share of `audience.smoothing_s`."""

FULL_LEAD = 0.5
"""A lead beyond the hysteresis at which it is clipped."""

PATIENCE = 0.18
"""What a label accumulates before it is reported, as a share of `audience.smoothing_s`: a full lead
for 0.36 of it. Chosen by `wayside-tools measure steadiness`: more is steadier and later, less is
unsteadier and quicker."""


class ExponentialMean:
    """Exponentially weighted mean of vectors, each weighing by the seconds for which it held.

    It is independent of the frame rate. A plain exponential mean gives its first value far too much
    weight; divided by its weight so far (the bias correction of Kingma & Ba 2015, Adam, section 3)
    it begins as the ordinary mean.

    value: shape of `start`, which it is until something is added. weight: 0 to 1, how full the
    window is.
    """

    def __init__(self, start: NDArray[np.float64], time_constant_s: float) -> None:
        self.value = start
        self.weight = 0.0
        self._time_constant_s = time_constant_s

    def add(self, value: NDArray[np.floating], seconds: float) -> None:
        """Take a value that held for `seconds`, already multiplied by its trust."""
        alpha = -math.expm1(-seconds / self._time_constant_s)
        if alpha <= 0:
            return
        self.weight += alpha * (1 - self.weight)
        self.value = self.value + alpha / self.weight * (value - self.value)

    def restart(self, recent: ExponentialMean) -> None:
        """Forget everything but the content of a shorter mean."""
        self.value = recent.value
        span = recent.weight * recent._time_constant_s
        self.weight = -math.expm1(-span / self._time_constant_s)


class Emotion:
    """Smoothed probabilities of `labels`, and the reported label."""

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

    def add(self, emotion: Floats, seconds: float) -> None:
        """Take probabilities that held for `seconds`, already multiplied by their trust."""
        self._mean.add(emotion, seconds)
        self._quick.add(emotion, seconds)
        if self._seen_s < SEEN_S:
            self._seen_s += seconds
            self.label = self.labels[int(self._mean.value.argmax())]
            return
        # The lead of the most probable label is its distance to the second; all others lag.
        second, first = np.sort(emotion)[-2:] if len(emotion) > 1 else (0.0, emotion[0])
        ahead = emotion - np.where(emotion < first, first, second) - self._least_lead
        self._lead_s = np.maximum(0, self._lead_s + np.minimum(ahead, FULL_LEAD) * seconds)
        self._lead_s[self.labels.index(self.label)] = 0
        if self._lead_s.max() >= self._enough_s:
            self.label = self.labels[int(self._lead_s.argmax())]
            self._lead_s[:] = 0
            self._mean.restart(self._quick)
