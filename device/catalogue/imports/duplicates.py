"""Which objects of the map are one place, such as a museum's entrance and its building.

Two are one if they have the same name and one lies in the other's area, or both within `NEAR_M`, of
a chain within `CHAIN_NEAR_M`. They stay two if their addresses, branches or floors differ.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from device.catalogue.imports.extract import Feature
from device.catalogue.imports.surface import contains
from device.catalogue.imports.venues import key_of
from device.catalogue.sphere import METRES_A_DEGREE
from device.presets.presets import FAMILIES

NEAR_M, CHAIN_NEAR_M = 50.0, 15.0

CHAIN = 3
"""Places of one name that make it a chain, if none of them has a `brand`."""

BRANDS = ("brand", "brand:wikidata", "brand:wikipedia")
"""Keys that say of a place that it is one of a chain."""

APART = (("addr:street", "addr:housenumber"), ("branch",), ("level",))
"""Tags that tell one branch from another."""


def merged(features: Sequence[Feature]) -> tuple[list[Feature], list[Feature]]:
    """Each place once, in the order of its first object, with the tags of all; and the others."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for index, feature in enumerate(features):
        by_name[key_of(feature.name)].append(index)
    kept: dict[int, Feature] = {}
    for indices in by_name.values():
        namesakes = [(index, features[index]) for index in indices]
        places = dict(_places(namesakes, NEAR_M))
        if len(places) >= CHAIN or any(map(_branded, places.values())):
            places = dict(_places(namesakes, CHAIN_NEAR_M))
        kept |= places
    identities = {(place.letter, place.number) for place in kept.values()}
    again = [each for each in features if (each.letter, each.number) not in identities]
    return [kept[index] for index in sorted(kept)], again


def names_of_chains(places: Sequence[Feature]) -> set[str]:
    """The names, as `key_of`, that several places have, or one that says that it is of a chain."""
    count = Counter(key_of(place.name) for place in places)
    return {name for name in count if count[name] >= CHAIN} | {
        key_of(place.name) for place in places if _branded(place)
    }


def _branded(place: Feature) -> bool:
    return any(key in place.tags for key in BRANDS)


def _places(namesakes: list[tuple[int, Feature]], near: float) -> Iterator[tuple[int, Feature]]:
    """The places among objects of one name, each with the index of its first object."""
    left = sorted(namesakes, key=lambda each: (_south(each[1]), each[0]))
    while left:
        first, place = left.pop(0)
        others = []
        for position, (index, other) in enumerate(left):
            if _south(other) > _north(place) + near / METRES_A_DEGREE:
                others += left[position:]
                break
            if _are_one(place, other, near):
                first, place = min(first, index), _joined(place, other)
            else:
                others.append((index, other))
        left = others
        yield first, place


def _are_one(one: Feature, other: Feature, near: float) -> bool:
    for keys in APART:
        values = [tuple(each.tags.get(key) for key in keys) for each in (one, other)]
        if None not in values[0] + values[1] and values[0] != values[1]:
            return False
    here, there = one.point, other.point
    if here is None or there is None:
        return False
    if contains(one.outers, one.inners, there) or contains(other.outers, other.inners, here):
        return True
    across = (here[0] - there[0]) * math.cos(math.radians(here[1]))
    return math.hypot(across, here[1] - there[1]) * METRES_A_DEGREE <= near


def _joined(one: Feature, other: Feature) -> Feature:
    """The one that says more, with what the other knows besides: it is what both are."""
    main, more = (one, other) if len(one.tags) >= len(other.tags) else (other, one)
    tags = {**more.tags, **main.tags}
    for key in FAMILIES & main.tags.keys() & more.tags.keys():
        tags[key] = ";".join(dict.fromkeys(f"{main.tags[key]};{more.tags[key]}".split(";")))
    shape = main if main.outers else more
    return replace(main, tags=tags, outers=shape.outers, inners=shape.inners)


def _south(feature: Feature) -> float:
    if feature.outers:
        return float(min(ring[:, 1].min() for ring in feature.outers))
    return feature.point[1] if feature.point else math.inf


def _north(feature: Feature) -> float:
    if feature.outers:
        return float(max(ring[:, 1].max() for ring in feature.outers))
    return feature.point[1] if feature.point else math.inf
