"""Every item of the catalogue against an audience: its score, a varied few of the best, and why.

Guarantees: what is not known, of the audience or of an item, counts nothing for or against; a
visitor who may be a minor gets only what suits all ages; the reasons of a suggestion do not depend
on the audience (`device.matching.reasons`); the same question asked again costs microseconds.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from device.catalogue.hand import NO_HAND, Hand, correct, load_hand, rows_of, unknown
from device.catalogue.pictures import by_name, picture_files
from device.catalogue.store import Catalogue
from device.config import Config, MatchingConfig, PlaceConfig
from device.errors import UserError
from device.matching.blocks import Values, blocks
from device.matching.feedback import Feedback
from device.matching.likeness import Likeness
from device.matching.pooled import Site, load_pool
from device.matching.question import Question
from device.matching.reach import Reach
from device.matching.reasons import reasons
from device.matching.rules import Rules, load_rules
from device.matching.terms import Terms, TermValues
from device.matching.ways import Ways
from device.values import (
    KINDS,
    Audience,
    Context,
    Suggestion,
    Term,
    Tried,
)
from device.words.words import Words

log = logging.getLogger(__name__)

SHORTLIST = 500
"""Items of the best scores among which variety chooses."""


class Matcher:
    """Scores the items of a catalogue for an audience and picks a varied few."""

    def __init__(
        self,
        catalogue: Catalogue,
        rules: Rules,
        config: MatchingConfig,
        place: PlaceConfig,
        vocabulary: Collection[str] = (),
        hand: Hand = NO_HAND,
        site: Site | None = None,
    ) -> None:
        """Prepare the terms of every item. vocabulary: tags and categories that have words.
        hand: what the operator hides, pins and corrects, which changes `catalogue`. site: what
        touches have taught at the site's other kiosks.

        Raises:
            UserError: no such preset, or it leaves no item to suggest.
        """
        self.catalogue, self._rules, self._vocabulary = catalogue, rules, vocabulary
        self._preset = rules.preset(config.preset)
        self._count = config.count
        self._by_gender = config.by_gender
        correct(catalogue, hand.correct)
        arrays = catalogue.arrays
        kinds = [kind for kind in config.kinds if kind in self._preset.kinds]
        suggested = np.array([kind in kinds for kind in KINDS])[arrays.kind]
        if not suggested.any():
            there = sorted({KINDS[code] for code in np.unique(arrays.kind)})
            raise UserError(
                f"matching.kinds: got {', '.join(config.kinds)}, which leaves nothing: preset "
                f"{config.preset!r} suggests {', '.join(self._preset.kinds)}, and the catalogue "
                f"holds {', '.join(there)}"
            )
        self.ways = Ways(arrays, place, catalogue.network)
        """From the kiosk to each item."""
        towards = self._preset.towards or {}
        self._terms = Terms(arrays, rules, towards, place, self.ways.metres)
        self.reach = Reach(arrays, rules, self.ways, self._terms.timetable, place)
        self._weights = rules.weights.model_dump()
        self._scores: Values = np.empty(len(arrays), np.float32)
        self.age_needed = np.where(suggested, arrays.minimum_age, np.uint8(255))
        self.age_needed[rows_of(catalogue, hand.hide)] = 255
        """(N,) years that an audience must certainly have; 255: never suggested."""
        self.askable = arrays.feature_counts(self.age_needed < 255)
        """How many items that may be suggested have each kind, category and tag."""
        if pinned := rows_of(catalogue, hand.pin):
            self._terms.pin(pinned)
        self.unknown = unknown(catalogue, hand)
        """Ids that the operator names and the catalogue has not."""
        if self.unknown:
            log.warning("matching.hand: no such items: %s", ", ".join(self.unknown))
        self._constant: dict[int, Values] = {}
        self._needed = np.full(len(arrays.categories), 255, np.uint8)
        np.minimum.at(self._needed, arrays.category, self.age_needed)
        # A small table is its own shortlist: what is not eligible is never the best of it.
        everything = np.arange(len(arrays))
        self._alike = Likeness(arrays, everything) if len(arrays) <= SHORTLIST else None
        self._asked: Question | None = None
        self._answer: tuple[Suggestion, ...] = ()
        self._recent: dict[int, float] = {}
        self._learnt: dict[str, Tried] = {}
        self._rows: dict[str, int | None] = {}
        self._feedback = Feedback()
        if site is not None:
            rows = ((self._row(name), tried) for name, tried in site.tried.items())
            known = {row: tried for row, tried in rows if row is not None}
            self._feedback = Feedback(known, site.mean)
        named = {name for rule in self._preset.table or () for name in rule.categories}
        for name in sorted(named - set(arrays.categories)):
            log.warning("preset %s: no item of category %r", config.preset, name)

    @classmethod
    def open(cls, config: Config, words: Words, *, spares: int = 0) -> Matcher:
        """A matcher of the catalogue and rules that `config` names.

        words: of the language that reasons must have words in. spares: suggestions beyond
        `matching.count`.

        Raises:
            UserError: a file is missing or broken, or the configuration leaves nothing to suggest.
        """
        matching = config.matching
        pool = None if matching.touches is None else load_pool(matching.touches)
        catalogue = Catalogue.open(matching.catalogue)
        pictures = config.display.pictures
        if pictures is not None and pictures.is_dir():  # who serves them says that it is missing
            catalogue.picture(by_name(picture_files(pictures)))
        return cls(
            catalogue,
            load_rules(matching.rules),
            matching.model_copy(update={"count": matching.count + spares}),
            config.place,
            words.tags,
            NO_HAND if matching.hand is None else load_hand(matching.hand),
            site=None if pool is None else pool.site_without(config.kiosk),
        )

    def match(self, audience: Audience, context: Context) -> tuple[Suggestion, ...]:
        """The best few for this audience now, best first.

        The last answer is kept, and returned again while the question is the same.
        """
        question = Question.of(audience, context, by_gender=self._by_gender)
        if question != self._asked:
            self._learn(context)
            self._answer = self._choose(question)
            self._asked = question
        return self._answer

    def _choose(self, question: Question) -> tuple[Suggestion, ...]:
        """Maximal marginal relevance: each pick is the best that is not like the ones before.

        Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering
        documents and producing summaries", SIGIR 1998.
        """
        terms, named = self._terms.of(question), self._named(question)
        if named is not None:
            terms["mood"] = self._terms.named(named)
        self._score(terms, question, named)
        self._discount(question)
        alike = self._alike or Likeness(self.catalogue.arrays, self._shortlist())
        relevance = self._scores[alike.rows]
        liked = self._liked(alike.rows, question)
        relevance += np.float32(self._weights["touches"]) * liked
        variety = np.float32(self._weights["variety"])
        likeness = np.zeros(len(relevance), np.float32)
        picks: list[Suggestion] = []
        while len(picks) < min(self._count, len(relevance)):
            scores = relevance - variety * likeness if picks else relevance
            best = int(scores.argmax())
            score = float(scores[best])
            if score == -np.inf:
                break
            trace = self._trace(
                terms, int(alike.rows[best]), touches=liked[best], variety=0.0 - likeness[best]
            )
            picks.append(self._suggestion(int(alike.rows[best]), score, trace, question.now))
            relevance[best] = -np.inf
            if len(picks) < self._count:
                np.maximum(likeness, alike.to(best), out=likeness)
        return tuple(picks)

    def _score(
        self, terms: dict[str, TermValues], question: Question, named: Values | None
    ) -> None:
        """Fill `_scores`: the sum of the terms of each item, minus infinity if not eligible."""
        years, left_out = question.years, self.reach.left_out(question)
        if years not in self._constant:
            constant = sum(term.weighted for term in self._terms.constant.values())
            self._constant[years] = np.where(
                self.age_needed <= years, constant, np.float32(-np.inf)
            )
        scores, constant = self._scores, self._constant[years]
        category = self.catalogue.arrays.category
        for part in blocks(len(scores)):
            total = scores[part]
            total[:] = constant[part]
            for term in terms.values():
                total += term.block(part)
            if named is not None:
                total[named[category[part]] == 0] = -np.inf
            if (out := left_out.block(part)) is not None:
                total[out] = -np.inf

    def _discount(self, question: Question) -> None:
        """Take from `_scores` what was shown lately, which `_recent` remembers for the trace."""
        weight = self._weights["recent"]
        rows = ((self._row(name), value) for name, value in question.recent)
        self._recent = {row: value for row, value in rows if row is not None and weight}
        for row, value in self._recent.items():
            self._scores[row] -= np.float32(weight * value)

    def _row(self, item_id: str) -> int | None:
        if item_id not in self._rows:
            self._rows[item_id] = self.catalogue.row_of(item_id)
        return self._rows[item_id]

    def _learn(self, context: Context) -> None:
        """Take what has become of items since the last question."""
        for name, tried in context.tried.items():
            if self._learnt.get(name) is not tried:
                self._learnt[name] = tried
                if (row := self._row(name)) is not None:
                    self._feedback.update(row, tried)

    def _liked(self, rows: NDArray[np.intp], question: Question) -> Values:
        """The term `touches` of these items; 0 before any was tried, here or at the site."""
        if not self._feedback.knows or not self._weights["touches"]:
            return np.zeros(len(rows), np.float32)
        return self._feedback.draw(rows, question.draw)

    def _shortlist(self) -> NDArray[np.intp]:
        """Rows of the best scores, in the catalogue's order."""
        return np.sort(np.argpartition(self._scores, -SHORTLIST)[-SHORTLIST:])

    def _trace(self, terms: dict[str, TermValues], index: int, **others: float) -> tuple[Term, ...]:
        """others: values of the terms that are not in `terms`, but of `recent`."""
        known = (self._terms.constant | terms).items()
        values = {name: term.at(index) for name, term in known if term.weight}
        values["recent"] = 0.0 - self._recent.get(index, 0.0)
        values |= {name: float(value) for name, value in others.items()}
        return tuple(
            Term(name, values.get(name, 0.0), weight) for name, weight in self._weights.items()
        )

    def _suggestion(
        self, index: int, score: float, trace: tuple[Term, ...], now: datetime | None
    ) -> Suggestion:
        item = self.catalogue.item(index)
        metres, minutes = float(self.ways.metres[index]), float(self.ways.minutes[index])
        distance, walk = (None, None) if np.isnan(metres) else (metres, minutes)
        left = None if now is None else self._terms.minutes_left(index, now)
        why = reasons(item, self._vocabulary, distance_m=distance, minutes_left=left, now=now)
        return Suggestion(
            item,
            score,
            why,
            distance,
            walk,
            self.ways.route(item),
            trace,
            hours=None if now is None else self._terms.hours_on(index, now),
            way=self.ways.line(item),
            bearing=self.ways.bearing(item),
        )

    def _named(self, question: Question) -> Values | None:
        """1 for each category that the preset's table names for this audience, 0 for others.

        None: the table names none, or only what this audience may not be shown.
        """
        named = self._preset.categories(
            emotion=question.emotion,
            mood=question.mood,
            gender=question.gender,
            age_band=question.age_band,
        )
        if named is None:
            return None
        names = self.catalogue.arrays.categories
        values = np.array([name in named for name in names], np.float32)
        if not (values.astype(np.bool_) & (self._needed <= question.years)).any():
            return None
        return values
