"""Several visitors as one audience: who counts, what they share, and their company.

The nearest and best seen visitors weigh most, each by the trust in the state in question: one whose
mouth is covered has little weight in the mood. Where those who count differ too much the state is
"unknown", never an average that fits nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TypeAlias

from device.values import ADULT_AT, UNKNOWN, Audience, Company, Gender, Visitor

COUNTS_FROM = 0.4
"""Visitors whose face is lower than this share of the nearest one's are in the background."""

AGREE_FROM = 0.6
"""A state is the group's where it holds this share of the weight."""

GENERATION_YEARS = 16
"""Age difference from which two adults count as parent and child, that is family."""

Weighted: TypeAlias = list[tuple[Visitor, float]]
"""Visitors and their weights, without trust."""

Value: TypeAlias = Callable[[Visitor], float]


def audience_of(visitors: tuple[Visitor, ...], sensed: tuple[Visitor, ...] = ()) -> Audience:
    """The visitors that count, as one.

    sensed: what sensors other than the camera report of the same people, `nearness` being their
    weight relative to the nearest visitor. They add no person, but count as one if the camera shows
    none.
    """
    nearest = max((visitor.nearness for visitor in visitors), default=0.0)
    counted = tuple(v for v in visitors if v.nearness >= COUNTS_FROM * nearest)
    weighted = [(v, v.nearness) for v in counted]
    others = [(v, v.nearness * (nearest or 1.0)) for v in sensed]
    counted = counted or sensed[:1]
    if not counted:
        return Audience()
    gender = _shared(weighted, others, lambda v: v.gender, lambda v: v.trust.gender)
    genders: dict[str, Gender] = {"female": "female", "male": "male"}
    felt = [*weighted, *_known(others, lambda visitor: visitor.emotion)]
    return Audience(
        visitors=counted,
        size=len(counted),
        mood=_shared(weighted, others, lambda v: v.mood, _trust_in_emotion),
        emotion=_shared(weighted, others, lambda v: v.emotion, _trust_in_emotion),
        valence=_mean(felt, lambda visitor: visitor.valence),
        arousal=_mean(felt, lambda visitor: visitor.arousal),
        age_band=_shared(weighted, others, lambda v: v.age_band, lambda v: v.trust.age),
        gender=genders.get(gender, "unknown"),
        company=company_of(counted),
        minors=any(v.may_be_minor for v in (*counted, *(v for v in sensed if v.years is not None))),
    )


def company_of(visitors: tuple[Visitor, ...]) -> Company:
    """The company of these visitors, from their ages alone.

    An adult, and an age difference of a generation: family. Two adults of similar age: a couple,
    whoever they are. All others, and where ages are unknown: friends.
    """
    if len(visitors) <= 1:
        return "alone" if visitors else "nobody"
    ages = [visitor.years for visitor in visitors if visitor.years is not None]
    adults = [years for years in ages if years >= ADULT_AT]
    if adults and max(ages) - min(ages) >= GENERATION_YEARS:
        return "family"
    return "couple" if len(adults) == len(visitors) == 2 else "friends"


def _shared(
    weighted: Weighted, others: Weighted, state: Callable[[Visitor], str], trust: Value
) -> str:
    """The state that holds most of the trusted weight; `UNKNOWN` where none clearly does."""
    shares: defaultdict[str, float] = defaultdict(float)
    for visitor, weight in (*weighted, *_known(others, state)):
        shares[state(visitor)] += weight * trust(visitor)
    best = max(shares, key=lambda name: shares[name], default=UNKNOWN)
    return best if shares[best] >= AGREE_FROM * sum(shares.values()) else UNKNOWN


def _known(others: Weighted, state: Callable[[Visitor], str]) -> Weighted:
    """Those of other sensors that report this state: a microphone says nothing about age."""
    return [(visitor, weight) for visitor, weight in others if state(visitor) != UNKNOWN]


def _mean(weighted: Weighted, value: Value) -> float:
    """Mean of a value that follows from the emotion."""
    trusted = [(visitor, weight * _trust_in_emotion(visitor)) for visitor, weight in weighted]
    total = sum(weight for _, weight in trusted) or 1.0
    return sum(weight * value(visitor) for visitor, weight in trusted) / total


def _trust_in_emotion(visitor: Visitor) -> float:
    return visitor.trust.emotion
