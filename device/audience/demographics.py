"""A visitor's age and gender: means over everything read since they came.

Neither changes during a visit, so nothing is forgotten until the track ends. Guarantee: every
visitor may be a minor until enough has been read, and after that unless they are clearly an adult.
"""

from __future__ import annotations

import numpy as np

from device.values import (
    ADULT_AT,
    AGE_BAND_STARTS,
    AGE_BANDS,
    AGE_YEARS,
    UNKNOWN,
    Floats,
    Gender,
)

EVIDENCE_S = 0.5
"""Seconds of full trust before an age or a gender is reported."""

BORDER_YEARS = 1.5
"""Years beyond its border at which an age band is left: a third of the models' mean error."""

MINOR_SHARE = 0.015
"""A visitor may be a minor where the age distribution puts more than this below `ADULT_AT`. It
misses fewer than one in thirty of those aged 13 to 17 in UTKFace's validation part
(docs/experiments.md)."""

SURE, UNSURE = 0.65, 0.55
"""A gender is reported from the first probability on, and withdrawn below the second."""

_HALF = float(AGE_YEARS[1] - AGE_YEARS[0]) / 2
BELOW_ADULT = np.clip((ADULT_AT - (AGE_YEARS - _HALF)) / (2 * _HALF), 0, 1)
"""Share of each bin of `AGE_YEARS` that lies below `ADULT_AT`: shape (21,)."""


class Age:
    """One visitor's age. `years` and `band` are unknown until `EVIDENCE_S` has been read."""

    def __init__(self) -> None:
        self.years: float | None = None
        self.band = UNKNOWN
        self.may_be_minor = True
        self._sum = np.zeros(len(AGE_YEARS))
        self._seconds = 0.0

    def add(self, distribution: Floats, seconds: float) -> None:
        """Take a distribution over `AGE_YEARS`, shape (21,), that held for `seconds` of trust."""
        self._sum += distribution * np.float64(seconds)
        self._seconds += seconds
        if self._seconds < EVIDENCE_S:
            return
        mean = self._sum / self._sum.sum()
        self.years = float(mean @ AGE_YEARS)
        self.band = band_of(self.years, self.band)
        self.may_be_minor = float(mean @ BELOW_ADULT) > MINOR_SHARE or self.years < ADULT_AT


def band_of(years: float, current: str = UNKNOWN) -> str:
    """The band of `AGE_BANDS` that an age falls into; `current` is kept near its borders."""
    index = int(np.searchsorted(AGE_BAND_STARTS, years, side="right")) - 1
    if current in AGE_BANDS:
        held = AGE_BANDS.index(current)
        low = AGE_BAND_STARTS[held] - BORDER_YEARS
        high = AGE_BAND_STARTS[held + 1] + BORDER_YEARS if held + 1 < len(AGE_BANDS) else np.inf
        if low <= years < high:
            return current
    return AGE_BANDS[max(index, 0)]


class GenderMean:
    """One visitor's P(female) and the reported gender; unknown until `EVIDENCE_S` has been read."""

    def __init__(self) -> None:
        self.female: float | None = None
        self.gender: Gender = "unknown"
        self._sum = 0.0
        self._seconds = 0.0

    def add(self, female: float, seconds: float) -> None:
        """Take a P(female) that held for `seconds`, already multiplied by its trust."""
        self._sum += female * seconds
        self._seconds += seconds
        if self._seconds < EVIDENCE_S:
            return
        self.female = self._sum / self._seconds
        likelier: Gender = "female" if self.female > 0.5 else "male"
        bound = UNSURE if self.gender == likelier else SURE
        self.gender = likelier if max(self.female, 1 - self.female) >= bound else "unknown"
