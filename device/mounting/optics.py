"""What a camera sees from where: distances of faces by their size, and heights by where they are.

A pinhole camera, whose width of view is known in degrees. All lengths are metres; a distance is
along the camera's axis, which is nearly the distance from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from device.faces.crop import framing_of
from device.values import Face

EYES_M = 0.063
"""Between the pupils of an adult, on average (Dodgson 2004, "Variation and extrema of human
interpupillary distance")."""

CROP_M = 2.69 * EYES_M
"""Side of a face's crop: 2.69 times the distance of its eyes, the mean over 259 faces of the demo
(5th to 95th percentile: 2.59 to 2.82), so that a face that is turned does not seem farther."""

LEAST_PX = 32
"""Side of a crop from which everything can be read in it (`device/faces/crop.py`, `trust_of`)."""

MOST_SHARE = 0.5
"""Of the picture's height that a crop may have: nearer, a face leaves the picture when it moves."""

STANDING_M = 1.61
SEATED_M = 1.20
"""Heights of the eyes of a standing adult and of one in a wheelchair: 63.45 and 47.45 inches, the
averages that a US consent order under the Americans with Disabilities Act sets for what spectators
see."""

CHILD_M = 1.08
"""Height of the eyes of a child of six: 0.936 (Drillis and Contini 1966, "Body segment parameters")
of 1.155 m, the median height (WHO growth reference 2007, girls 1.15 and boys 1.16)."""

DEFAULT_FOV = 62.0
"""Degrees from left to right: a Raspberry Pi Camera Module 2, and about that of most webcams."""

STAND_M = 1.2
"""Where people stand who read a screen and touch it, if the camera sees them there."""


@dataclass(frozen=True, slots=True)
class Optics:
    """A camera. focal_px: its focal length in pixels. width, height: of its upright picture."""

    focal_px: float
    width: int
    height: int

    @classmethod
    def of(cls, fov: float, width: int, height: int, rotate: int = 0) -> Optics:
        """fov: degrees across its picture before it is turned by `rotate` degrees."""
        across = height if rotate in (90, 270) else width
        return cls(across / 2 / math.tan(math.radians(fov) / 2), width, height)

    @property
    def across(self) -> float:
        """Degrees from left to right."""
        return math.degrees(2 * math.atan(self.width / 2 / self.focal_px))

    @property
    def down(self) -> float:
        """Degrees from top to bottom."""
        return math.degrees(2 * math.atan(self.height / 2 / self.focal_px))

    @property
    def near_m(self) -> float:
        """The nearest that a face may be."""
        return self.focal_px * CROP_M / (MOST_SHARE * self.height)

    @property
    def far_m(self) -> float:
        """The farthest that a face may be."""
        return self.focal_px * CROP_M / LEAST_PX

    @property
    def stand_m(self) -> float:
        """Where the mark on the floor is."""
        return min(max(STAND_M, self.near_m), self.far_m)

    def distance_m(self, face: Face) -> float:
        """How far away a face is."""
        return self.focal_px * CROP_M / framing_of(face).side

    def beside_m(self, face: Face) -> float:
        """How far a face is to the right of the camera's axis, in the picture."""
        return (face.box.centre[0] - self.width / 2) / self.focal_px * self.distance_m(face)

    def below(self, face: Face, metres: float) -> float:
        """Where the eyes of somebody would be who is smaller by so much and stands there too, as a
        share of the picture's height from its top."""
        rows = face.layout.eyes
        eyes = float(face.keypoints[list(rows), 1].mean())
        return (eyes + metres * self.focal_px / self.distance_m(face)) / self.height

    def share(self, metres: float, distance_m: float) -> float:
        """A length at a distance as a share of the picture's height."""
        return metres * self.focal_px / distance_m / self.height
