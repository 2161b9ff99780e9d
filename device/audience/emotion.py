"""One visitor's emotion from readings that flicker, steady and yet without delay.

A mean of the last seconds is either late or unsteady. So each label accumulates its lead over all
others, minus `audience.hysteresis`, while it lasts (a one-sided CUSUM: Page 1954, Continuous
inspection schemes, Biometrika 41). Leads are clipped, so that a single clear frame is not reported
and a faint smile is not late. A label that has accumulated enough is reported, and the smoothed
probabilities restart from a shorter mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from device.config import AudienceConfig
from device.values import UNKNOWN, Floats

SEEN_S = 0.2
"""Seconds of full trust before anything is reported of a track; its first label is their mean's."""

QUICK_SHARE = 0.25
"""Time constant of the shorter mean, as a share of `audience.smoothing_s`."""

FULL_LEAD = 0.5
"""A lead beyond the hysteresis at which it is clipped."""

PATIENCE = 0.13
"""What a label accumulates before it is reported, as a share of `audience.smoothing_s`: a full lead
for 0.26 of it. Chosen by `wayside-tools measure steadiness`: more is steadier and later, less is
unsteadier and quicker."""


class ExponentialMean:
    """Exponentially weighted mean of vectors, each weighing by the seconds for which it held.

    Vectors are Python's own numbers: for so few of them numpy takes several times as long.

    It is independent of the frame rate. A plain exponential mean gives its first value far too much
    weight; divided by its weight so far (the bias correction of Kingma & Ba 2015, Adam, section 3)
    it begins as the ordinary mean.

    value: as long as `start`, which it is until something is added. weight: 0 to 1, how full the
    window is.
    """

    def __init__(self, start: Sequence[float], time_constant_s: float) -> None:
        self.value = tuple(start)
        self.weight = 0.0
        self._time_constant_s = time_constant_s

    def add(self, value: Sequence[float], seconds: float) -> None:
        """Take a value that held for `seconds`, already multiplied by its trust."""
        alpha = -math.expm1(-seconds / self._time_constant_s)
        if alpha <= 0:
            return
        self.weight += alpha * (1 - self.weight)
        gain = alpha / self.weight
        self.value = tuple(
            mean + gain * (new - mean) for mean, new in zip(self.value, value, strict=True)
        )

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
        start = [1 / len(labels)] * len(labels)
        self._mean = ExponentialMean(start, config.smoothing_s)
        self._quick = ExponentialMean(start, QUICK_SHARE * config.smoothing_s)
        self._lead_s = [0.0] * len(labels)

    def by_label(self) -> dict[str, float]:
        """Smoothed probabilities, sum 1."""
        return dict(zip(self.labels, self._mean.value, strict=True))

    def add(self, emotion: Floats, seconds: float) -> None:
        """Take probabilities that held for `seconds`, already multiplied by their trust."""
        now: list[float] = emotion.tolist()
        self._mean.add(now, seconds)
        self._quick.add(now, seconds)
        if self._seen_s < SEEN_S:
            self._seen_s += seconds
            self.label = self.labels[_highest(self._mean.value)]
            return
        # The lead of the most probable label is its distance to the second; all others lag.
        first, second = sorted([*now, 0.0], reverse=True)[:2]
        ahead = (p - (first if p < first else second) - self._least_lead for p in now)
        self._lead_s = [
            max(0.0, lead_s + min(lead, FULL_LEAD) * seconds)
            for lead_s, lead in zip(self._lead_s, ahead, strict=True)
        ]
        self._lead_s[self.labels.index(self.label)] = 0.0
        highest = _highest(self._lead_s)
        if self._lead_s[highest] >= self._enough_s:
            self.label = self.labels[highest]
            self._lead_s = [0.0] * len(self.labels)
            self._mean.restart(self._quick)


def _highest(values: Sequence[float]) -> int:
    """Position of the highest value, the first of equals."""
    return max(range(len(values)), key=values.__getitem__)
