"""Ways on foot from one place over the catalogue's network: how long they are, and where they go.

One search when the kiosk starts gives the metres to every junction (Dijkstra, "A note on two
problems in connexion with graphs", Numerische Mathematik 1, 1959); all else is looked up. A place
is entered from the ways beside it. Lines are (K, 2) float64 arrays of longitude and latitude in
degrees, as GeoJSON has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from device.catalogue.nearest import Floats, Grid, Indices
from device.catalogue.network import Network, lengths_m, nodes_of
from device.catalogue.sphere import EARTH_M, Degrees, great_circle_m

Line: TypeAlias = NDArray[np.float64]
"""(K, 2): longitude and latitude in degrees."""

AROUND_M = 6000.0
"""What is farther away, in a straight line, is not looked at: the shipped rules send nobody there,
and a large city takes no longer than a part of it."""

FARTHEST_OFF_M = 300.0
"""What is farther than this from every way is not reached over the network."""

NEAR_M = 50.0
"""Most places are nearer to a way than this, and are found sooner on a finer grid."""

BESIDE_M = 10.0
"""Ways that are farther by at most so much than the nearest are entered too, since the nearest may
be in a tunnel below, or behind the house."""


class _Entries(NamedTuple):
    """K ways from a place into the network, by place. places, edges: (K,) indices. along: (K,)
    metres along the edge. off: (K,) metres from the place to there."""

    places: Indices
    edges: Indices
    along: Floats
    off: Floats


class Walk:
    """All ways on foot from one place."""

    def __init__(self, network: Network, latitude: float, longitude: float) -> None:
        """Search the network from a place, in degrees. `of` takes also what is not known.

        Raises:
            ValueError: the place is too far from every way.
        """
        self._here = (longitude, latitude)
        network = network.around(latitude, longitude, AROUND_M)
        self._lat, self._lon = network.latitudes, network.longitudes
        self._starts = network.lines.starts
        self._froms, self._tos, nodes = nodes_of(network.lines)
        metres = lengths_m(network.lines)
        firsts, lasts = self._starts[:-1], self._starts[1:] - 1
        self._edge_of = np.repeat(np.arange(len(network)), np.diff(self._starts))
        sums = np.cumsum(metres) - metres
        self._along = sums - sums[firsts][self._edge_of]  # metres from the beginning of the edge
        self._lengths = self._along[lasts]
        self._stretches = np.delete(np.arange(len(metres)), lasts)  # by the point they begin at
        plane = self._plane(self._lat, self._lon)
        self._plane_lines = plane[self._stretches], plane[self._stretches + 1]
        self._grids = tuple(Grid(*self._plane_lines, side) for side in (NEAR_M, FARTHEST_OFF_M))
        self._doors = self._enter(np.array([latitude]), np.array([longitude]))
        if not len(self._doors.edges):
            raise ValueError("no way is near")
        self._to_node, self._by = self._search(nodes)

    @classmethod
    def of(
        cls, network: Network | None, latitude: float | None, longitude: float | None
    ) -> Walk | None:
        """The ways from a place; None: there is no network, or none of its ways is near."""
        if network is None or latitude is None or longitude is None:
            return None
        try:
            return cls(network, latitude, longitude)
        except ValueError:
            return None

    def metres_to(self, latitudes: Degrees, longitudes: Degrees) -> Floats:
        """(N,) metres on foot to each of N places; NaN where no way leads there, the place is not
        within `AROUND_M`, or has no coordinates (NaN)."""
        entries = self._enter(latitudes, longitudes)
        metres = np.full(len(latitudes), np.inf)
        np.minimum.at(metres, entries.places, self._metres_by(entries).min(axis=0))
        metres[metres == np.inf] = np.nan
        return metres

    def way_to(self, latitude: float, longitude: float) -> Line | None:
        """The way to a place, from the kiosk itself to the place itself; None: there is no way."""
        entries = self._enter(np.array([latitude]), np.array([longitude]))
        by = self._metres_by(entries)
        if not by.size or by.min() == np.inf:
            return None
        how, which = np.unravel_index(by.argmin(), by.shape)
        edge, along = int(entries.edges[which]), float(entries.along[which])
        if how >= 2:  # along the edge of a door
            parts = [self._part(edge, float(self._doors.along[how - 2]), along)]
        else:
            node = int((self._froms, self._tos)[how][edge])
            parts = [self._part(edge, float(self._lengths[edge] * how), along)]
            parts += self._back_from(node)
        line = np.concatenate([[self._here], *reversed(parts), [(longitude, latitude)]])
        moved: Line = line[np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))]
        return moved

    def _plane(self, latitudes: Degrees, longitudes: Degrees) -> Floats:
        """(N, 2) metres east and north of the kiosk, on a plane that touches the Earth there."""
        lon, lat = self._here
        east = np.radians(longitudes - lon) * np.cos(np.radians(lat))
        return np.stack([east, np.radians(latitudes - lat)], axis=1) * EARTH_M

    def _enter(self, latitudes: Degrees, longitudes: Degrees) -> _Entries:
        """Where N places enter the network; some do nowhere."""
        plane = self._plane(latitudes, longitudes)
        left = np.flatnonzero(np.hypot(*plane.T) <= AROUND_M)  # never so where it is not known
        found = []
        for grid in self._grids:
            near = grid.near(plane[left], BESIDE_M)
            found.append((left[near.points], near.lines, near.shares))
            left = np.delete(left, near.points)
        places, lines, shares = map(np.concatenate, zip(*found, strict=True))
        begin = self._stretches[lines]
        off = great_circle_m(
            latitudes[places],
            longitudes[places],
            self._lat[begin] + shares * (self._lat[begin + 1] - self._lat[begin]),
            self._lon[begin] + shares * (self._lon[begin + 1] - self._lon[begin]),
        )
        step = self._along[begin + 1] - self._along[begin]
        return _Entries(places, self._edge_of[begin], self._along[begin] + shares * step, off)

    def _metres_by(self, entries: _Entries) -> Floats:
        """(2 + D, K) metres by the beginning of each entry's edge, by its end, and along it from
        each of the D doors of the kiosk; infinite where that is no way."""
        edges, along = entries.edges, entries.along
        ways = [self._to_node[self._froms[edges]] + along]
        ways.append(self._to_node[self._tos[edges]] + self._lengths[edges] - along)
        for edge, at, off in zip(*self._doors[1:], strict=True):
            ways.append(np.where(edges == edge, off + np.abs(along - at), np.inf))
        return np.stack(ways) + entries.off

    def _search(self, nodes: int) -> tuple[Floats, Indices]:
        """(nodes,) metres to each node, and the last edge there; ~n: straight from door n."""
        ends = np.concatenate([self._froms, self._tos])
        order = np.argsort(ends, kind="stable")
        starts = np.searchsorted(ends[order], np.arange(nodes + 1)).tolist()
        others = np.concatenate([self._tos, self._froms])[order].tolist()
        lengths = np.tile(self._lengths, 2)[order].tolist()
        edges = np.tile(np.arange(len(self._lengths)), 2)[order].tolist()
        best, by = [np.inf] * nodes, [0] * nodes
        for number, (edge, along, off) in enumerate(zip(*self._doors[1:], strict=True)):
            rest = self._lengths[edge] - along
            for node, metres in ((self._froms[edge], off + along), (self._tos[edge], off + rest)):
                if metres < best[node]:
                    best[node], by[node] = float(metres), ~number
        queue = [(metres, node) for node, metres in enumerate(best) if metres < np.inf]
        heapify(queue)
        while queue:
            metres, node = heappop(queue)
            if metres > best[node]:
                continue
            for place in range(starts[node], starts[node + 1]):
                farther, other = metres + lengths[place], others[place]
                if farther < best[other]:
                    best[other], by[other] = farther, edges[place]
                    heappush(queue, (farther, other))
        return np.array(best), np.array(by)

    def _back_from(self, node: int) -> Iterator[Line]:
        """The parts of the way from the kiosk to a node, the last one first."""
        while (edge := int(self._by[node])) >= 0:
            forwards, length = node == self._tos[edge], float(self._lengths[edge])
            yield self._part(edge, *((0.0, length) if forwards else (length, 0.0)))
            node = int(self._froms[edge] if forwards else self._tos[edge])
        edge, along = int(self._doors.edges[~edge]), float(self._doors.along[~edge])
        length, at_begin = float(self._lengths[edge]), node == self._froms[edge]
        if at_begin and node == self._tos[edge]:  # a ring: by its shorter side
            at_begin = along <= length - along
        yield self._part(edge, along, 0.0 if at_begin else length)

    def _part(self, edge: int, start: float, stop: float) -> Line:
        """The line of an edge between two places on it, given in metres along it."""
        part = slice(self._starts[edge], self._starts[edge + 1])
        along, low, high = self._along[part], min(start, stop), max(start, stop)
        at = np.array([low, *along[(along > low) & (along < high)], high])
        line = np.stack([np.interp(at, along, each[part]) for each in (self._lon, self._lat)], 1)
        return line if start <= stop else line[::-1]
