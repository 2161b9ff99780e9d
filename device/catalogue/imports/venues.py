"""Where events are that name a place of the table: it has the coordinates that they lack."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from unicodedata import normalize

from device.catalogue.imports.imported import Imported
from device.values import Item


def locate(parts: Iterable[Imported]) -> None:
    """Give each event without coordinates those of the one item whose name its address is, or
    begins with before a comma. Events whose place nobody else has are counted."""
    parts = list(parts)
    known: dict[str, set[tuple[float, float]]] = defaultdict(set)
    for item in (item for part in parts for item in part.items):
        if item.kind == "event" or item.latitude is None or item.longitude is None:
            continue
        for name in {key_of(title) for title in (item.title, *item.titles.values())}:
            known[name].add((item.latitude, item.longitude))
    for part in parts:
        for number, item in enumerate(part.items):
            if item.kind != "event" or item.latitude is not None or not item.address:
                continue
            places = next((known[name] for name in _names(item) if name in known), set())
            if len(places) == 1:
                (latitude, longitude) = next(iter(places))
                part.items[number] = replace(item, latitude=latitude, longitude=longitude)
            else:
                why = "is several places" if places else "no place of this name"
                part.cells.add(f"coordinates: {why}", f"{item.id}: {item.address}")


def _names(item: Item) -> Iterator[str]:
    """What the place may be called: all of the address, or what stands before a comma."""
    for text in (item.address, re.split(r"[,;|(\n]| - ", item.address)[0]):
        if name := key_of(text):
            yield name


def key_of(name: str) -> str:
    """A name without case, accents' composition and punctuation."""
    text = normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", text) or text
