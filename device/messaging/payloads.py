"""Payloads: JSON in UTF-8, built from the kiosk's values and decoded from bytes of any sender.

Guarantees: a message is built field by field, so that nothing of a visitor can get into one;
decoding never raises, and anything but the declared message is None.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from device.messaging.messages import (
    AroundMessage,
    Card,
    Notice,
    R,
    SkyMessage,
    Status,
    Suggestions,
)

if TYPE_CHECKING:  # they need numpy, which the agent of a fleet has no room for
    from device.values import Around, Screen, Sky, Suggestion
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
        "around": None if screen.around is None else _around(screen.around),
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
    item, distance = suggestion.item, suggestion.distance_m
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "creator": item.creator,
        "place": item.address,
        "year": item.year,
        "distance_m": None if distance is None else round(distance),
        "walk_min": _minutes(suggestion.walk_min),
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


def _around(around: Around) -> AroundMessage:
    return {
        "clock": around.clock,
        "sky": None if around.sky is None else _sky(around.sky),
        "open_places": [
            {
                "title": place.item.title,
                "titles": dict(place.item.titles),
                "until": place.until,
                "walk_min": _minutes(place.walk_min),
                "credit": place.item.credit,
            }
            for place in around.open_places
        ],
    }


def _sky(sky: Sky) -> SkyMessage:
    celsius = None if sky.celsius is None else round(sky.celsius)
    return {"condition": sky.condition, "celsius": celsius}


def _minutes(walk: float | None) -> int | None:
    return None if walk is None else max(round(walk), 1)
