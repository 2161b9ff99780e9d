"""The named places of an OpenStreetMap extract, each with its tags and one point.

A node is its own point, an area (a closed way or a multipolygon) a point on its surface, an open
way the node in its middle, and any other relation the middle of its members, as has a multipolygon
of which the extract holds only a part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import osmium
from osmium.filter import EntityFilter, IdFilter, KeyFilter
from osmium.osm import NODE, WAY, Area, Node, Relation, Way

from device.catalogue.imports.surface import Point, Ring, point_on
from device.errors import UserError
from device.presets.presets import FAMILIES, Geometry

NAMES = ("name", "name:en", "int_name", "brand")
"""Tags that may hold the title, the best first."""

Letter: TypeAlias = Literal["n", "w", "r"]

_Members: TypeAlias = tuple[dict[str, str], set[tuple[str, int]]]
"""The tags of a relation, and the types and numbers of what belongs to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One named object of the map. point: None where the extract lacks its nodes. outers, inners:
    the rings of an area."""

    letter: Letter
    number: int
    tags: Mapping[str, str]
    geometry: Geometry
    point: Point | None
    outers: tuple[Ring, ...] = ()
    inners: tuple[Ring, ...] = ()

    @property
    def name(self) -> str:
        """Its title."""
        return next((self.tags[key] for key in NAMES if self.tags.get(key)), "")


@dataclass(frozen=True, slots=True)
class Extract:
    """What was read of a file. day: of its data; None: not known."""

    features: list[Feature]
    day: date | None


def read_extract(path: Path, tell: Callable[[int], None]) -> Extract:
    """Read the named places of a `.osm.pbf` file, in the order of nodes, ways and relations.

    tell: takes the number of objects so far.

    Raises:
        UserError: it cannot be read, or is cut.
    """
    with reading(path):
        return _read(path, tell)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Reading an extract inside it makes one line of what osmium says of a broken file.

    Raises:
        UserError: it cannot be read, or is cut.
    """
    try:
        with path.open("rb"):
            pass
        yield
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (RuntimeError, ValueError) as error:  # what osmium raises for a broken file
        raise UserError(
            f"{path}: is broken or cut ({error}); fetch the extract again, nothing was written"
        ) from None


def _read(path: Path, tell: Callable[[int], None]) -> Extract:
    named = KeyFilter(*NAMES)
    last = datetime.min.replace(tzinfo=UTC)
    found: dict[tuple[Letter, int], Feature] = {}
    members: dict[int, _Members] = {}
    objects: Any = osmium.FileProcessor(path).with_areas(named).with_filter(named)
    for number, each in enumerate(objects.with_filter(KeyFilter(*sorted(FAMILIES)))):
        tell(number)
        last = max(last, each.timestamp)
        if isinstance(each, Relation):
            members[each.id] = _tags(each), {(part.type, part.ref) for part in each.members}
            continue
        feature = _feature(each)
        found[feature.letter, feature.number] = feature  # an area replaces the way that it is of
    rest = {number: each for number, each in members.items() if ("r", number) not in found}
    features = [*found.values(), *_of_members(path, rest)]
    features.sort(key=lambda each: ("nwr".index(each.letter), each.number))
    day = _day(path) or (last.date() if last.year > 1970 else None)
    return Extract(features, day)


def _feature(each: Node | Way | Area) -> Feature:
    tags = _tags(each)
    if isinstance(each, Node):
        where = (each.lon, each.lat) if each.location.valid() else None
        return Feature("n", each.id, tags, "point", where)
    if isinstance(each, Way):
        points = _points(each.nodes)
        middle = points[len(points) // 2] if points else None
        if not each.is_closed():
            return Feature("w", each.id, tags, "line", middle)
        return Feature("w", each.id, tags, "area", point_on([np.array(points)]) if points else None)
    outers = tuple(np.array(_points(ring)) for ring in each.outer_rings())
    holes = (hole for ring in each.outer_rings() for hole in each.inner_rings(ring))
    inners = tuple(np.array(_points(hole)) for hole in holes)
    letter: Letter = "w" if each.from_way() else "r"
    where = point_on(outers, inners)
    return Feature(letter, each.orig_id(), tags, "area", where, outers, inners)


def _tags(each: Node | Way | Relation | Area) -> dict[str, str]:
    return {tag.k: tag.v for tag in each.tags}


def _day(path: Path) -> date | None:
    """The day of the data by the header of the file."""
    header = osmium.io.Reader(path).header()
    for key in ("osmosis_replication_timestamp", "timestamp"):
        try:
            return datetime.fromisoformat(header.get(key)).astimezone(UTC).date()
        except ValueError:
            continue
    return None


def _points(nodes: Any) -> list[Point]:
    """The places of a way's nodes; of one that the extract does not hold there is none."""
    return [(node.lon, node.lat) for node in nodes if node.location.valid()]


def _of_members(path: Path, relations: Mapping[int, _Members]) -> Iterator[Feature]:
    """Relations that are no area, each in the middle of its nodes and ways."""
    wanted = {part for _, members in relations.values() for part in members}
    points: dict[tuple[str, int], Point] = {}
    for letter, kind in (("n", NODE), ("w", WAY)):
        numbers = [number for each, number in wanted if each == letter]
        if not numbers:
            continue
        objects: Any = osmium.FileProcessor(path, NODE | WAY).with_locations()
        for each in objects.with_filter(EntityFilter(kind)).with_filter(IdFilter(numbers)):
            if (where := _feature(each).point) is not None:
                points[letter, each.id] = where
    for number, (tags, members) in relations.items():
        places = [points[part] for part in sorted(members) if part in points]
        x, y = np.mean(places or [(0, 0)], axis=0).tolist()
        geometry: Geometry = "area" if tags.get("type") == "multipolygon" else "relation"
        yield Feature("r", number, tags, geometry, (x, y) if places else None)
