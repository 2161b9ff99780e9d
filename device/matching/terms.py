"""The terms of a score: for each, one number an item, -1 against it to 1 for it, 0 not known.

Everything that depends on the items alone is computed once. A question then picks a few arrays and
adds them, block by block, so that each number is read from memory once. Formulas and their sources
stand in `docs/matching.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, get_args

import numpy as np

from device.catalogue.arrays import Arrays, Codes
from device.catalogue.hours import Timetable
from device.config import PlaceConfig
from device.matching.blocks import Values, blocks
from device.matching.question import Question
from device.matching.rules import Affect, Likes, Rules
from device.values import GUESTS, SomeCompany

K = TypeVar("K", bound=str)

OPEN = 0.2
"""Value of the term `open`: a little, since the hours of most places are not known."""

SUITS = 0.5
"""Value in the term `company` of an item that says whom it suits: this, or minus this."""

COMPANIES: tuple[SomeCompany, ...] = get_args(SomeCompany)

BITS = {guest: np.uint8(1 << bit) for bit, guest in enumerate(GUESTS)}
"""Of each guest in `Arrays.suits`."""

HOURS_OF_DAY = 24

_TURN_SEED, _TURN_STEP, _DRAW_STEP = 20_261_124, 7_919, 104_729
"""Seed of the random numbers, and by how many places they move each hour and draw; primes."""


@dataclass(frozen=True, slots=True, eq=False)
class TermValues:
    """One term, weighted: of the items, or of codes where many items share a value."""

    weighted: Values
    weight: float
    codes: Codes | None = None

    def at(self, index: int) -> float:
        """The value of one item, -1 to 1, without its weight, which is not 0."""
        place = index if self.codes is None else self.codes[index]
        return max(-1.0, min(1.0, float(self.weighted[place]) / self.weight))

    def block(self, part: slice) -> Values:
        """The weighted values of some items in a row."""
        return self.weighted[part] if self.codes is None else self.weighted[self.codes[part]]


class Terms:
    """The terms of every item of a catalogue.

    timetable: of the items' opening hours.
    """

    def __init__(
        self,
        arrays: Arrays,
        rules: Rules,
        towards: Mapping[K, Affect],
        place: PlaceConfig,
        metres: Values,
    ) -> None:
        """metres: (N,) distances, NaN where not known."""
        self._arrays, self._rules = arrays, rules
        self._columns = {name: code for code, name in enumerate(arrays.feature_names)}
        self._moods = dict(self._towards(towards))
        self._ages = self._liked("age", rules.age)
        self._genders = self._liked("gender", rules.gender)
        self._companies: dict[str, TermValues] = {
            company: self._weighted("company", self._fits(company, rules.company.get(company, {})))
            for company in COMPANIES
        }
        self._weathers = self._liked("weather", rules.weather)
        self._hours = self._by_hour()
        near = np.exp2(1 - metres / np.float32(rules.near_m)) - 1
        self._near = np.nan_to_num(near, copy=False)
        popular = 2 * arrays.popularity - 1
        self.constant = {
            "distance": self._weighted("distance", self._near),
            "popularity": self._weighted("popularity", np.nan_to_num(popular, copy=False)),
        }
        self.timetable = Timetable(arrays.hours_texts, place)
        turns = np.random.default_rng(_TURN_SEED).random(len(arrays), np.float32) * 2 - 1
        self._turns = self._weighted("turn", np.concatenate([turns, turns])).weighted

    def of(self, question: Question) -> dict[str, TermValues]:
        """The terms that a question changes and that are not 0 for all items, without `variety`.

        Keys are names of `Weights`. The others are in `constant`.
        """
        now = question.now
        terms = {
            "mood": self._moods.get(question.mood),
            "age": self._ages.get(question.age_band),
            "gender": self._genders.get(question.gender),
            "company": self._companies.get(question.company),
            "hour": None if now is None else self._hours[now.hour],
            "open": None if now is None else self._open(now),
            "weather": self._weathers.get(question.weather),
            "turn": self._turn(now, question.draw),
            "asked": self._asked(question),
        }
        return {name: term for name, term in terms.items() if term is not None and term.weight}

    def pin(self, rows: list[int]) -> None:
        """Give these items the term `pinned`."""
        values = np.zeros(len(self._arrays), np.float32)
        values[rows] = 1
        self.constant["pinned"] = self._weighted("pinned", values)

    def named(self, values: Values) -> TermValues:
        """The term `mood` of a preset with a table. values: (K,), 1 for the categories it names."""
        return self._weighted("mood", values, self._arrays.category)

    def _weighted(self, name: str, values: Values, codes: Codes | None = None) -> TermValues:
        weight = float(getattr(self._rules.weights, name))
        return TermValues(values * np.float32(weight), weight, codes)

    def minutes_left(self, index: int, now: datetime) -> int:
        """For how long an item stays open, as `Hours.minutes_left`."""
        return int(self.timetable.minutes_left(now)[self._arrays.hours[index]])

    def hours_on(self, index: int, now: datetime) -> tuple[str, ...] | None:
        """When an item is open on the day of `now`, as `Hours.on_day`."""
        return self.timetable.on_day(int(self._arrays.hours[index]), now)

    def _sums(self, strengths: Values) -> Values:
        """For each item the sum of its features' strengths: shape (N,)."""
        arrays, sums = self._arrays, np.empty(len(self._arrays), np.float32)
        for part in blocks(len(arrays)):
            starts = arrays.starts[part.start : part.stop + 1]
            features = arrays.features[starts[0] : starts[-1]]
            np.add.reduceat(strengths[features], starts[:-1] - starts[0], out=sums[part])
        return sums

    def _suits(self, likes: Likes) -> Values:
        """The sum of what is liked in each item's tags, category and kind, within -1 and 1."""
        return np.clip(self._sums(self._strengths(likes)), -1, 1)

    def _fits(self, company: SomeCompany, likes: Likes) -> Values:
        """What is liked in company, and whether the item says that it suits it."""
        suits = self._arrays.suits
        said = np.where(suits & BITS[company], np.float32(SUITS), np.float32(-SUITS))
        said[suits == 0] = 0
        fits: Values = np.clip(self._suits(likes) + said, -1, 1)
        return fits

    def _strengths(self, of: Mapping[str, float]) -> Values:
        strengths = np.zeros(len(self._columns), np.float32)
        for name in of.keys() & self._columns.keys():
            strengths[self._columns[name]] = of[name]
        return strengths

    def _liked(self, name: str, table: Mapping[K, Likes]) -> dict[str, TermValues]:
        return {key: self._weighted(name, self._suits(likes)) for key, likes in table.items()}

    def _towards(self, aims: Mapping[K, Affect]) -> Iterator[tuple[str, TermValues]]:
        """For each mood 1 minus the distance of an item's affect from the aim, at least -1.

        An item's affect is its own, else the mean of those of its tags, category and kind; with
        none: 0.
        """
        affect = self._rules.affect
        count = self._sums(self._strengths(dict.fromkeys(affect, 1.0)))
        some = np.maximum(count, 1)
        valence = self._sums(self._strengths({name: v for name, (v, _) in affect.items()})) / some
        arousal = self._sums(self._strengths({name: a for name, (_, a) in affect.items()})) / some
        own = np.isfinite(self._arrays.valence)
        valence = np.where(own, self._arrays.valence, valence)
        arousal = np.where(own, self._arrays.arousal, arousal)
        for mood, aim in aims.items():
            distance = np.hypot(valence - np.float32(aim[0]), arousal - np.float32(aim[1]))
            near = np.where(own | (count > 0), np.maximum(1 - distance, -1), np.float32(0))
            yield mood, self._weighted("mood", near)

    def _by_hour(self) -> list[TermValues | None]:
        """The term `hour` at each hour of the day; hours in the same dayparts share it."""
        suited = [self._suits(part.likes) for part in self._rules.hours]
        terms: dict[tuple[int, ...], TermValues | None] = {(): None}
        hours = []
        for hour in range(HOURS_OF_DAY):
            parts = tuple(n for n, part in enumerate(self._rules.hours) if part.covers(hour))
            if parts not in terms:
                total = sum((suited[n] for n in parts[1:]), suited[parts[0]])
                terms[parts] = self._weighted("hour", np.clip(total, -1, 1))
            hours.append(terms[parts])
        return hours

    def _open(self, now: datetime) -> TermValues:
        known = self.timetable.minutes_left(now) > 0
        return self._weighted("open", known * np.float32(OPEN), self._arrays.hours)

    def _asked(self, question: Question) -> TermValues | None:
        """Whether an item is what was asked for, and how well it is so in the way that was asked.

        -1 for another thing; of the right one half, and as much more as the mean of the wishes.
        """
        request, arrays = question.request, self._arrays
        if request is None:
            return None
        wishes = []
        if request.near:
            wishes.append(self._near)
        if request.quiet:
            wishes.append(self._suits(self._rules.quiet))
        if request.children:
            wishes.append(self._fits("family", self._rules.company.get("family", {})))
        if request.open_now and question.now is not None:
            known = self.timetable.minutes_left(question.now) > 0
            wishes.append(known.astype(np.float32)[arrays.hours])
        values = np.full(len(arrays), 1, np.float32)
        if wishes:
            values = np.mean(wishes, axis=0, dtype=np.float32)
        if request.features:
            having = self._sums(self._strengths(dict.fromkeys(request.features, 1.0))) > 0
            values = np.where(having, (1 + values) / 2, np.float32(-1))
        return self._weighted("asked", values)

    def _turn(self, now: datetime | None, draw: int) -> TermValues:
        """A random number from -1 to 1, another one each hour and draw: equals take turns."""
        count = len(self._arrays)
        hour = 0 if now is None else now.toordinal() * HOURS_OF_DAY + now.hour
        start = (hour * _TURN_STEP + draw * _DRAW_STEP) % count
        return TermValues(self._turns[start : start + count], self._rules.weights.turn)
