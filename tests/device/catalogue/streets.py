"""Footways for tests, drawn in metres east and north of a town's middle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from device.catalogue.network import Network, join
from device.catalogue.polylines import SCALE, Lines
from tests.device.catalogue.imports.town import EAST_M, HERE, NORTH_M

Corner = tuple[float, float]
Street = Sequence[Corner]


def drawn(*streets: Street, credit: str = "drawn by hand") -> Network:
    """These streets as they were drawn: not joined yet."""
    points = [place(*corner) for street in streets for corner in street]
    units = np.round(np.array(points).reshape(-1, 2) * SCALE).astype(np.int64)
    return Network(Lines(units, np.cumsum([0, *map(len, streets)])), (credit,))


def network(*streets: Street) -> Network:
    """A network of these streets."""
    joined = join([drawn(*streets)])
    assert joined is not None
    return joined


def place(east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude."""
    return HERE[1] + north * NORTH_M, HERE[0] + east * EAST_M


def metres(line: Iterable[Sequence[float]]) -> list[Corner]:
    """Longitudes and latitudes in metres east and north, whole ones."""
    return [
        (round((lon - HERE[0]) / EAST_M) + 0.0, round((lat - HERE[1]) / NORTH_M) + 0.0)
        for lon, lat in line
    ]


def edges(of: Network) -> list[list[Corner]]:
    """Its edges in metres."""
    turned = of.lines.points[:, ::-1] / SCALE
    return [metres(part) for part in np.split(turned, of.lines.starts[1:-1])]
