"""Payloads: JSON in UTF-8, built from the kiosk's values and decoded from bytes of any sender.

Guarantees: a message is built field by field, so that nothing of a visitor can get into one;
decoding never raises, and anything but the declared message is None.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from device.messaging.messages import Card, Notice, R, Status, Suggestions

if TYPE_CHECKING:  # they need numpy, which the agent of a fleet has no room for
    from device.values import Screen, Suggestion
    from device.words.words import Words

LIFETIME_S = 30.0
"""How long suggestions may be shown after they were published; refreshed every third of it."""

LONGEST = 16_384
"""Bytes of the longest message that is decoded; valid ones have a few hundred."""


def suggestions(screen: Screen, notice: Notice, now: datetime, words: Words) -> Suggestions:
    """What the page shows from `now`, an aware time, for `LIFETIME_S`; `why` in these words."""
    return {
        "state": screen.state,
        "serial": screen.serial,
        "at": iso(now),
        "expires_at": iso(now + timedelta(seconds=LIFETIME_S)),
        "lifetime_s": LIFETIME_S,
        "notice": notice,
        "items": [_card(suggestion, words, now) for suggestion in screen.suggestions],
    }


def status(
    state: Literal["online", "stopped", "offline"], *, boot: str, release: str, now: datetime
) -> Status:
    """Whether the kiosk is running."""
    return {"state": state, "boot": boot, "release": release, "at": iso(now)}


def encode(payload: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8.

    Raises:
        ValueError, TypeError: a value that JSON does not have, such as NaN: browsers refuse it.
    """
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def decode(kind: type[R], payload: bytes) -> R | None:
    """The message in a payload; None: malformed, or longer than `LONGEST`."""
    if len(payload) > LONGEST:
        return None
    try:
        return kind.model_validate_json(payload)
    except Exception:  # a model's own check may fail on any value: no sender may end the thread
        return None


def iso(at: datetime) -> str:
    """An aware time as in a message: UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _card(suggestion: Suggestion, words: Words, now: datetime) -> Card:
    item, distance, minutes = suggestion.item, suggestion.distance_m, suggestion.walk_min
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "creator": item.creator,
        "place": item.address,
        "year": item.year,
        "distance_m": None if distance is None else round(distance),
        "walk_min": None if minutes is None else max(round(minutes), 1),
        "why": list(words.say(suggestion.why, now)),
        "reasons": [
            {"code": reason.code, "argument": reason.argument} for reason in suggestion.why
        ],
        "titles": dict(item.titles),
        "picture": item.picture,
        "route": suggestion.route,
        "link": item.link,
        "credit": item.credit,
        "hours": None if suggestion.hours is None else list(suggestion.hours),
        "price": item.price,
        "wheelchair": item.wheelchair,
        "way": suggestion.way,
        "bearing": None if suggestion.bearing is None else round(suggestion.bearing) % 360,
        "about": item.about,
        "abouts": dict(item.abouts),
    }
