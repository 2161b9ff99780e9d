"""The footways of a town as a network: edges between junctions and ends, each with its shape.

It lies in the catalogue's file, and in a `.footways` file beside a table, as encoded polylines, one
edge a line, with lines of credit above them that begin with `#`. Guarantee: a network is a function
of the stretches that it is made of, whatever their order and however they were cut into lines; so
the same ways make the same bytes, and two networks that overlap become one.

Two stretches meet where they share a point, to the millionth of a degree (0.1 m): a bridge has
no point in common with what passes below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.catalogue.polylines import SCALE, Lines, Numbers, decode, encode
from device.catalogue.sphere import Degrees, great_circle_m
from device.errors import UserError

SUFFIX = ".footways"
"""Of a file that holds a network."""

SHORTEST_M = 500.0
"""What is connected with nothing else and has less than these metres in all is left out: a path in
a courtyard, a platform, a piece that the border of an extract has cut off."""

_HEAD = "# Footways, one edge a line, as encoded polylines of six decimals"

_HALF = 1 << 31


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Ways that people walk on, in both directions. credits: what must be shown with them."""

    lines: Lines
    credits: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def latitudes(self) -> Degrees:
        """(P,) degrees, of the points of all lines."""
        return self.lines.points[:, 0] / SCALE

    @property
    def longitudes(self) -> Degrees:
        """(P,) degrees, of the points of all lines."""
        return self.lines.points[:, 1] / SCALE

    def around(self, latitude: float, longitude: float, within_m: float) -> Network:
        """The ways with a point that is nearer to a place, in degrees, than so many metres."""
        if not len(self):
            return self
        metres = great_circle_m(self.latitudes, self.longitudes, latitude, longitude)
        return Network(
            _some(self.lines, np.minimum.reduceat(metres, self.lines.starts[:-1]) < within_m),
            self.credits,
        )

    def encode(self) -> bytes:
        """As it is kept in files."""
        head = [_HEAD, *(f"# {credit}" for credit in self.credits)]
        return "".join(f"{line}\n" for line in head).encode() + encode(self.lines)

    @classmethod
    def decode(cls, content: bytes) -> Network:
        """A network as it was encoded.

        Raises:
            ValueError: it is broken.
        """
        head = []
        while content.startswith(b"#"):
            line, _, content = content.partition(b"\n")
            head.append(line.decode().removeprefix("#").strip())
        if not head or head[0] != _HEAD.removeprefix("# "):
            raise ValueError(f"it does not begin with {_HEAD!r}")
        return cls(decode(content), tuple(head[1:]))

    @classmethod
    def read(cls, path: Path) -> Network:
        """The network of a `.footways` file.

        Raises:
            UserError: it cannot be read, or is broken.
        """
        try:
            return cls.decode(path.read_bytes())
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise UserError(
                f"{path}: these footways are broken ({error}); import the extract again"
            ) from None


def join(networks: Iterable[Network]) -> Network | None:
    """One network of several, in which only junctions and ends are nodes; None: there is no way."""
    parts = list(networks)
    if not parts:
        return None
    offsets = np.cumsum([0, *(len(part.lines.points) for part in parts)])
    points = np.concatenate([part.lines.points for part in parts])
    starts = [part.lines.starts[:-1] + start for part, start in zip(parts, offsets, strict=False)]
    lines = _contracted(Lines(points, np.append(np.concatenate(starts), offsets[-1])))
    said = dict.fromkeys(credit for part in parts for credit in part.credits)
    return Network(lines, tuple(sorted(said))) if len(lines) else None


def lengths_m(lines: Lines) -> Degrees:
    """(P,) metres from each point to the next one of its line, 0 at the last one."""
    metres = np.zeros(len(lines.points))
    lat, lon = lines.points.T / SCALE
    metres[:-1] = great_circle_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    metres[lines.starts[1:] - 1] = 0
    return metres


def _keys(lines: Lines) -> Numbers:
    """(P,) a number for each point, in the order of latitude, then longitude."""
    keys: Numbers = (lines.points[:, 0] << 32) + lines.points[:, 1] + _HALF
    return keys


