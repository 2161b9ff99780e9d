"""What a catalogue has and what it lacks: counts and gaps, for the operator.

Guarantee: numbers are of the items given, corrections included; examples are ids in their order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from device.catalogue.hours import parse_hours
from device.config import PlaceConfig
from device.values import Item

EXAMPLES = 3
"""Ids named of each gap."""

MOST = 4
"""Languages of the table beside those of the kiosk."""

_DATE = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b")


@dataclass(frozen=True, slots=True)
class Source:
    """Where items come from. date: the day of the data that the source names, else empty."""

    name: str
    date: str
    credit: str
    items: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Items that lack something, or are never shown. of: how many of them there could be."""

    what: str
    items: int
    of: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """kinds: number by kind. categories: number by kind and category, the most frequent first.
    pictures: items with a picture, by a cell and by a file named by the id. gaps: what items lack.
    never: items that nobody is ever shown, by reason."""

    items: int
    kinds: Mapping[str, int]
    categories: Mapping[tuple[str, str], int]
    sources: tuple[Source, ...]
    pictures: tuple[int, int]
    gaps: tuple[Gap, ...]
    never: tuple[Gap, ...]


def survey(
    items: Sequence[Item],
    *,
    place: PlaceConfig,
    languages: Iterable[str],
    vocabulary: Collection[str],
    pictures: Mapping[str, str],
    never: Mapping[str, Sequence[int]],
) -> Survey:
    """Count items and what they lack.

    place: of opening hours. languages: of the kiosk. vocabulary: categories that have words.
    pictures: by id the file that is an item's picture by its name. never: indices of the items that
    nobody is ever shown, by reason.
    """
    kinds = Counter(item.kind for item in items)
    sources = Counter((item.source, item.credit) for item in items)
    shown = [item for item in items if item.picture]
    by_name = sum(item.picture == pictures.get(item.id) for item in shown)
    titled = Counter(language for item in items for language in item.titles)
    spoken = dict.fromkeys([*languages, *(language for language, _ in titled.most_common(MOST))])
    return Survey(
        items=len(items),
        kinds=dict(kinds.most_common()),
        categories=dict(Counter((item.kind, item.category) for item in items).most_common()),
        sources=tuple(
            Source(name, ", ".join(dict.fromkeys(_DATE.findall(name))), credit, number)
            for (name, credit), number in sources.most_common()
        ),
        pictures=(len(shown) - by_name, by_name),
        gaps=tuple(_gaps(items, place, spoken, vocabulary)),
        never=tuple(
            _gap(reason, [items[row] for row in rows], len(items)) for reason, rows in never.items()
        ),
    )


def _gaps(
    items: Sequence[Item],
    place: PlaceConfig,
    languages: Iterable[str],
    vocabulary: Collection[str],
) -> Iterable[Gap]:
    places = [item for item in items if item.kind == "place"]
    somewhere = [item for item in items if item.kind in ("place", "event")]
    if somewhere:
        yield _gap("coordinates", [i for i in somewhere if i.latitude is None], len(somewhere))
    if places:
        yield _gap("opening hours", [i for i in places if not i.hours], len(places))
    known = lru_cache(None)(lambda text: _is_known(text, place))
    told = [item for item in items if item.hours]
    if told:
        lack = [item for item in told if not known(item.hours)]
        yield _gap("opening hours that are understood here", lack, len(told))
    yield _gap("a picture", [item for item in items if not item.picture], len(items))
    yield _gap("a link", [item for item in items if not item.link], len(items))
    if any(item.about for item in items):
        yield _gap("lines about it", [item for item in items if not item.about], len(items))
    for language in languages:
        lack = [item for item in items if language not in item.titles]
        yield _gap(f"a title of its own in {language}", lack, len(items))
    lack = [item for item in items if item.category not in vocabulary]
    yield _gap("words for its category", lack, len(items))


def _is_known(text: str, place: PlaceConfig) -> bool:
    try:
        return parse_hours(text, place) is not None
    except ValueError:
        return False


def _gap(what: str, items: Sequence[Item], of: int) -> Gap:
    return Gap(what, len(items), of, tuple(item.id for item in items[:EXAMPLES]))
