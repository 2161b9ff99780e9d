"""A visitor's gender as a face shows it: the mean since they came, and "unknown" in between."""

from __future__ import annotations

from device.values import Gender

EVIDENCE_S = 0.5
"""Seconds of full trust before a gender is told."""

SURE, UNSURE = 0.65, 0.55
"""A gender is told from the first probability on, and no longer below the second."""


class GenderMean:
    """One visitor's P(female) and what is told of it; None and unknown until enough was seen."""

    def __init__(self) -> None:
        self.female: float | None = None
        self.gender: Gender = "unknown"
        self._sum = 0.0
        self._seconds = 0.0

    def see(self, female: float, seconds: float) -> None:
        """Take a P(female) that stood for `seconds`, already multiplied by its trust."""
        self._sum += female * seconds
        self._seconds += seconds
        if self._seconds < EVIDENCE_S:
            return
        self.female = self._sum / self._seconds
        likelier: Gender = "female" if self.female > 0.5 else "male"
        bound = UNSURE if self.gender == likelier else SURE
        self.gender = likelier if max(self.female, 1 - self.female) >= bound else "unknown"
