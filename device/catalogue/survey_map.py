"""A map of a catalogue as inline SVG: items as dots on its footways, the kiosk, a graticule.

Guarantees: nothing is loaded, no tile either; at most about `MOST_DOTS` dots, whatever the number
of items: of more, those of a cell of a grid become one dot that counts them; ways are drawn the
more coarsely the more there are, with at most `MOST_POINTS` points; text is escaped. The projection
is equirectangular around the middle, which a town is too small to tell from any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, cos, floor, hypot, log10, radians, sin, sqrt, tau
from typing import Any, overload

import numpy as np

from device.catalogue.network import Network
from device.catalogue.sphere import METRES_A_DEGREE, Degrees
from device.config import PlaceConfig
from device.values import Item

WIDTH, HEIGHT = 1000, 720
"""Of the drawing, in its own units."""

MOST_DOTS = 6_000

MOST_POINTS = 60_000

GROUPS = 7
"""Colours of categories; what is in none of the most frequent ones has one more."""

OTHERS = "others"

NAMED = 3
"""Titles that a dot of several items tells."""

OUTLIERS = 0.005
"""Share of the items, at each end, that the view need not hold."""

NEAREST_M = 400.0
"""Half the width of the smallest view, in metres."""

RINGS = (0.25, 0.5, 1, 2, 5, 10, 20, 50)
"""Kilometres that a ring around the kiosk may have."""

FARTHEST_KIOSK = 3.0
"""A kiosk is in the view if it is at most this many of its heights away from the middle."""


@dataclass(frozen=True, slots=True)
class View:
    """What the map shows. scale: metres of a unit of the drawing."""

    latitude: float
    longitude: float
    scale: float

    @overload
    def at(self, latitude: float, longitude: float) -> tuple[float, float]: ...

    @overload
    def at(self, latitude: Degrees, longitude: Degrees) -> tuple[Degrees, Degrees]: ...

    def at(self, latitude: Any, longitude: Any) -> tuple[Any, Any]:
        """Where a place is in the drawing, or where places are."""
        east = (longitude - self.longitude + 180) % 360 - 180
        x = east * METRES_A_DEGREE * cos(radians(self.latitude)) / self.scale
        y = (self.latitude - latitude) * METRES_A_DEGREE / self.scale
        return WIDTH / 2 + x, HEIGHT / 2 + y

    @classmethod
    def of(cls, places: Sequence[tuple[float, float]], kiosk: tuple[float, float] | None) -> View:
        """A view of all but the farthest of some places, and of the kiosk if it is near them."""
        points = np.array(places, np.float64)
        turn = np.exp(1j * np.radians(points[:, 1])).sum()  # so that 180 degrees divide no town
        middle = float(np.degrees(np.angle(turn)))
        east = (points[:, 1] - middle + 180) % 360 - 180
        ends = np.array([OUTLIERS, 1 - OUTLIERS])
        south, north = np.quantile(points[:, 0], ends).tolist()
        west, right = np.quantile(east, ends).tolist()
        if kiosk is not None:
            away = (kiosk[1] - middle + 180) % 360 - 180
            size = max(north - south, 2 * NEAREST_M / METRES_A_DEGREE)
            if hypot(kiosk[0] - (north + south) / 2, away - (west + right) / 2) < (
                FARTHEST_KIOSK * size
            ):
                south, north = min(south, kiosk[0]), max(north, kiosk[0])
                west, right = min(west, away), max(right, away)
        latitude = (south + north) / 2
        tall = max((north - south) * METRES_A_DEGREE, 2 * NEAREST_M)
        wide = (right - west) * METRES_A_DEGREE * cos(radians(latitude))
        scale = max(tall / HEIGHT, wide / WIDTH) * 1.08
        return cls(latitude, middle + (west + right) / 2, scale)


def group_of(category: str) -> str:
    """What a category's colour tells: the first part of its name."""
    return category.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Map:
    """svg: the drawing. groups: number of items by colour, in their order. outside: items beyond
    the view. cell_m: width of the cells whose items are one dot; None: each item is one.
    kiosk_outside: whether the kiosk is beyond the view."""

    svg: str
    groups: tuple[tuple[str, int], ...]
    outside: int
    cell_m: float | None
    kiosk_outside: bool


