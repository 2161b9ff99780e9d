"""What is in reach of an audience: the rest is left out, whatever its score.

An item is out of reach if it closes before one has walked there and stayed, if it is too far for
the company, or for other guests, or an event at another time (`device.matching.dates`). Guarantee:
what is not known leaves nothing out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.catalogue.arrays import Arrays, Codes
from device.catalogue.hours import DAY, UNKNOWN_LEFT, Timetable
from device.config import PlaceConfig
from device.matching.blocks import Values
from device.matching.dates import Dates
from device.matching.question import Question
from device.matching.rules import Rules
from device.matching.terms import BITS, COMPANIES
from device.matching.ways import Ways


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """The answer to one question.

    metres, needed_min: (N,) distances, and minutes to walk there and stay. hours, suits: (N,) codes
    of the items. closing: (T,) minutes until each of the opening hours closes, infinite if not
    known or a day. farthest: metres. not_for: (256,) by value of `suits`. dates: (N,) events at
    another time.
    """

    metres: Values
    needed_min: Values
    hours: Codes
    suits: NDArray[np.uint8]
    closing: Values | None
    farthest: float | None
    not_for: NDArray[np.bool_] | None
    dates: NDArray[np.bool_] | None

    def block(self, part: slice) -> NDArray[np.bool_] | None:
        """Which of some items in a row are left out; None: none of them."""
        out = None
        if self.closing is not None:
            out = self.closing[self.hours[part]] < self.needed_min[part]
        if self.farthest is not None:
            far = self.metres[part] > np.float32(self.farthest)
            out = far if out is None else out | far
        if self.not_for is not None:
            unfit = self.not_for[self.suits[part]]
            out = unfit if out is None else out | unfit
        if self.dates is not None:
            out = self.dates[part] if out is None else out | self.dates[part]
        return out


class Reach:
    """Says what is left out."""

    def __init__(
        self, arrays: Arrays, rules: Rules, ways: Ways, timetable: Timetable, place: PlaceConfig
    ) -> None:
        self._arrays, self._metres = arrays, ways.metres
        self.timetable = timetable
        self._farthest = {str(company): metres for company, metres in rules.farthest_m.items()}
        stay = np.where(arrays.stay > 0, arrays.stay, np.float32(rules.closing_min))
        walk = np.nan_to_num(ways.minutes)
        self.needed_min: Values = (walk + stay).astype(np.float32)
        """(N,) minutes to walk to each item and stay there."""
        self._dates = Dates(arrays, walk, place)
        self._any_suits = bool(arrays.suits.any())

    def left_out(self, question: Question) -> LeftOut:
        """What this audience cannot get to, or not in time, and what is for others."""
        closing = None
        if question.now is not None:
            left = self.timetable.minutes_left(question.now).astype(np.float32)
            left[(left == UNKNOWN_LEFT) | (left == DAY)] = np.inf
            closing = left if np.isfinite(left).any() else None
        return LeftOut(
            self._metres,
            self.needed_min,
            self._arrays.hours,
            self._arrays.suits,
            closing,
            self._farthest.get(question.company),
            _not_for(question.company) if self._any_suits else None,
            self._dates.left_out(question.now),
        )

    def too_far(self) -> NDArray[np.bool_]:
        """(N,) whether an item is farther away than any company may be sent."""
        if any(company not in self._farthest for company in COMPANIES):
            return np.zeros(len(self._metres), np.bool_)
        far: NDArray[np.bool_] = self._metres > np.float32(max(self._farthest.values()))
        return far


def _not_for(company: str) -> NDArray[np.bool_] | None:
    """By value of `suits`: what is for children and families alone is not for others, and what is
    for neither is not for a family. None: the company is not known."""
    if company not in COMPANIES:
        return None
    suits = np.arange(256, dtype=np.uint8)
    with_children = BITS["children"] | BITS["family"]
    named = suits & with_children if company == "family" else suits & ~with_children
    unfit: NDArray[np.bool_] = (suits > 0) & (named == 0)
    return unfit
