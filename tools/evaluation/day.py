"""A simulated day at a kiosk: which items 200 audiences are shown, how often, and whether rightly.

Protocol: from 8 to 22 o'clock on a Saturday, audiences arrive at random times and stay for 20 to 90
seconds; their moods, age bands and companies are drawn evenly, families have a child. The matching,
the session and what the kiosk has shown lately run as they do on a device, second by second. A card
counts each time it comes on the screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from tqdm import tqdm

from device.catalogue.hours import parse_hours
from device.config import Config
from device.matching.match import Matcher
from device.matching.question import certain_years
from device.matching.reasons import GENERAL
from device.session.recent import Recent
from device.session.session import SPARES, Session
from device.values import (
    AGE_BANDS,
    MOODS,
    Audience,
    Company,
    Context,
    Item,
    Suggestion,
    Trust,
    Visitor,
)
from device.words.words import load_words

AUDIENCES = 200
OPENS = datetime(2026, 5, 9, 8)  # a Saturday
HOURS = 14
STAY_S = (20, 90)
HOUR_S = 3600
COMPANIES: tuple[Company, ...] = ("alone", "couple", "family", "friends")


@dataclass(frozen=True, slots=True)
class Card:
    """A card that came on the screen. at: seconds since the kiosk opened."""

    at: float
    item: Item
    years: int
    open_then: bool
    reasoned: bool


@dataclass(frozen=True, slots=True)
class Day:
    """What came on the screen, and how many items the catalogue has."""

    cards: tuple[Card, ...]
    items: int

    def shares(self) -> dict[str, float]:
        """Shares of items ever shown, of cards by the ten most shown, of cards shown within the
        hour before, of cards that are closed, under age, or without a reason of their own."""
        cards = self.cards
        counts = Counter(card.item.id for card in cards)
        last: dict[str, float] = {}
        again = 0
        for card in cards:
            again += card.at - last.get(card.item.id, -np.inf) < HOUR_S
            last[card.item.id] = card.at
        total = max(1, len(cards))
        return {
            "items ever shown": len(counts) / self.items,
            "cards of the ten most shown": sum(n for _, n in counts.most_common(10)) / total,
            "cards shown within the hour before": again / total,
            "cards of closed places": sum(not card.open_then for card in cards) / total,
            "cards under age": sum(card.item.minimum_age > card.years for card in cards) / total,
            "cards without a reason of their own": sum(not c.reasoned for c in cards) / total,
        }


def simulate(
    config: Config, audiences: int = AUDIENCES, seed: int = 0, on: date | None = None
) -> Day:
    """A day at the kiosk of this configuration. on: None: that of the protocol."""
    opens = datetime.combine(on or OPENS.date(), OPENS.time())
    words = load_words(config.display.languages[0], config.matching.catalogue)
    matcher = Matcher.open(config, words, spares=SPARES)
    session, recent = Session(config.session, config.matching.count), Recent(seed)
    dice = np.random.default_rng(seed)
    zone = ZoneInfo(config.place.timezone)
    arrivals = np.sort(dice.uniform(0, HOURS * HOUR_S, audiences))
    cards: list[Card] = []
    serial, at = 0, 0.0
    for number, arrival in enumerate(tqdm(arrivals, unit="audience", disable=None)):
        at = max(at + 1, float(arrival))
        audience = _audience(dice, number)
        leaves = at + float(dice.uniform(*STAY_S))
        gone = leaves + config.session.stay_s + 1
        while at < gone:
            there = audience if at < leaves else Audience()
            now = (opens + timedelta(seconds=at)).replace(tzinfo=zone)
            context = Context(at=at, now=now, recent=recent.discounts, draw=recent.draw)
            screen = session.update(there, matcher.match(there, context), context)
            recent.update(screen, at)
            if screen.serial != serial:
                serial = screen.serial
                years = certain_years(audience)
                cards += [_card(s, at, now, years, config) for s in screen.suggestions]
            at += 1
    return Day(tuple(cards), len(matcher.catalogue))


def _audience(dice: np.random.Generator, number: int) -> Audience:
    mood = str(dice.choice(MOODS))
    band = str(dice.choice([b for b in AGE_BANDS if b != "child"]))
    company: Company = COMPANIES[int(dice.integers(len(COMPANIES)))]
    size = 1 if company == "alone" else 2
    minors = company == "family" or band == "teen"
    visitors = tuple(_visitor(f"{number}-{n}", band, mood) for n in range(size))
    return Audience(visitors, size, mood, age_band=band, company=company, minors=minors)


def _visitor(track_id: str, band: str, mood: str) -> Visitor:
    return Visitor(
        track_id=track_id, emotion="neutral", emotions={}, mood=mood, valence=0, arousal=0,
        years=None, age_band=band, female=None, gender="unknown", trust=Trust.same(1),
        nearness=0.3, since=0.0,
    )  # fmt: skip


def _card(suggestion: Suggestion, at: float, now: datetime, years: int, config: Config) -> Card:
    item = suggestion.item
    hours = parse_hours(item.hours, config.place)
    reasoned = any(r.code == "tag" and r.argument not in GENERAL for r in suggestion.why)
    is_open = hours is None or hours.minutes_left(now) != 0
    return Card(at, item, years, is_open, reasoned)


def report(day: Day) -> Iterator[str]:
    """A line for each figure."""
    yield f"{len(day.cards)} cards of {day.items} items"
    for name, share in day.shares().items():
        yield f"{name:38} {100 * share:5.1f} %"
