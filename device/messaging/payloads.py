"""Payloads: built from the corridor's values, and read back from bytes that anyone may have sent.

Building picks each field by name, so that nothing of a visitor can slip into a message. Reading
never raises: what is not the message it claims to be is None, unknown keys are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias, cast, get_args

from device.values import Screen, Suggestion

LIFETIME_S = 30.0
"""How long suggestions may be shown after they were said; they are said anew each third of it."""

LONGEST = 16_384
"""Bytes of the longest message that is read: ours are a few hundred."""

Notice: TypeAlias = Literal["watching", "not_watching", "opted_out", "demo"]
Verdict: TypeAlias = Literal["chosen", "liked", "not_for_me", "opt_out", "opt_in"]

_ABOUT_AN_ITEM = ("chosen", "liked", "not_for_me")
_WORD = re.compile(r"[a-z_-]{1,32}")


@dataclass(frozen=True, slots=True)
class Display:
    """The page's heartbeat. received: monotonic seconds, by the kiosk's own clock."""

    state: str
    serial: int | None
    shows_notice: bool
    received: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """A touch; `item_id` is None for opting out or in. received: monotonic seconds."""

    item_id: str | None
    verdict: Verdict
    received: float


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather of the site, in one word, and until when it may be believed, if it says so."""

    condition: str
    expires_at: datetime | None
    received: float


Inbound: TypeAlias = Display | Feedback | Weather


def suggestions(screen: Screen, notice: Notice, now: datetime) -> dict[str, Any]:
    """What the page shows from `now`, an aware time, for `LIFETIME_S`."""
    return {
        "state": screen.state,
        "serial": screen.serial,
        "at": iso(now),
        "expires_at": iso(now + timedelta(seconds=LIFETIME_S)),
        "lifetime_s": LIFETIME_S,
        "notice": notice,
        "items": [_card(suggestion) for suggestion in screen.suggestions],
    }


def status(
    state: Literal["online", "offline"], *, boot: str, release: str, now: datetime
) -> dict[str, Any]:
    """Whether the kiosk is there."""
    return {"state": state, "boot": boot, "release": release, "at": iso(now)}


def encode(payload: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8.

    Raises:
        ValueError, TypeError: a value that JSON does not have, such as NaN: browsers refuse it.
    """
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def decode(name: str, payload: bytes, received: float) -> Inbound | None:
    """Read a message that the kiosk receives; None: it is malformed.

    name: `display`, `feedback` or `weather`. received: monotonic seconds.
    """
    if len(payload) > LONGEST:
        return None
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    read = {"display": _display, "feedback": _feedback, "weather": _weather}.get(name)
    return read(message, received) if read else None


def iso(at: datetime) -> str:
    """An aware time as messages carry it: UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _card(suggestion: Suggestion) -> dict[str, Any]:
    item, distance = suggestion.item, suggestion.distance_m
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "creator": item.creator,
        "place": item.address,
        "year": item.year,
        "distance_m": None if distance is None else round(distance),
        "why": list(suggestion.why),
        "picture": item.picture,
        "link": item.link,
    }


def _display(message: Mapping[str, Any], received: float) -> Display | None:
    state, serial = message.get("state"), message.get("serial")
    notice = message.get("shows_notice")
    if not _is_word(state) or not isinstance(notice, bool):
        return None
    if serial is not None and type(serial) is not int:
        return None
    return Display(cast(str, state), serial, notice, received)


def _feedback(message: Mapping[str, Any], received: float) -> Feedback | None:
    item_id = message.get("item_id")
    verdict: Any = message.get("verdict")
    if verdict not in get_args(Verdict) or not isinstance(message.get("at"), str):
        return None
    if verdict not in _ABOUT_AN_ITEM:
        return Feedback(None, verdict, received)
    if not isinstance(item_id, str) or not 0 < len(item_id) <= 128:
        return None
    return Feedback(item_id, verdict, received)


def _weather(message: Mapping[str, Any], received: float) -> Weather | None:
    condition, expires = message.get("condition"), message.get("expires_at")
    if not _is_word(condition):
        return None
    if expires is not None:
        try:
            expires = datetime.fromisoformat(expires)
        except (TypeError, ValueError):
            return None
        if expires.tzinfo is None:
            return None
    return Weather(cast(str, condition), expires, received)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None
