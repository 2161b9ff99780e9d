"""How old a visitor is: the mean of everything their face has said since it came.

Age does not change while somebody stands here, so nothing is forgotten but the person. Who may be a
minor is told with care: until enough has been seen, everybody may be.
"""

from __future__ import annotations

import numpy as np

from device.values import AGE_BAND_STARTS, AGE_BANDS, AGE_YEARS, UNKNOWN, Floats

EVIDENCE_S = 0.5
"""Seconds of full trust before an age is told."""

BORDER_YEARS = 1.5
"""A band is left only this far beyond its border: a third of the models' mean error."""

ADULT_AT = 18
MINOR_SHARE = 0.015
"""Somebody may be a minor where the age distribution puts more than this below `ADULT_AT`: of the
shares that were tried (docs/experiments.md), one that misses fewer than one in thirty of those
aged 13 to 17 on UTKFace's validation part."""

_HALF = float(AGE_YEARS[1] - AGE_YEARS[0]) / 2
BELOW_ADULT = np.clip((ADULT_AT - (AGE_YEARS - _HALF)) / (2 * _HALF), 0, 1)
"""Share of each bin of `AGE_YEARS` that lies below `ADULT_AT`: shape (21,)."""


class Age:
    """One visitor's age. `years` and `band` are unknown until `EVIDENCE_S` has been seen."""

    def __init__(self) -> None:
        self.years: float | None = None
        self.band = UNKNOWN
        self.may_be_minor = True
        self._sum = np.zeros(len(AGE_YEARS))
        self._seconds = 0.0

    def see(self, distribution: Floats, seconds: float) -> None:
        """Take a distribution over `AGE_YEARS`, shape (21,), that stood for `seconds` of trust."""
        self._sum += np.asarray(distribution, np.float64) * seconds
        self._seconds += seconds
        if self._seconds < EVIDENCE_S:
            return
        mean = self._sum / self._sum.sum()
        self.years = float(mean @ AGE_YEARS)
        self.band = band_of(self.years, self.band)
        self.may_be_minor = float(mean @ BELOW_ADULT) > MINOR_SHARE or self.years < ADULT_AT


def band_of(years: float, standing: str = UNKNOWN) -> str:
    """The band of `AGE_BANDS` an age falls into; `standing` is kept near its borders."""
    index = int(np.searchsorted(AGE_BAND_STARTS, years, side="right")) - 1
    if standing in AGE_BANDS:
        held = AGE_BANDS.index(standing)
        low = AGE_BAND_STARTS[held] - BORDER_YEARS
        high = AGE_BAND_STARTS[held + 1] + BORDER_YEARS if held + 1 < len(AGE_BANDS) else np.inf
        if low <= years < high:
            return standing
    return AGE_BANDS[max(index, 0)]
