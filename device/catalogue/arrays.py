"""What matching needs of every item, as arrays: made when a catalogue is built, read when it opens.

They lie in the catalogue's file as one blob each, since a million numbers are read from a blob in
milliseconds and from rows in a second. Texts that repeat (categories, tags, opening hours) are
codes: indices into a list of the distinct texts, in the order of their first appearance.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.values import GUESTS, KINDS, Item

Codes = NDArray[np.int32]

NO_CREATOR = NO_SERIES = -1


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """Of N items, in the order of the catalogue.

    kind: (N,) uint8, index into `KINDS`. category, hours: (N,) int32, index into `categories` and
    `hours_texts`. creator: (N,) int32, equal for the same creator, `NO_CREATOR` where not known.
    minimum_age: (N,) uint8 years. latitude, longitude: (N,) float64 degrees; popularity: (N,)
    float32; NaN where not known. valence, arousal: (N,) float32, -1 to 1; NaN where not known.
    stay: (N,) uint16 minutes, 0 where not known. begins, ends: (N,) int64 seconds since 1970 (UTC),
    0 where it is no event. series: (N,) int32, equal for the dates of one repeating event,
    `NO_SERIES` for other items. suits: (N,) uint8, bit n for `GUESTS[n]`; 0 where
    not known. The features of an item, its kind, category and tags, are
    `features[starts[i]:starts[i + 1]]`, each once: starts (N + 1,) int32, features (M,) int32,
    index into `feature_names`.
    """

    kind: NDArray[np.uint8]
    category: Codes
    creator: Codes
    hours: Codes
    minimum_age: NDArray[np.uint8]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    popularity: NDArray[np.float32]
    valence: NDArray[np.float32]
    arousal: NDArray[np.float32]
    stay: NDArray[np.uint16]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    series: Codes
    suits: NDArray[np.uint8]
    starts: Codes
    features: Codes
    categories: tuple[str, ...]
    hours_texts: tuple[str, ...]
    feature_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def of(cls, items: Iterable[Item]) -> Arrays:
        """The arrays of these items."""
        gathered = Gathered()
        for item in items:
            gathered.add(item)
        return gathered.arrays()

    def blobs(self) -> Iterator[tuple[str, bytes]]:
        """The name of each array and its little-endian bytes, each list of texts as JSON."""
        return ((name, _encode(getattr(self, name))) for name in _TYPES)

    @classmethod
    def from_blobs(cls, blobs: Mapping[str, bytes]) -> Arrays:
        """The arrays of `blobs`, without copying them.

        Raises:
            ValueError, KeyError: one is missing, or they are not of the same items.
        """
        arrays = cls(**{name: _decode(blobs[name], kind) for name, kind in _TYPES.items()})
        count = len(arrays.kind)
        if any(len(getattr(arrays, name)) != count for name in _OF_ITEMS):
            raise ValueError("arrays of different lengths")
        if len(arrays.starts) != count + 1 or arrays.starts[-1] != len(arrays.features):
            raise ValueError("features that do not belong to the items")
        return arrays

    def with_items(self, changed: Mapping[int, Item]) -> Arrays:
        """The same arrays with other numbers and opening hours of some items, by row. Their kind,
        category, creator, series and features must be the same."""
        few, rows = Arrays.of(changed.values()), list(changed)
        others: dict[str, Any] = {}
        for name in set(_OF_ITEMS) - {"kind", "category", "creator", "series", "hours"}:
            others[name] = getattr(self, name).copy()
            others[name][rows] = getattr(few, name)
        hours = self.hours.copy()
        hours[rows] = few.hours + len(self.hours_texts)
        texts = (*self.hours_texts, *few.hours_texts)
        return replace(self, hours=hours, hours_texts=texts, **others)

    def feature_counts(self, some: NDArray[np.bool_]) -> dict[str, int]:
        """How many of some items, an (N,) mask, have each feature that one of them has."""
        features = self.features[np.repeat(some, np.diff(self.starts))]
        counts = np.bincount(features, minlength=len(self.feature_names)).tolist()
        named = zip(self.feature_names, counts, strict=True)
        return {name: count for name, count in named if count}

    def features_of(self, rows: NDArray[np.intp]) -> tuple[Codes, NDArray[np.intp]]:
        """The features of some items one after the other, and where each item's begin."""
        first = self.starts[rows]
        lengths = self.starts[rows + 1] - first
        begins = np.cumsum(lengths) - lengths
        steps = np.arange(int(lengths.sum())) - np.repeat(begins - first, lengths)
        return self.features[steps], begins


