"""The ways of an OpenStreetMap extract that people may walk on.

As openstreetmap.org's own directions on foot have it (OSRM's foot profile): every road but the fast
ones, paths, steps, bridges, piers and platforms, and squares by their outline. `foot` wins over
`access`; a gate that is closed to the public cuts a way. Ferries are no footways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import NODE, RELATION, WAY

from device.catalogue.imports.extract import reading
from device.catalogue.network import Network
from device.catalogue.polylines import SCALE, Lines

NOT_THERE = ("construction", "proposed", "planned", "abandoned", "razed", "demolished")
"""Values of `highway` that no `foot` makes a way."""

NOT_WALKED = (
    "motorway", "motorway_link", "trunk", "trunk_link", "motorroad", "raceway", "bus_guideway",
    "escape", "disused", "services", "rest_area", "no",
)  # fmt: skip
"""Values of `highway`: without a `foot` that allows it, people do not walk there."""

ALLOWED = ("yes", "designated", "permissive", "official", "destination", "customers")
FORBIDDEN = ("no", "private", "use_sidepath", "agricultural", "forestry", "delivery", "military")
"""Values of `foot`, and of `access` where there is no `foot`."""

WALKED_TOO = (("man_made", "pier"), ("railway", "platform"), ("public_transport", "platform"))
"""What is walked on without being a `highway`."""


def read_footways(path: Path, credit: str, tell: Callable[[int], None]) -> Network:
    """The ways that people may walk on, as they were drawn.

    tell: takes the number of ways so far.

    Raises:
        UserError: the file cannot be read, or is cut.
    """
    with reading(path):
        return Network(_lines(_ways(path, _outlines(path), tell)), (credit,))


def walked(tags: Mapping[str, str]) -> bool:
    """Whether people may walk on a way, or around an area, with these tags."""
    highway, foot = tags.get("highway"), tags.get("foot")
    if highway in NOT_THERE or tags.get("route") == "ferry":
        return False
    if foot in ALLOWED:
        return True
    if foot in FORBIDDEN or tags.get("access") in FORBIDDEN or tags.get("motorroad") == "yes":
        return False
    if highway == "service" and tags.get("tunnel") == "yes" and tags.get("layer", "")[:1] == "-":
        return False  # to car parks and loading bays below the ground
    if highway is None:
        return any(tags.get(key) == value for key, value in WALKED_TOO)
    return highway not in NOT_WALKED


def _outlines(path: Path) -> set[int]:
    """Numbers of the ways around squares that are relations."""
    objects: Any = osmium.FileProcessor(path, RELATION)
    return {
        part.ref
        for each in objects.with_filter(KeyFilter("highway"))
        if each.tags.get("type") == "multipolygon" and walked(dict(each.tags))
        for part in each.members
        if part.type == "w"
    }


def _ways(
    path: Path, outlines: set[int], tell: Callable[[int], None]
) -> Iterable[list[tuple[int, int]]]:
    """Latitudes and longitudes in units of 1 / `SCALE` degree, in runs without a gap."""
    nodes: Any = osmium.FileProcessor(path, NODE).with_filter(KeyFilter("barrier"))
    closed = {each.id for each in nodes if not _passable(dict(each.tags))}
    ways: Any = osmium.FileProcessor(path, NODE | WAY).with_locations()
    for number, each in enumerate(ways.with_filter(EntityFilter(WAY))):
        tell(number)
        if each.id not in outlines and not walked(dict(each.tags)):
            continue
        run: list[tuple[int, int]] = []
        for node in each.nodes:
            if node.ref in closed or not node.location.valid():
                yield run
                run = []
            else:
                run.append((round(node.lat * SCALE), round(node.lon * SCALE)))
        yield run


def _passable(tags: Mapping[str, str]) -> bool:
    foot = tags.get("foot")
    return foot in ALLOWED or (foot not in FORBIDDEN and tags.get("access") not in FORBIDDEN)


def _lines(runs: Iterable[list[tuple[int, int]]]) -> Lines:
    long = [np.array(run, np.int64) for run in runs if len(run) > 1]
    points = np.concatenate(long) if long else np.empty((0, 2), np.int64)
    return Lines(points, np.cumsum([0, *map(len, long)], dtype=np.int64))
