"""What comes in: each touch once, nothing stale, nothing without bound."""

from __future__ import annotations

import json
from typing import Any

from device.messaging.inbox import LIMIT, Inbox
from device.messaging.payloads import Display, Feedback, Weather
from device.messaging.topics import Topics

KIOSK = Topics("hangzhou", "kiosk-1")
LIKED = {"item_id": "p1", "verdict": "liked", "at": "2026-11-21T12:00:00.000Z"}
BEAT = {"state": "resting", "serial": None, "shows_notice": True}


def inbox() -> Inbox:
    return Inbox(KIOSK, lambda: 7.0)


def put(inbox: Inbox, name: str, message: Any, *, retained: bool = False) -> None:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    inbox.put(KIOSK.topic(name), data, retained=retained)


def test_messages_are_taken_once_in_their_order_with_the_time_they_came() -> None:
    box = inbox()
    put(box, "display", BEAT)
    put(box, "feedback", LIKED)
    put(box, "weather", {"condition": "rain"}, retained=True)
    assert box.take() == [
        Display("resting", None, True, 7.0),
        Feedback("p1", "liked", 7.0),
        Weather("rain", None, 7.0),
    ]
    assert box.take() == []


def test_a_touch_that_is_delivered_twice_counts_once() -> None:  # failure 19
    box = inbox()
    put(box, "feedback", LIKED)
    put(box, "feedback", LIKED)
    assert len(box.take()) == 1
    put(box, "feedback", LIKED)
    assert box.take() == []
    put(box, "feedback", {**LIKED, "at": "2026-11-21T12:00:01.000Z"})
    assert len(box.take()) == 1


def test_a_retained_touch_or_heartbeat_is_not_believed() -> None:  # failure 14
    box = inbox()
    put(box, "feedback", {**LIKED, "verdict": "opt_out"}, retained=True)
    put(box, "display", BEAT, retained=True)
    assert box.take() == []
    assert box.malformed == 2


def test_malformed_messages_are_counted_and_dropped() -> None:  # failure 8
    box = inbox()
    put(box, "display", b"\xff")
    put(box, "feedback", {"verdict": "liked"})
    assert box.take() == []
    assert box.malformed == 2


def test_what_was_not_asked_for_is_ignored() -> None:
    box = inbox()
    put(box, "suggestions", {"items": []})
    box.put("wayside/v1/hangzhou/kiosk-2/feedback", json.dumps(LIKED).encode(), retained=False)
    put(box, "weather", b"", retained=False)
    assert box.take() == []
    assert box.malformed == 0


def test_a_corridor_that_does_not_listen_loses_the_oldest_and_it_is_counted() -> None:
    box = inbox()
    for n in range(LIMIT + 5):
        put(box, "display", {**BEAT, "serial": n})
    taken = box.take()
    assert [message.serial for message in taken if isinstance(message, Display)] == list(
        range(5, LIMIT + 5)
    )
    assert box.drops == 5
