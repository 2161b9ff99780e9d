"""Several visitors as one audience: who counts, what they share, and in whose company they are.

Who stands nearest and is seen best has the most to say. Where those who count differ too much the
answer is "unknown", never an average that fits nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from device.audience.age import ADULT_AT
from device.values import UNKNOWN, Audience, Company, Gender, Visitor

COUNTS_FROM = 0.4
"""Whose face is less than this share of the nearest one's height stands in the background."""

AGREE_FROM = 0.6
"""A state is the group's where it holds this share of the weight."""

GENERATION_YEARS = 16
"""Two adults this far apart are taken for parent and child, that is family."""


def audience_of(visitors: tuple[Visitor, ...]) -> Audience:
    """Everybody in the picture as one; `visitors` of the answer are those who count."""
    nearest = max((visitor.nearness for visitor in visitors), default=0.0)
    there = tuple(v for v in visitors if v.nearness >= COUNTS_FROM * nearest)
    if not there:
        return Audience()
    weights = [visitor.trust * visitor.nearness for visitor in there]
    total = sum(weights) or 1.0
    gender = _shared(there, weights, lambda visitor: visitor.gender)
    genders: dict[str, Gender] = {"female": "female", "male": "male"}
    return Audience(
        visitors=there,
        size=len(there),
        mood=_shared(there, weights, lambda visitor: visitor.mood),
        emotion=_shared(there, weights, lambda visitor: visitor.emotion),
        valence=sum(w * v.valence for w, v in zip(weights, there, strict=True)) / total,
        arousal=sum(w * v.arousal for w, v in zip(weights, there, strict=True)) / total,
        age_band=_shared(there, weights, lambda visitor: visitor.age_band),
        gender=genders.get(gender, "unknown"),
        company=company_of(there),
        minors=any(visitor.may_be_minor for visitor in there),
    )


def company_of(there: tuple[Visitor, ...]) -> Company:
    """In whose company they are, told from their ages alone.

    An adult, and somebody a generation apart from somebody there: family. Two adults of like age: a
    couple, whoever they are. Everybody else, and where ages are not known: friends.
    """
    if len(there) <= 1:
        return "alone" if there else "nobody"
    ages = [visitor.years for visitor in there if visitor.years is not None]
    adults = [years for years in ages if years >= ADULT_AT]
    if adults and max(ages) - min(ages) >= GENERATION_YEARS:
        return "family"
    return "couple" if len(adults) == len(there) == 2 else "friends"


def _shared(
    there: tuple[Visitor, ...], weights: list[float], state: Callable[[Visitor], str]
) -> str:
    """The state that holds most of the weight, `UNKNOWN` where none clearly does."""
    shares: defaultdict[str, float] = defaultdict(float)
    for visitor, weight in zip(there, weights, strict=True):
        shares[state(visitor)] += weight
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= AGREE_FROM * sum(weights) else UNKNOWN