def draw(items: Sequence[Item], place: PlaceConfig, network: Network | None = None) -> Map | None:
    """The map of those of these items that have coordinates; None: there is none.

    network: of the footways that are drawn below them.
    """
    placed = [(i, i.latitude, i.longitude) for i in items if i.latitude is not None]
    places = [(lat, lon) for _, lat, lon in placed if lon is not None]
    if not places:
        return None
    kiosk = None
    if place.latitude is not None and place.longitude is not None:
        kiosk = (place.latitude, place.longitude)
    view = View.of(places, kiosk)
    counts = Counter(group_of(item.category) for item, _, _ in placed)
    named = [name for name, _ in counts.most_common(GROUPS)]
    number = {name: n for n, name in enumerate(named)}
    dots = []
    for (item, _, _), (latitude, longitude) in zip(placed, places, strict=True):
        x, y = view.at(latitude, longitude)
        if _within(x, y):
            dots.append((x, y, number.get(group_of(item.category), GROUPS), item))
    groups = [(name, counts[name]) for name in named]
    if rest := sum(counts.values()) - sum(n for _, n in groups):
        groups.append((OTHERS, rest))
    cell = _cell(dots)
    shown = _single(dots) if cell is None else _clusters(dots, cell)
    where = None if kiosk is None else view.at(*kiosk)
    inside = where is not None and _within(*where)
    parts = [_ways(view, network)] if network is not None else []
    parts += [*_graticule(view), *(_rings(where, view) if where and inside else ())]
    layers: dict[int, list[str]] = {}
    for group, dot in shown:
        layers.setdefault(group, []).append(dot)
    parts += [
        f'<g class="dots g{group}" data-group="{group}">{"".join(layer)}</g>'
        for group, layer in sorted(layers.items(), key=lambda pair: -len(pair[1]))
    ]
    if where and inside:
        x, y = where
        parts.append(
            f'<g class="kiosk" transform="translate({x:.1f} {y:.1f})"><title>the kiosk</title>'
            '<path class="pin" d="M0 0C-3-8-9-11-9-18a9 9 0 1 1 18 0C9-11 3-8 0 0z"/>'
            '<circle class="eye" cy="-18" r="3.4"/></g>'
        )
    svg = (
        f'<svg id="map" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" tabindex="0" '
        f'data-metres="{view.scale:.4f}" aria-label="Map of the items">{"".join(parts)}</svg>'
    )
    return Map(
        svg,
        tuple(groups),
        len(placed) - len(dots),
        None if cell is None else cell * view.scale,
        where is not None and not inside,
    )


def nice(most: float) -> float:
    """The greatest of 1, 2, 5, 10, 20 ... (and of their parts) up to `most`."""
    power: float = 10.0 ** floor(log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * 1.000001)


def length(metres: float) -> str:
    """A length in words."""
    return f"{metres:g} m" if metres < 1000 else f"{metres / 1000:g} km"


def _within(x: float, y: float) -> bool:
    return 0 <= x <= WIDTH and 0 <= y <= HEIGHT


Dot = tuple[float, float, int, Item]


def _cell(dots: Sequence[Dot]) -> float | None:
    """Width of the cells of a grid in which they become few enough; None: they are."""
    if len(dots) <= MOST_DOTS:
        return None
    colours = len({dot[2] for dot in dots})  # a cell may have a dot of each
    return sqrt(WIDTH * HEIGHT * colours / MOST_DOTS)


def _single(dots: Sequence[Dot]) -> Iterator[tuple[int, str]]:
    for x, y, group, item in dots:
        title = escape(f"{item.title} · {item.category} · {item.id}")
        yield (
            group,
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2"><title>{title}</title></circle>',
        )


