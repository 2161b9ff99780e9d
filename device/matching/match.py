"""Every item of the catalogue against who stands there: its score, a varied few of them, and why.

Promises: what is not known, of the audience or of an item, counts nothing for or against; somebody
who may be a minor gets only what suits all ages; the words of a suggestion do not depend on the
audience (`device.matching.reasons`); the same question asked again costs microseconds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.errors import UserError
from device.matching.reasons import reasons
from device.matching.rules import Rules
from device.matching.terms import Question, Terms, Values
from device.values import (
    AGE_BAND_STARTS,
    AGE_BANDS,
    UNKNOWN,
    Audience,
    Context,
    Suggestion,
    Term,
)

log = logging.getLogger(__name__)

ADULT = 18
"""Years below which somebody gets what suits all ages, and nothing else."""

STEP_MIN = 5
"""The clock is read in steps of this many minutes, so that an answer can be kept."""

SAME_KIND, SAME_CATEGORY, SHARED_TAGS, SAME_CREATOR = 0.4, 0.3, 0.2, 0.1
"""What makes two items alike; all together 1."""


def sure_years(audience: Audience) -> int:
    """Years that everybody who counts surely has; 0 where somebody may be a minor.

    Nobody looked at, or an age that is not known, may be a minor.
    """
    bands = [visitor.age_band for visitor in audience.visitors] or [UNKNOWN]
    if audience.age_band != UNKNOWN:
        bands = [audience.age_band]
    starts = dict(zip(AGE_BANDS, AGE_BAND_STARTS, strict=True))
    years = min(starts.get(band, 0) for band in bands)
    return years if audience.size and not audience.minors and years >= ADULT else 0


class Matcher:
    """Scores the items of a catalogue for an audience and picks a varied few."""

    def __init__(
        self, catalogue: Catalogue, rules: Rules, config: MatchingConfig, place: PlaceConfig
    ) -> None:
        """Prepare the terms of every item.

        Raises:
            UserError: no such preset, or it leaves no item to suggest.
        """
        self._rules = rules
        self._preset = rules.preset(config.preset)
        self._count = config.count
        self._by_gender = config.by_gender
        kinds = [kind for kind in config.kinds if kind in self._preset.kinds]
        self._items = items = tuple(item for item in catalogue.items if item.kind in kinds)
        if not items:
            raise UserError(
                f"matching.kinds: got {', '.join(config.kinds)}, which leaves nothing: preset "
                f"{config.preset!r} suggests {', '.join(self._preset.kinds)}, and the catalogue "
                f"holds {', '.join(sorted({item.kind for item in catalogue.items}))}"
            )
        self._terms = Terms(items, rules, self._preset.towards or {}, place)
        self._size = self._terms.features.sum(axis=1)
        self._minimum_age = np.array([item.minimum_age for item in items])
        self._kind = _codes(item.kind for item in items)
        self._category = _codes(item.category for item in items)
        self._creator = _codes(item.creator or item.id for item in items)
        self._asked: Question | None = None
        self._answer: tuple[Suggestion, ...] = ()
        named = {name for rule in self._preset.table or () for name in rule.categories}
        for name in sorted(named - {item.category for item in items}):
            log.warning("preset %s: no item of category %r", config.preset, name)

    def match(self, audience: Audience, context: Context) -> tuple[Suggestion, ...]:
        """The best few for this audience now, best first.

        The last answer is kept, and returned again while the question is the same.
        """
        now = context.now
        if now is not None:
            now = now.replace(minute=now.minute // STEP_MIN * STEP_MIN, second=0, microsecond=0)
        question = Question(
            mood=audience.mood,
            emotion=audience.emotion,
            age_band=audience.age_band,
            gender=audience.gender if self._by_gender else UNKNOWN,
            company=audience.company,
            years=sure_years(audience),
            now=now,
            weather=context.weather,
        )
        if question != self._asked:
            self._answer = self._choose(question)
            self._asked = question
        return self._answer

    def _choose(self, question: Question) -> tuple[Suggestion, ...]:
        """Maximal marginal relevance: each pick is the best that is not like the ones before.

        Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering
        documents and producing summaries", SIGIR 1998.
        """
        values = self._terms.of(question)
        allowed = self._minimum_age <= question.years
        named = self._named(question)
        if (allowed & named).any():
            allowed &= named
            values["mood"] = named.astype(np.float32)
        weights = {name: float(getattr(self._rules.weights, name)) for name in values}
        relevance = np.array(list(weights.values())) @ np.array(list(values.values()))
        relevance[~allowed] = -np.inf
        variety = float(self._rules.weights.variety)
        likeness = np.zeros(len(self._items), np.float32)
        picks = []
        for _ in range(min(self._count, int(allowed.sum()))):
            scores = relevance - variety * likeness
            best = int(scores.argmax())
            trace = [Term(name, float(values[name][best]), weights[name]) for name in values]
            trace.append(Term("variety", 0.0 - float(likeness[best]), variety))
            picks.append(self._suggestion(best, float(scores[best]), trace, question.now))
            relevance[best] = -np.inf
            likeness = np.maximum(likeness, self._likeness(best))
        return tuple(picks)

    def _suggestion(
        self, index: int, score: float, trace: list[Term], now: datetime | None
    ) -> Suggestion:
        item, metres = self._items[index], float(self._terms.metres[index])
        distance = None if np.isnan(metres) else metres
        hours = self._terms.hours[item.hours]
        why = reasons(item, self._rules.words, distance_m=distance, hours=hours, now=now)
        return Suggestion(item, score, why, distance, tuple(trace))

    def _named(self, question: Question) -> NDArray[np.bool_]:
        """Whether the preset's table names an item's category for this audience: shape (N,)."""
        categories = self._preset.categories(
            emotion=question.emotion,
            mood=question.mood,
            gender=question.gender,
            age_band=question.age_band,
        )
        return np.array([item.category in (categories or ()) for item in self._items])

    def _likeness(self, index: int) -> Values:
        """How much each item is like this one, 0 to 1; of tags the share that they share."""
        shared = self._terms.features @ self._terms.features[index]
        alike: Values = (
            SAME_KIND * (self._kind == self._kind[index])
            + SAME_CATEGORY * (self._category == self._category[index])
            + SHARED_TAGS * shared / (self._size + self._size[index] - shared)
            + SAME_CREATOR * (self._creator == self._creator[index])
        ).astype(np.float32)
        return alike


def _codes(names: Iterable[str]) -> NDArray[np.int64]:
    """A number for each name, the same for the same name: shape (N,)."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in names])
