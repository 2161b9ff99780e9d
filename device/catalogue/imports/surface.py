"""A point of an area that lies on it: the centroid, or where that is outside, one in the middle.

Rings are (K, 2) arrays of longitude and latitude in degrees, closed or not. Angles count as
lengths: an area of a town is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ring: TypeAlias = NDArray[np.float64]
Point: TypeAlias = tuple[float, float]
"""Longitude and latitude in degrees."""


def point_on(outers: Sequence[Ring], inners: Sequence[Ring] = ()) -> Point:
    """A point on an area: of its largest part."""
    ring = max(outers, key=lambda each: abs(_moments(each)[0]))
    area, x, y = _moments(ring)
    if area == 0:
        middle = ring.mean(axis=0)
        return float(middle[0]), float(middle[1])
    if contains([ring], inners, (x, y)):
        return x, y
    crossings = sorted(x for each in (ring, *inners) for x in _crossings(each, y))
    spans = list(zip(crossings[::2], crossings[1::2], strict=False))
    if not spans:
        return float(ring[0, 0]), float(ring[0, 1])
    left, right = max(spans, key=lambda span: span[1] - span[0])
    return (left + right) / 2, y


def contains(outers: Sequence[Ring], inners: Sequence[Ring], point: Point) -> bool:
    """Whether a point lies on an area."""
    return any(_inside(ring, point) for ring in outers) and not any(
        _inside(ring, point) for ring in inners
    )


def _inside(ring: Ring, point: Point) -> bool:
    return sum(x > point[0] for x in _crossings(ring, point[1])) % 2 == 1


def _crossings(ring: Ring, y: float) -> list[float]:
    """Longitudes at which a ring crosses a latitude."""
    ends = np.roll(ring, -1, axis=0)
    crosses = (ring[:, 1] > y) != (ends[:, 1] > y)
    start, end = ring[crosses], ends[crosses]
    share = (y - start[:, 1]) / (end[:, 1] - start[:, 1])
    found: list[float] = (start[:, 0] + share * (end[:, 0] - start[:, 0])).tolist()
    return found


def _moments(ring: Ring) -> tuple[float, float, float]:
    """Twice the signed area, and the centroid (P. Bourke, "Calculating the area and centroid")."""
    origin = ring[0]
    x, y = (ring - origin).T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * next_y - next_x * y
    area = float(cross.sum())
    if area == 0:
        return 0.0, float(origin[0]), float(origin[1])
    scale = 3 * area
    return (
        area,
        float(origin[0] + ((x + next_x) * cross).sum() / scale),
        float(origin[1] + ((y + next_y) * cross).sum() / scale),
    )
