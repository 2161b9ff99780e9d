"""The presets of the iD editor for OpenStreetMap: which one a place is, and what it is called.

`presets.json` is a cut of the npm package that it names, under its own licence (`LICENSE.md`);
`tools/cut_presets.py` makes it. A place is matched as the editor matches it: by its geometry, each
tag of a preset adding the preset's score or half of it for any value, the highest sum wins
(iD, `modules/presets/preset.js`, `matchScore`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Literal, TypeAlias

FILE = Path(__file__).with_name("presets.json")

Geometry: TypeAlias = Literal["point", "vertex", "line", "area", "relation"]

FAMILIES = frozenset(
    {
        "amenity", "attraction", "club", "craft", "education", "healthcare", "historic", "landuse",
        "leisure", "man_made", "natural", "office", "place", "shop", "tourism",
    }
)  # fmt: skip
"""First parts of the presets that describe places, which are keys of tags too; others, such as
roads, are no place to go to."""

MOST_READINGS = 8
"""Of tags that hold several values each."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A category of places. name: such as `amenity/cafe`. tags: `*` stands for any value."""

    name: str
    tags: Mapping[str, str]
    more_tags: Mapping[str, str] = field(default_factory=dict)
    weight: float = 1.0
    searchable: bool = True

    @property
    def is_generic(self) -> bool:
        """Whether it says no more than a key, such as `shop=*`."""
        return set(self.tags.values()) == {"*"}

    def score(self, tags: Mapping[str, str]) -> float:
        """How well it describes a place with these tags; -1: not at all."""
        total = 0.0
        for key, value in self.tags.items():
            if tags.get(key) == value:
                total += self.weight
            elif value == "*" and key in tags:
                total += self.weight / 2
            else:
                return -1
        further = (key for key in self.more_tags if key not in self.tags)
        total += self.weight * sum(tags.get(key) == self.more_tags[key] for key in further)
        return total if self.searchable else total * 0.999


def matching(tags: Mapping[str, str], geometry: Geometry) -> list[tuple[float, Preset]]:
    """Every preset that describes such a place, with its score; the best first.

    Of a tag with several values (`restaurant;bar`) each is tried.
    """
    index = _index()[geometry]
    found: dict[str, tuple[float, Preset]] = {}
    for reading in _readings(tags, index):
        for key, value in reading.items():
            of_key = index.get(key, {})
            for preset in (*of_key.get(value, ()), *of_key.get("*", ())):
                score = preset.score(reading)
                if score > found.get(preset.name, (0.0, preset))[0]:
                    found[preset.name] = score, preset
    return sorted(found.values(), key=lambda match: -match[0])


def _readings(tags: Mapping[str, str], index: Mapping[str, object]) -> Iterator[dict[str, str]]:
    several = [key for key, value in tags.items() if key in index and ";" in value]
    values = [[part.strip() for part in tags[key].split(";")] for key in several]
    for number, choice in enumerate(product(*values)):
        if number == MOST_READINGS:
            return
        yield {**tags, **dict(zip(several, choice, strict=True))}


@cache
def names(language: str) -> Mapping[str, str]:
    """What presets are called in a language; of a language without names nothing."""
    content = _content()
    if language not in content["languages"]:
        return {}
    place = content["languages"].index(language)
    named = ((name, entry.get("names")) for name, entry in content["presets"].items())
    return {name: texts[place] for name, texts in named if texts and texts[place]}


def _content() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


@cache
def _index() -> Mapping[str, Mapping[str, Mapping[str, list[Preset]]]]:
    """Presets by geometry, and by the keys and values of their tags."""
    index: dict[str, dict[str, dict[str, list[Preset]]]] = defaultdict(dict)
    for name, entry in _content()["presets"].items():
        preset = Preset(
            name,
            entry["tags"],
            entry.get("addTags", {}),
            entry.get("matchScore", 1.0),
            entry.get("searchable", True),
        )
        for geometry in entry["geometry"]:
            for key, value in preset.tags.items():
                index[geometry].setdefault(key, {}).setdefault(value, []).append(preset)
    return index