_TYPES: Mapping[str, str] = {
    "kind": "u1",
    "category": "<i4",
    "creator": "<i4",
    "hours": "<i4",
    "minimum_age": "u1",
    "latitude": "<f8",
    "longitude": "<f8",
    "popularity": "<f4",
    "valence": "<f4",
    "arousal": "<f4",
    "stay": "<u2",
    "begins": "<i8",
    "ends": "<i8",
    "series": "<i4",
    "suits": "u1",
    "starts": "<i4",
    "features": "<i4",
    "categories": "text",
    "hours_texts": "text",
    "feature_names": "text",
}
"""Names of the arrays, and their types in the file."""

_OF_ITEMS = tuple(_TYPES)[: tuple(_TYPES).index("starts")]
"""Arrays with one number an item."""


class Gathered:
    """The arrays of items that come one by one and are not kept: about 80 bytes
    each, and their distinct texts."""

    def __init__(self) -> None:
        """Of no item yet."""
        self._numbers: dict[str, Any] = {
            name: array(_TYPE_CODES[_TYPES[name]]) for name in _NUMBERED
        }
        self._numbers["starts"].append(0)
        self._texts: dict[str, dict[str, int]] = {name: {} for name in _TEXTS}

    def add(self, item: Item) -> None:
        """Add an item behind the others."""
        numbers, texts = self._numbers, self._texts
        numbers["kind"].append(_KIND_NUMBERS[item.kind])
        numbers["category"].append(_code(texts["categories"], item.category))
        creator = _code(texts["creators"], item.creator) if item.creator else NO_CREATOR
        numbers["creator"].append(creator)
        series = _code(texts["series_names"], item.series) if item.series else NO_SERIES
        numbers["series"].append(series)
        numbers["begins"].append(int(item.begins.timestamp()) if item.begins else 0)
        numbers["ends"].append(int(item.ends.timestamp()) if item.ends else 0)
        numbers["hours"].append(_code(texts["hours_texts"], item.hours))
        numbers["minimum_age"].append(item.minimum_age)
        for name in ("latitude", "longitude", "popularity", "valence", "arousal"):
            value = getattr(item, name)
            numbers[name].append(nan if value is None else value)
        numbers["stay"].append(item.stay or 0)
        numbers["suits"].append(sum(_GUEST_BITS[each] for each in item.suits))
        known = texts["feature_names"]
        codes = sorted({_code(known, name) for name in (item.kind, item.category, *item.tags)})
        numbers["features"].extend(codes)
        numbers["starts"].append(len(numbers["features"]))

    def arrays(self) -> Arrays:
        """The arrays of all the items, without a copy: no item can be added after that."""
        values: dict[str, Any] = {
            name: np.frombuffer(numbers, numbers.typecode)
            for name, numbers in self._numbers.items()
        }
        values |= {name: tuple(self._texts[name]) for name in _TEXTS if name in _TYPES}
        return Arrays(**values)


_TYPE_CODES = {"u1": "B", "<u2": "H", "<i4": "i", "<i8": "q", "<f4": "f", "<f8": "d"}
"""Types in the file, and the same for `array`."""

_NUMBERED = tuple(name for name, kind in _TYPES.items() if kind != "text")
_TEXTS = ("categories", "creators", "series_names", "hours_texts", "feature_names")
_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_GUEST_BITS = {guest: 1 << bit for bit, guest in enumerate(GUESTS)}


def _code(known: dict[str, int], text: str) -> int:
    return known.setdefault(text, len(known))


def _encode(value: Any) -> bytes:
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False).encode()
    return bytes(value.astype(value.dtype.newbyteorder("<"), copy=False).data)


def _decode(blob: bytes, kind: str) -> Any:
    if kind == "text":
        return tuple(json.loads(blob))
    return np.frombuffer(blob, kind)
