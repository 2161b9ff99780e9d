"""How much two items are alike: what variety is measured by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.catalogue.arrays import NO_CREATOR, Arrays
from device.values import Floats

SAME_KIND, SAME_CATEGORY, SHARED_TAGS, SAME_CREATOR = 0.4, 0.3, 0.2, 0.1
"""What makes two items alike; all together 1."""


class Likeness:
    """How much the items of a shortlist are alike, 0 to 1."""

    def __init__(self, arrays: Arrays, rows: NDArray[np.intp]) -> None:
        self.rows = rows
        self._kind = arrays.kind[rows]
        self._category = arrays.category[rows]
        self._creator = arrays.creator[rows]
        self._features, self._begins = arrays.features_of(rows)
        self._sizes = np.diff(self._begins, append=len(self._features))
        self._marks = np.zeros(len(arrays.feature_names), np.float32)

    def to(self, place: int) -> Floats:
        """The likeness of each to the one at `place`; of tags the share of common ones."""
        begin, size = self._begins[place], self._sizes[place]
        mine = self._features[begin : begin + size]
        self._marks[mine] = 1
        shared = np.add.reduceat(self._marks[self._features], self._begins)
        self._marks[mine] = 0
        alike: Floats = np.float32(SHARED_TAGS) * shared / (self._sizes + size - shared)
        alike += np.float32(SAME_KIND) * (self._kind == self._kind[place])
        alike += np.float32(SAME_CATEGORY) * (self._category == self._category[place])
        if self._creator[place] != NO_CREATOR:
            alike += np.float32(SAME_CREATOR) * (self._creator == self._creator[place])
        return alike
