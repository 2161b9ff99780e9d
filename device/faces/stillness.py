"""Distinguishes a person from a picture of one by the landmarks of the face mesh over time.

A poster or a screen shows one shape at one size. A shaking mount shifts and rotates it, and noise
differs from one inspection to the next. A person's head turns, nears and speaks, and that lasts. So
shift, rotation and size are removed from the landmarks, and what counts is how far two successive
inspections are off their mean in the same way; the size counts likewise on its own.

Guarantees: a face becomes still only after `STILL_S` with hardly a change, and lives again as soon
as two inspections agree on one. Blinks are not used: they are too short for two inspections a
second. Constants: docs/experiments.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from device.values import Floats

STILL_S = 12.0
"""Seconds without any change until a face is still: the credit of a new one."""

CHANGED = 0.014
"""Root mean square distance of the landmarks from their mean that two inspections share, in root
mean square radii of the face, from which it has changed. The third largest of 12 seconds is at most
0.010 on 43 of 45 still faces (0.020 and 0.023 on two small ones), and at least 0.016 on people."""

CHANGED_PX = 0.25
"""The same in pixels, for small faces; both are added as squares."""

NEARED = 0.035
"""The same of the size, as a logarithm. On 43 of 45 still faces it is never off by more than 0.030.
"""

WORTH = 6.0
"""Seconds of credit for a second with a change. So one inspection in seven has to show one, which
passing shadows do not reach."""

RETURN_S = 1.0
"""Credit with which a still face lives again: that of one change, a detection after the last."""

MEMORY_S = 6.0
"""Time constant of the mean shape and size, seconds; the first few inspections have equal weights.
"""

LONGEST_S = 1.2
"""Most seconds for which one inspection counts: verification is due every second, and the detector
a fifth of a second later."""

Shape = NDArray[np.complex64]


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """What a face's inspections have shown so far.

    at: monotonic seconds of the last one. shape: (468,) mean landmarks about their centre, x + iy,
    with a root mean square radius of 1. size: mean of the logarithm of that radius in pixels of the
    frame. off, off_size: of the last inspection, its differences from both. count: number of
    inspections. credit: seconds until the face is still.
    """

    at: float
    shape: Shape
    size: float
    off: Shape = field(default_factory=lambda: np.zeros(1, np.complex64))
    off_size: float = 0.0
    count: int = 1
    credit: float = STILL_S
    still: bool = False

    @classmethod
    def begin(cls, landmarks: Floats, scale: float, at: float) -> Life:
        """Of the first inspection; arguments as for `after`."""
        return cls(at, *_normalised(landmarks, scale))

    def after(self, landmarks: Floats, scale: float, at: float) -> Life:
        """With one more inspection.

        landmarks: (468, 3) in pixels of the mesh model's view. scale: pixels of the frame for one
        of these. at: monotonic seconds.
        """
        elapsed = min(at - self.at, LONGEST_S)
        shape, size = _normalised(landmarks, scale)
        turn = complex(np.vdot(shape, self.shape))
        off = shape * np.complex64(turn / max(abs(turn), 1e-6)) - self.shape
        off_size = size - self.size
        shared = float((off * self.off.conj()).real.mean())
        changed = (
            shared >= CHANGED**2 + (CHANGED_PX / math.exp(size)) ** 2
            or off_size * self.off_size >= NEARED**2
        )
        credit = self.credit + (WORTH if changed else -1.0) * elapsed
        credit = min(max(credit, 0.0), STILL_S)
        weight = max(1 / (self.count + 1), 1 - math.exp(-elapsed / MEMORY_S))
        return replace(
            self,
            at=at,
            shape=self.shape + np.float32(weight) * off,
            size=self.size + weight * off_size,
            off=off * np.float32(1 - weight),
            off_size=off_size * (1 - weight),
            count=self.count + 1,
            credit=credit,
            still=credit < RETURN_S if self.still else credit == 0.0,
        )


def _normalised(landmarks: Floats, scale: float) -> tuple[Shape, float]:
    """Shape and size as `Life` has them, of one inspection."""
    points = np.ascontiguousarray(landmarks[:, :2], np.float32).view(np.complex64)[:, 0]
    points = points - points.mean()
    radius = max(math.sqrt(float(np.vdot(points, points).real) / len(points)), 1e-6)
    return points / np.float32(radius), math.log(radius * scale)
