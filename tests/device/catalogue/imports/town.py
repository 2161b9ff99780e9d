"""A town for tests: objects of the map, written as an OpenStreetMap file as editors write it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

HERE = (24.94, 60.17)
"""Longitude and latitude of the town's middle."""

EAST_M, NORTH_M = 1 / 55_300, 1 / 111_195
"""Degrees of a metre there."""

EDITED = datetime(2024, 5, 6, 12, tzinfo=UTC)


class Town:
    """Objects with places in metres east and north of the town's middle."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._ways: list[Way] = []
        self._relations: list[Relation] = []

    def node(self, east: float = 0, north: float = 0, **tags: str) -> int:
        """A node; `__` in a key stands for `:`. Its number."""
        number = len(self._nodes) + 1
        place = (HERE[0] + east * EAST_M, HERE[1] + north * NORTH_M)
        self._nodes.append(
            Node(id=number, version=1, timestamp=EDITED, location=place, tags=_keys(tags))
        )
        return number

    def alter(self, number: int, **tags: str) -> None:
        """Give a node other tags."""
        self._nodes[number - 1].tags = _keys(tags)

    def way(self, corners: Sequence[tuple[float, float]], **tags: str) -> int:
        """A way along these places; closed where the last is the first. Its number."""
        known = {corner: self.node(*corner) for corner in dict.fromkeys(corners)}
        nodes = [known[corner] for corner in corners]
        number = len(self._ways) + 1
        self._ways.append(
            Way(id=number, version=1, timestamp=EDITED, nodes=nodes, tags=_keys(tags))
        )
        return number

    def square(self, east: float, north: float, side: float, **tags: str) -> int:
        """A closed way around a square with this south-western corner."""
        far = (east + side, north + side)
        corners = [(east, north), (far[0], north), far, (east, far[1]), (east, north)]
        return self.way(corners, **tags)

    def relation(self, *members: tuple[str, int, str], **tags: str) -> int:
        """A relation of members such as `("w", 1, "outer")`. Its number."""
        number = len(self._relations) + 1
        self._relations.append(
            Relation(id=number, version=1, timestamp=EDITED, members=members, tags=_keys(tags))
        )
        return number

    def write(self, path: Path, day: str = "") -> Path:
        """Write the file. day: of the data, in the header."""
        header = osmium.io.Header()
        if day:
            header.set("osmosis_replication_timestamp", f"{day}T20:00:00Z")
        with osmium.SimpleWriter(str(path), header=header, overwrite=True) as file:
            for node in self._nodes:
                file.add_node(node)
            for way in self._ways:
                file.add_way(way)
            for relation in self._relations:
                file.add_relation(relation)
        return path


def _keys(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", ":"): value for key, value in tags.items()}
