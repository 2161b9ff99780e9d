"""Where the kiosk may stand: by the name of a place or town, by coordinates, or on a map.

No service is asked. Names come from the kiosk's own table of items and from the list of time zones,
which has a town for each; the map is drawn from the footways of the table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from math import cos, radians
from typing import Any

from device.catalogue.network import Network
from device.catalogue.sphere import METRES_A_DEGREE
from device.values import Item

MOST = 8
"""Places that a search finds."""

MAP_M = 600
"""Half the width and height of the map, in metres."""

_COORDINATES = re.compile(r"(?<![\d.])(-?\d{1,2}\.\d+)\s*[,;/ ]\s*(-?\d{1,3}\.\d+)(?![\d.])")
"""With a point each, which the zoom in the link of a map has not."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place. about: what tells it from others of its name. timezone, country: of a town alone."""

    name: str
    about: str
    latitude: float
    longitude: float
    timezone: str | None = None
    country: str | None = None


def search(text: str, items: Iterable[Item]) -> list[Found]:
    """Places whose name has these words, the towns first, at most `MOST`. items: of the table.

    Coordinates such as `60.1699, 24.9384`, also in a `geo:` address or in a link of a map, are a
    place themselves.
    """
    words = _plain(text).split()
    if not words:
        return []
    found = [*_coordinates(text), *(town for town in towns() if _has(words, town.name))]
    for item in items:
        if len(found) >= MOST:
            break
        if item.latitude is None or item.longitude is None:
            continue
        if _has(words, f"{item.title} {item.address}"):
            found.append(Found(item.title, item.address, item.latitude, item.longitude))
    return found[:MOST]


@cache
def towns() -> tuple[Found, ...]:
    """The town of each time zone, with its country."""
    folder = resources.files("tzdata") / "zoneinfo"
    countries = dict(_rows((folder / "iso3166.tab").read_text(encoding="utf-8")))
    found = []
    for country, place, zone, *_ in _rows((folder / "zone.tab").read_text(encoding="utf-8")):
        latitude, longitude = re.findall(r"[+-]\d+", place)
        name = zone.rpartition("/")[2].replace("_", " ")
        found.append(
            Found(name, countries[country], _degrees(latitude, 2), _degrees(longitude, 3), zone,
                  country)
        )  # fmt: skip
    return tuple(found)


def streets(network: Network | None, latitude: float, longitude: float) -> dict[str, Any]:
    """The ways around a place as the path of an SVG, in metres east and south of the place, and
    what must be shown with them; an empty path: there are none."""
    near = network.around(latitude, longitude, MAP_M) if network else None
    parts = []
    if near:
        east = (near.longitudes - longitude) * METRES_A_DEGREE * cos(radians(latitude))
        south = (latitude - near.latitudes) * METRES_A_DEGREE
        points = [f"{x:.0f} {y:.0f}" for x, y in zip(east, south, strict=True)]
        ends = near.lines.starts.tolist()
        parts = ["M" + "L".join(points[a:b]) for a, b in pairwise(ends)]
    credits = list(near.credits) if near else []
    return {"path": "".join(parts), "metres": MAP_M, "credits": credits}


def _rows(table: str) -> Iterator[list[str]]:
    for line in table.splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _degrees(text: str, digits: int) -> float:
    """ISO 6709: degrees, minutes and perhaps seconds, such as +6010 or -0003120."""
    sign, number = (-1 if text[0] == "-" else 1), text[1:]
    parts = [number[:digits], number[digits : digits + 2], number[digits + 2 :] or "0"]
    whole, minutes, seconds = (int(part) for part in parts)
    return round(sign * (whole + minutes / 60 + seconds / 3600), 4)


def _coordinates(text: str) -> Iterator[Found]:
    for match in _COORDINATES.finditer(text.replace("\N{MINUS SIGN}", "-")):
        latitude, longitude = float(match[1]), float(match[2])
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            yield Found(f"{latitude:g}, {longitude:g}", "", latitude, longitude)


def _has(words: Iterable[str], name: str) -> bool:
    plain = _plain(name)
    return all(word in plain for word in words)


def _plain(text: str) -> str:
    """Without accents, and in small letters."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
