"""The way from the kiosk to each item: how far it is, how long it takes, and where it goes.

Where the catalogue has footways around the kiosk, all metres are metres on foot: over the footways,
or, for what they do not lead to, estimated from the straight line. Without footways all metres are
those of the straight line, and only the time is that of the longer way on foot.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from device.catalogue.arrays import Arrays
from device.catalogue.footways import Walk
from device.catalogue.network import Network
from device.catalogue.polylines import SCALE, Lines, encode
from device.catalogue.sphere import bearing_deg, great_circle_m
from device.config import PlaceConfig
from device.matching.blocks import Values, blocks
from device.values import Item

WALK_M_PER_MIN = 70.0
"""Walking speed of a group: 1.17 m/s, within the 0.94 to 1.43 m/s of Bohannon and Williams Andrews
2011, "Normal walking speed: a descriptive meta-analysis"."""

DETOUR = 1.3
"""Length of a way on foot, in straight lines: between the medians of Helsinki and Monaco, as
`wayside-tools measure walking` has them."""

DIRECTIONS = "https://openstreetmap.org/directions?engine=fossgis_osrm_foot&route="
"""A phone opens the way on foot there, from the kiosk or from wherever its owner then is."""

LINES_KEPT = 256
"""Ways that are kept: those to the items of the last screens."""


class Ways:
    """From one place to all items.

    metres, minutes: (N,) float32, NaN where not known. walk: the ways over the footways; None:
    there are none around the kiosk.
    """

    def __init__(self, arrays: Arrays, place: PlaceConfig, network: Network | None) -> None:
        self._place = place
        self.walk = Walk.of(network, place.latitude, place.longitude)
        self.metres = _straight(arrays, place)
        detour = np.float32(DETOUR)
        if self.walk is not None:
            on_foot = self.walk.metres_to(arrays.latitude, arrays.longitude).astype(np.float32)
            there = np.isfinite(on_foot)
            on_foot = np.maximum(on_foot, self.metres)  # the rounding of float32
            self.metres = np.where(there, on_foot, self.metres * detour)
            detour = np.float32(1)
        self.line = lru_cache(LINES_KEPT)(self._line)
        """Of an item: the way on foot there as an encoded polyline (`device.catalogue.polylines`);
        empty where no footways lead there."""
        self.minutes: Values = self.metres * detour / np.float32(WALK_M_PER_MIN)

    def route(self, item: Item) -> str:
        """The address of the way on foot to an item; empty where a place is not known."""
        here, there = self._place, item
        if None in (here.latitude, here.longitude, there.latitude, there.longitude):
            return ""
        return (
            f"{DIRECTIONS}{here.latitude:.5f},{here.longitude:.5f}"
            f";{there.latitude:.5f},{there.longitude:.5f}"
        )

    def _line(self, item: Item) -> str:
        if self.walk is None or item.latitude is None or item.longitude is None:
            return ""
        way = self.walk.way_to(item.latitude, item.longitude)
        if way is None:
            return ""
        points = np.round(way[:, ::-1] * SCALE).astype(np.int64)
        return encode(Lines(points, np.array([0, len(points)]))).decode().rstrip("\n")

    def bearing(self, item: Item) -> float | None:
        """Degrees from north to an item, clockwise, 0 to 360; None where a place is not known."""
        here = self._place
        if (
            here.latitude is None
            or here.longitude is None
            or item.latitude is None
            or item.longitude is None
        ):
            return None
        return bearing_deg(here.latitude, here.longitude, item.latitude, item.longitude)


def _straight(arrays: Arrays, place: PlaceConfig) -> Values:
    """Great-circle distance of each item from the kiosk; NaN where not known."""
    metres = np.full(len(arrays), np.nan, np.float32)
    if place.latitude is None or place.longitude is None:
        return metres
    for part in blocks(len(arrays)):
        metres[part] = great_circle_m(
            arrays.latitude[part], arrays.longitude[part], place.latitude, place.longitude
        )
    return metres