def _contracted(lines: Lines) -> Lines:
    """The same stretches, each once, as lines between junctions and ends, in a fixed order."""
    keys = _keys(lines)
    nodes, at = np.unique(keys, return_inverse=True)
    inside = np.ones(len(at), np.bool_)
    inside[lines.starts[1:] - 1] = False
    first, second = at[:-1][inside[:-1]], at[1:][inside[:-1]]
    some = first != second
    low, high = np.minimum(first, second)[some], np.maximum(first, second)[some]
    low, high = np.divmod(np.unique(low * len(nodes) + high), max(len(nodes), 1))
    begin, end = np.concatenate([low, high]), np.concatenate([high, low])
    order = np.lexsort((end, begin))
    starts = np.searchsorted(begin[order], np.arange(len(nodes) + 1)).tolist()
    chains = list(_chains(end[order].tolist(), starts))
    chains.sort(key=lambda chain: (chain[0], chain[-1], chain))
    latitudes, longitudes = nodes >> 32, (nodes & (2 * _HALF - 1)) - _HALF
    flat = np.array([node for chain in chains for node in chain], np.int64)
    made = Lines(
        np.stack([latitudes[flat], longitudes[flat]], axis=1),
        np.cumsum([0, *map(len, chains)], dtype=np.int64),
    )
    return _without_scraps(made, [(chain[0], chain[-1]) for chain in chains])


def _chains(neighbours: list[int], starts: list[int]) -> Iterator[list[int]]:
    """The nodes of each edge: from junction or end to junction or end, from the lower number.

    neighbours: of node n, `neighbours[starts[n]:starts[n + 1]]`.
    """
    count = len(starts) - 1
    inner = [starts[node + 1] - starts[node] == 2 for node in range(count)]

    def from_node(node: int) -> Iterator[list[int]]:
        for first in neighbours[starts[node] : starts[node + 1]]:
            chain = [node, first]
            while chain[-1] != node and inner[chain[-1]]:
                place = starts[chain[-1]]
                chain.append(neighbours[place + (neighbours[place] == chain[-2])])
            if chain <= chain[::-1]:  # it is found from its other end too
                yield chain

    rest = {node for node in range(count) if inner[node]}
    for node in range(count):
        if not inner[node]:
            for chain in from_node(node):
                rest.difference_update(chain)
                yield chain
    for node in sorted(rest):  # rings without a junction
        if node in rest:
            for chain in from_node(node):
                rest.difference_update(chain)
                yield chain


def _without_scraps(lines: Lines, ends: list[tuple[int, int]]) -> Lines:
    """The lines but for those that are connected with less than `SHORTEST_M`."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while (up := parent.setdefault(node, node)) != node:
            parent[node] = node = parent[up]
        return node

    for one, other in ends:
        parent[root(one)] = root(other)
    total: dict[int, float] = {}
    if len(lines):
        metres = np.add.reduceat(lengths_m(lines), lines.starts[:-1]).tolist()
        for (one, _), length in zip(ends, metres, strict=True):
            total[root(one)] = total.get(root(one), 0.0) + length
    return _some(lines, np.array([total[root(one)] >= SHORTEST_M for one, _ in ends], np.bool_))


def _some(lines: Lines, kept: NDArray[np.bool_]) -> Lines:
    counts = np.diff(lines.starts)
    return Lines(
        lines.points[np.repeat(kept, counts)],
        np.cumsum(np.concatenate([[0], counts[kept]]), dtype=np.int64),
    )


def nodes_of(lines: Lines) -> tuple[Numbers, Numbers, int]:
    """The numbers of the nodes at which the lines begin and end, (L,) each, and how many there are.

    They are numbered by latitude, then longitude.
    """
    keys = _keys(lines)
    ends = np.concatenate([keys[lines.starts[:-1]], keys[lines.starts[1:] - 1]])
    nodes, at = np.unique(ends, return_inverse=True)
    return at[: len(lines)], at[len(lines) :], len(nodes)
