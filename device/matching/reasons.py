"""Why an item is suggested, in words for everyone: facts of the item, and nothing else.

Promises: the audience is not an argument, so the words of an item are the same whoever stands
there, at the same hour and place; and every phrase of a rules file passes `forbidden`, which knows
the words that name or imply a mood, an age, a gender or a company.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from device.catalogue.hours import DAY, Hours
from device.values import Item

MOST = 3
"""Phrases a card has room for."""

WELL_KNOWN = 0.8
"""Popularity from which an item is called well known."""

_FORBIDDEN = re.compile(
    r"""\b(?:(?:
    # moods and emotions
    happ|joy|cheer|glad|excit|delight|bored|boring|tired|tiring|exhaust|weary|sleep|sad|sorrow|gloom
    |melanchol|grief|griev|depress|lonel|worr|anxi|nervous|stress|tense|tension|frustrat|angr|anger
    |fury|furious|rage|upset|calm|relax|sooth|comfort|consol|heal|uplift|mood|feel|emotion|fear
    |afraid|frighten|scare|scary|disgust|surpris|neutral|smil|laugh|tears|therap
    # age and gender
    |aged|child|kids|toddler|teen|youth|young|adult|senior|elder|mature|grown|grandp|grandm|minor
    |pension|retire|baby|babies|female|male|woman|women|ladies|lady|gentlem|girl|boy|masculin
    |feminin
    # company, and the visitor as such
    |coupl|family|families|friend|alone|solo|single|together|group|romant|dating|lover|partner
    |compan|crowd|parent|mother|father|your|visitor
    )\w*
    # whole words
    |mad|cry|crying|age|ages|old|older|kid|man|men|mum|mom|dad|her|his|you|two|date|love|guys|pair
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def forbidden(phrase: str) -> str | None:
    """The first word that tells or implies something about a visitor; None: there is none."""
    match = _FORBIDDEN.search(phrase)
    return match.group() if match else None


def reasons(
    item: Item,
    words: Mapping[str, str],
    *,
    distance_m: float | None = None,
    hours: Hours | None = None,
    now: datetime | None = None,
) -> tuple[str, ...]:
    """At most three phrases: what it is like, how far, until when, and how old or known it is.

    words: what may be said of a category or a tag; what is not in it is not said.
    """
    names = (*item.tags, item.category)
    likeness = list(dict.fromkeys(words[name] for name in names if name in words))
    facts = [_distance(distance_m), _open(hours, now), _decade(item), _known(item)]
    facts = [fact for fact in facts if fact]
    return tuple((likeness[: max(MOST - len(facts), 1)] + facts)[:MOST])


def _distance(metres: float | None) -> str:
    if metres is None:
        return ""
    if metres < 950:
        return f"{max(round(metres, -1 if metres < 100 else -2), 10):.0f} m"
    return f"{metres / 1000:.1f} km" if metres < 9950 else f"{metres / 1000:.0f} km"


def _open(hours: Hours | None, now: datetime | None) -> str:
    if hours is None or now is None:
        return ""
    left = hours.minutes_left(now)
    if left == 0:
        return "closed now"
    return (
        "open day and night" if left == DAY else f"open till {now + timedelta(minutes=left):%H:%M}"
    )


def _decade(item: Item) -> str:
    return f"from the {item.year // 10 * 10}s" if item.year is not None else ""


def _known(item: Item) -> str:
    return "well known" if (item.popularity or 0) >= WELL_KNOWN else ""
