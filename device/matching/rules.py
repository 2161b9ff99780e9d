"""The rules of the matching: `catalogue/rules.yaml`, typed and checked like the configuration.

Weights, what suits which age, company, hour and weather, and the presets, of which the
configuration names one. Rules contain no words: see `device/words`. An unknown key or a
value out of bounds is one line: file, path of the key, what it got, what it takes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from device.errors import UserError
from device.typed_yaml import Section, read_yaml
from device.values import KINDS, UNKNOWN, AgeBand, Kind, KnownGender, Mood, SomeCompany

Strength = Annotated[float, Field(ge=-1, le=1)]
Weight = Annotated[float, Field(ge=0, le=10)]


def _lower_case(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9 &/_-]*", name):
        raise ValueError("a tag, category or kind in lower case")
    return name


Feature = Annotated[str, AfterValidator(_lower_case)]
"""A tag, a category or a kind of the catalogue."""

Likes = dict[Feature, Strength]
Affect = tuple[Strength, Strength]
"""Valence and arousal, -1 to 1."""


class Weights(Section):
    """How much each term of a score counts; 0 leaves it out."""

    mood: Weight = 1.0
    age: Weight = 0.4
    gender: Weight = 0.3
    company: Weight = 0.4
    hour: Weight = 0.3
    open: Weight = 1.0
    distance: Weight = 0.5
    popularity: Weight = 0.3
    weather: Weight = 0.6
    turn: Weight = 0.15
    recent: Weight = 1.0
    touches: Weight = 1.2
    pinned: Weight = 3.0
    asked: Weight = 6.0
    variety: Weight = 1.0


class Daypart(Section):
    """Hours of the day, from `start` up to `end` (which may be past midnight), and what suits."""

    start: int = Field(ge=0, le=23)
    end: int = Field(ge=0, le=24)
    likes: Likes

    def covers(self, hour: int) -> bool:
        """Whether an hour, 0 to 23, belongs to it."""
        if self.start < self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end


class TableRule(Section):
    """One row of a table: for whom, and which categories. What is left out does not matter."""

    emotion: str | None = None
    mood: Mood | None = None
    gender: KnownGender | None = None
    age: str | None = Field(None, description="a key of the preset's `ages`")
    categories: tuple[Feature, ...] = Field(min_length=1)


class Preset(Section):
    """One way of answering a mood: where to lead it, or a table of categories."""

    about: str
    kinds: tuple[Kind, ...] = Field(KINDS, min_length=1)
    towards: dict[Mood, Affect] | None = None
    ages: dict[str, tuple[AgeBand, ...]] = {}
    table: tuple[TableRule, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Preset:
        if (self.towards is None) == (self.table is None):
            raise ValueError("either `towards` or `table`")
        for rule in self.table or ():
            if rule.age is not None and rule.age not in self.ages:
                raise ValueError(f"a table whose ages are in `ages` (not {rule.age!r})")
        return self

    def categories(
        self,
        *,
        emotion: str = UNKNOWN,
        mood: str = UNKNOWN,
        gender: str = UNKNOWN,
        age_band: str = UNKNOWN,
    ) -> frozenset[str] | None:
        """The categories that the table names for such an audience; None: it names none.

        What is not known of the audience narrows nothing: the rows for every value count.
        """
        found: set[str] = set()
        for rule in self.table or ():
            bands = None if rule.age is None else self.ages[rule.age]
            if (
                emotion in (UNKNOWN, rule.emotion or emotion)
                and mood in (UNKNOWN, rule.mood or mood)
                and gender in (UNKNOWN, rule.gender or gender)
                and (age_band == UNKNOWN or bands is None or age_band in bands)
            ):
                found.update(rule.categories)
        return frozenset(found) or None


class Rules(Section):
    """The whole of a rules file."""

    weights: Weights = Weights()
    near_m: float = Field(2000, ge=1, le=100_000, description="as good as an unknown distance")
    closing_min: float = Field(45, ge=0, le=600, description="least stay before a place closes")
    farthest_m: dict[SomeCompany, Annotated[float, Field(ge=1)]] = {}
    affect: dict[Feature, Affect] = {}
    age: dict[AgeBand, Likes] = {}
    gender: dict[KnownGender, Likes] = {}
    company: dict[SomeCompany, Likes] = {}
    hours: tuple[Daypart, ...] = ()
    weather: dict[str, Likes] = {}
    quiet: Likes = {}
    presets: dict[str, Preset] = Field(min_length=1)

    def preset(self, name: str) -> Preset:
        """The preset of this name.

        Raises:
            UserError: there is none; the line names those that there are.
        """
        if name not in self.presets:
            raise UserError(f"matching.preset: got {name!r}, takes {', '.join(self.presets)}")
        return self.presets[name]


def load_rules(path: Path) -> Rules:
    """Read a rules file.

    Raises:
        UserError: no such file, not YAML, an unknown key or a bad value.
    """
    return read_yaml(path, Rules, named_by="matching.rules")
