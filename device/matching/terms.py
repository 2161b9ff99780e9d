"""The terms of a score: for each, one number an item, -1 against it to 1 for it, 0 not known.

What depends on the item alone is worked out once; a question then only picks and adds arrays.
Formulas and their sources stand in `docs/matching.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from device.catalogue.hours import Hours, parse_hours
from device.config import PlaceConfig
from device.matching.rules import Affect, Likes, Rules
from device.values import Item

K = TypeVar("K", bound=str)

Values: TypeAlias = NDArray[np.float32]
"""One number an item: shape (N,)."""

EARTH_M = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""

OPEN, CLOSING, CLOSED = 0.2, -0.5, -1.0
"""Values of the term `open`. Little is gained by being open: most places do not say their hours."""


@dataclass(frozen=True, slots=True)
class Question:
    """All of an audience and its context that an answer depends on."""

    mood: str
    emotion: str
    age_band: str
    gender: str
    company: str
    years: int
    now: datetime | None
    weather: str


class Terms:
    """The terms of every item of a catalogue.

    features: (N, T) float32, 1 where an item has a tag, category or kind. metres: (N,) float64,
    NaN where it is not known.
    """

    def __init__(
        self,
        items: tuple[Item, ...],
        rules: Rules,
        towards: Mapping[K, Affect],
        place: PlaceConfig,
    ) -> None:
        self._items = items
        self._rules = rules
        self._nothing: Values = np.zeros(len(items), np.float32)
        named = [{*item.tags, item.category, item.kind} for item in items]
        self._columns = {name: at for at, name in enumerate(sorted(set().union(*named)))}
        self.features: Values = np.zeros((len(items), len(self._columns)), np.float32)
        for row, names in enumerate(named):
            self.features[row, [self._columns[name] for name in names]] = 1
        self.hours = {item.hours: _hours(item.hours) for item in items}
        self.metres = _metres(items, place)
        self._moods = self._towards(towards)
        self._ages = self._liked(rules.age)
        self._genders = self._liked(rules.gender)
        self._companies = self._liked(rules.company)
        self._weathers = self._liked(rules.weather)
        self._dayparts = [self._suits(part.likes) for part in rules.hours]
        self._near = np.nan_to_num(np.exp2(1 - self.metres / rules.near_m) - 1).astype(np.float32)
        popular = [0 if i.popularity is None else 2 * i.popularity - 1 for i in items]
        self._popular: Values = np.array(popular, np.float32)

    def of(self, question: Question) -> dict[str, Values]:
        """The values of each term but `variety`, by the names of `Weights`."""
        return {
            "mood": self._moods.get(question.mood, self._nothing),
            "age": self._ages.get(question.age_band, self._nothing),
            "gender": self._genders.get(question.gender, self._nothing),
            "company": self._companies.get(question.company, self._nothing),
            "hour": self._hour(question.now),
            "open": self._open(question.now),
            "distance": self._near,
            "popularity": self._popular,
            "weather": self._weathers.get(question.weather, self._nothing),
            "turn": self._turn(question.now),
        }

    def _suits(self, likes: Likes) -> Values:
        """The sum of what is liked in each item's tags, category and kind, within -1 and 1."""
        strengths = np.zeros(len(self._columns), np.float32)
        for name in likes.keys() & self._columns.keys():
            strengths[self._columns[name]] = likes[name]
        suited: Values = np.clip(self.features @ strengths, -1, 1)
        return suited

    def _liked(self, table: Mapping[K, Likes]) -> dict[str, Values]:
        return {key: self._suits(likes) for key, likes in table.items()}

    def _towards(self, aims: Mapping[K, Affect]) -> dict[str, Values]:
        """For each mood 1 minus the distance of an item's affect from the aim, at least -1.

        An item's affect is the mean of those of its tags, category and kind; with none: 0.
        """
        known = [name for name in self._rules.affect if name in self._columns]
        marks = self.features[:, [self._columns[name] for name in known]]
        affect = np.array([self._rules.affect[name] for name in known], np.float32).reshape(-1, 2)
        count = marks.sum(axis=1, keepdims=True)
        mean = marks @ affect / np.maximum(count, 1)
        values: dict[str, Values] = {}
        for mood, aim in aims.items():
            distance = np.linalg.norm(mean - np.array(aim, np.float32), axis=1)
            values[mood] = np.where(count[:, 0] > 0, np.maximum(1 - distance, -1), 0)
        return values

    def _hour(self, now: datetime | None) -> Values:
        suited = self._nothing
        for part, values in zip(self._rules.hours, self._dayparts, strict=True):
            if now is not None and part.covers(now.hour):
                suited = suited + values
        return np.clip(suited, -1, 1)

    def _open(self, now: datetime | None) -> Values:
        if now is None:
            return self._nothing
        states = {text: self._state(hours, now) for text, hours in self.hours.items()}
        return np.array([states[item.hours] for item in self._items], np.float32)

    def _state(self, hours: Hours | None, now: datetime) -> float:
        if hours is None:
            return 0.0
        left = hours.minutes_left(now)
        if left == 0:
            return CLOSED
        return CLOSING if left < self._rules.closing_min else OPEN

    def _turn(self, now: datetime | None) -> Values:
        """A little chance, another one each hour, so that equals take turns."""
        hour = 0 if now is None else now.toordinal() * 24 + now.hour
        return np.random.default_rng(hour).uniform(-1, 1, len(self._items)).astype(np.float32)


def _hours(text: str) -> Hours | None:
    try:
        return parse_hours(text)
    except ValueError:  # `catalogue build` refuses these: the file was made by other means
        return None


def _metres(items: tuple[Item, ...], place: PlaceConfig) -> NDArray[np.float64]:
    """Great-circle distance of each item from the kiosk by the haversine formula; NaN unknown."""
    degrees = [(i.latitude, i.longitude, place.latitude, place.longitude) for i in items]
    lat, lon, here_lat, here_lon = np.radians(np.array(degrees, np.float64)).T
    half = (
        np.sin((lat - here_lat) / 2) ** 2
        + np.cos(lat) * np.cos(here_lat) * np.sin((lon - here_lon) / 2) ** 2
    )
    metres: NDArray[np.float64] = 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1)))
    return metres