def _clusters(dots: Sequence[Dot], cell: float) -> Iterator[tuple[int, str]]:
    cells: dict[tuple[int, int, int], list[Dot]] = {}
    for dot in dots:
        cells.setdefault((dot[2], int(dot[0] / cell), int(dot[1] / cell)), []).append(dot)
    largest = max(map(len, cells.values()))
    for (group, _, _), some in cells.items():
        x, y = sum(dot[0] for dot in some) / len(some), sum(dot[1] for dot in some) / len(some)
        size = 0.75 + 0.9 * sqrt(len(some) / largest)
        if len(some) > 1:  # colours of one place lie beside each other
            turn = tau * group / (GROUPS + 1)
            x, y = x + cell / 4 * cos(turn), y + cell / 4 * sin(turn)
        titles = ", ".join(dot[3].title for dot in some[:NAMED])
        if len(some) > 1:
            more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
            titles = f"{len(some)} items: {titles}{more}"
        yield (
            group,
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3.2 * size:.1f}" style="--n:{size:.2f}">'
            f"<title>{escape(titles)}</title></circle>",
        )


def _ways(view: View, network: Network) -> str:
    """The footways in the view as one path."""
    x, y = view.at(network.latitudes, network.longitudes)
    points, starts = np.stack([x, y], axis=1), network.lines.starts
    inside = ((points > 0) & (points < (WIDTH, HEIGHT))).all(axis=1)
    seen = np.logical_or.reduceat(inside, starts[:-1]) if len(network) else np.zeros(0, np.bool_)
    line = np.repeat(np.arange(len(network)), np.diff(starts))
    kept = seen[line]
    points, line, grid = points[kept], line[kept], 0.25
    while True:  # points that fall together on the grid are one
        rounded = np.round(points / grid).astype(np.int64)
        moved = np.append(True, (np.diff(rounded, axis=0) != 0).any(axis=1))[: len(rounded)]
        first = np.append(True, np.diff(line) != 0)[: len(rounded)]
        kept = moved | first
        if kept.sum() <= MOST_POINTS:
            break
        # Lines that have shrunk to a point are left out: no coarser grid would make them fewer.
        points, line, grid = points[kept], line[kept], grid * 2
        lasting = np.bincount(line)[line] > 1
        points, line = points[lasting], line[lasting]
    text = "".join(
        f"{'M' if begins else 'L'}{px * grid:g} {py * grid:g}"
        for (px, py), begins in zip(rounded[kept].tolist(), first[kept].tolist(), strict=True)
    )
    return f'<g class="ways"><path d="{text}"/></g>'


def _graticule(view: View) -> Iterator[str]:
    """Lines of latitude and longitude, with their degrees."""
    a_degree_x = METRES_A_DEGREE * cos(radians(view.latitude)) / view.scale
    a_degree_y = METRES_A_DEGREE / view.scale
    yield '<g class="grid">'
    for step, middle, half, is_x in (
        (nice(WIDTH / a_degree_x / 4), view.longitude, WIDTH / 2 / a_degree_x, True),
        (nice(HEIGHT / a_degree_y / 3), view.latitude, HEIGHT / 2 / a_degree_y, False),
    ):
        for number in range(ceil((middle - half) / step), floor((middle + half) / step) + 1):
            degrees = number * step
            x, y = view.at(view.latitude if is_x else degrees, degrees if is_x else view.longitude)
            if is_x:
                degrees = (degrees + 180) % 360 - 180
                name = f"{abs(degrees):.6g}° {'E' if degrees >= 0 else 'W'}"
                yield f'<path d="M{x:.1f} 0V{HEIGHT}"/>'
                yield f'<text x="{x + 4:.1f}" y="14">{name}</text>'
            else:
                name = f"{abs(degrees):.6g}° {'N' if degrees >= 0 else 'S'}"
                yield f'<path d="M0 {y:.1f}H{WIDTH}"/>'
                yield f'<text x="6" y="{y - 4:.1f}">{name}</text>'
    yield "</g>"


def _rings(kiosk: tuple[float, float], view: View) -> Iterator[str]:
    """Up to three rings around the kiosk, with their radius."""
    x, y = kiosk
    fitting = [km for km in RINGS if 40 < km * 1000 / view.scale < WIDTH / 2][-3:]
    yield '<g class="rings">'
    for km in fitting:
        radius = km * 1000 / view.scale
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
        yield f'<text x="{x:.1f}" y="{y - radius - 4:.1f}">{length(km * 1000)}</text>'
    yield "</g>"
