"""Lengths on the Earth, taken as a sphere."""

from __future__ import annotations

from math import atan2, cos, degrees, radians, sin
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Degrees: TypeAlias = NDArray[np.float64]

EARTH_M = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""

METRES_A_DEGREE = radians(1) * EARTH_M
"""Of latitude."""


def great_circle_m(
    latitude: Degrees | float,
    longitude: Degrees | float,
    other_latitude: Degrees | float,
    other_longitude: Degrees | float,
) -> Degrees:
    """Metres between points given in degrees, by the haversine formula; arrays are broadcast."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    other_lat, other_lon = np.radians(other_latitude), np.radians(other_longitude)
    half = (
        np.sin((lat - other_lat) / 2) ** 2
        + np.cos(lat) * np.cos(other_lat) * np.sin((lon - other_lon) / 2) ** 2
    )
    metres: Degrees = 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1)))
    return metres


def bearing_deg(latitude: float, longitude: float, to_lat: float, to_lon: float) -> float:
    """Degrees from north, clockwise, 0 to 360, in which a great circle leaves for another place."""
    here, there, east = radians(latitude), radians(to_lat), radians(to_lon - longitude)
    across = sin(east) * cos(there)
    along = cos(here) * sin(there) - sin(here) * cos(there) * cos(east)
    return degrees(atan2(across, along)) % 360
