"""The two queues of the bus: bounded, newest state first, nothing lost, no duplicate touch."""

from __future__ import annotations

import json
from typing import Any

from device.messaging.payloads import Display, Feedback, Weather
from device.messaging.queues import LIMIT, WINDOW, Inbox, Outbox, Outgoing
from device.messaging.topics import Topics

KIOSK = Topics("hangzhou", "kiosk-1")
LIKED = {"item_id": "p1", "verdict": "liked", "at": "2026-11-21T12:00:00.000Z"}
BEAT = {"state": "resting", "serial": None, "shows_notice": True}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def state(topic: str, text: str) -> Outgoing:
    return Outgoing(topic, text.encode(), retain=True)


def event(text: str) -> Outgoing:
    return Outgoing("counts", text.encode(), retain=False)


class Broker:
    """Takes messages, and acknowledges them on request."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.sent: list[str] = []

    def take(self, most: int = 10_000) -> list[int]:
        """Packet identifiers of all messages that the outbox sends now."""
        before = len(self.sent)
        while len(self.sent) - before < most and self.outbox.send_next(self._publish):
            pass
        return list(range(before + 1, len(self.sent) + 1))

    def take_all(self) -> list[str]:
        """Everything, each acknowledged at once."""
        before = len(self.sent)
        while packet_ids := self.take():
            for packet_id in packet_ids:
                self.outbox.acknowledged(packet_id)
        return self.sent[before:]

    def _publish(self, message: Outgoing) -> int:
        self.sent.append(message.payload.decode())
        return len(self.sent)


def test_of_a_state_only_the_newest_is_kept() -> None:  # failure 11
    outbox = Outbox(10, Clock())
    for n in range(100_000):
        outbox.put(state("suggestions", str(n)))
    assert outbox.waiting() == 1
    assert Broker(outbox).take_all() == ["99999"]
    assert outbox.drops == 0


def test_a_full_queue_loses_its_oldest_and_counts_them() -> None:  # failure 11
    outbox = Outbox(3, Clock())
    for n in range(10):
        outbox.put(event(str(n)))
    assert outbox.drops == 7
    assert Broker(outbox).take_all() == ["7", "8", "9"]


def test_what_was_not_acknowledged_is_sent_again_in_its_order() -> None:
    outbox = Outbox(10, Clock())
    for n in range(4):
        outbox.put(event(str(n)))
    first, second = Broker(outbox).take(2)
    outbox.acknowledged(first)
    outbox.reconnected()
    outbox.acknowledged(second)  # an answer to the old connection is no answer
    assert outbox.waiting() == 3
    assert Broker(outbox).take_all() == ["1", "2", "3"]


def test_the_bound_holds_for_what_comes_back_from_a_lost_connection_too() -> None:  # failure 11
    outbox = Outbox(2, Clock())
    outbox.put(event("0"))
    outbox.put(event("1"))
    assert len(Broker(outbox).take()) == 2
    outbox.put(event("2"))
    outbox.put(event("3"))
    outbox.reconnected()
    assert Broker(outbox).take_all() == ["2", "3"]
    assert outbox.drops == 2


def test_a_new_connection_begins_with_every_state() -> None:  # failure 17
    outbox = Outbox(10, Clock())
    outbox.put(state("status", "online"))
    outbox.put(state("health", "well"))
    outbox.put(event("1"))
    assert Broker(outbox).take_all() == ["online", "well", "1"]
    outbox.reconnected()
    assert Broker(outbox).take_all() == ["online", "well"]


def test_a_state_waits_for_the_one_before_it_and_the_newest_follows() -> None:
    outbox = Outbox(10, Clock())
    broker = Broker(outbox)
    outbox.put(state("health", "1"))
    (first,) = broker.take()
    outbox.put(state("health", "2"))
    outbox.put(state("health", "3"))
    assert broker.take() == []
    outbox.acknowledged(first)
    assert broker.take_all() == ["3"]


def test_no_more_than_a_window_is_under_way() -> None:
    outbox = Outbox(100, Clock())
    for n in range(50):
        outbox.put(event(str(n)))
    assert len(Broker(outbox).take()) == WINDOW
    assert outbox.waiting() == 50


def test_it_knows_for_how_long_an_answer_has_been_missing() -> None:  # failure 9
    clock = Clock()
    outbox = Outbox(10, clock)
    assert outbox.oldest_s() == 0
    outbox.put(event("1"))
    (packet_id,) = Broker(outbox).take()
    clock.now += 12
    assert outbox.oldest_s() == 12
    outbox.acknowledged(packet_id)
    assert outbox.oldest_s() == 0


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
