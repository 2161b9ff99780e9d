"""The two queues of the bus: bounded, nothing lost, nothing stale, no message handled twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from device.messaging.messages import Display, Feedback, Received, Status, Weather
from device.messaging.queues import LIMIT, WINDOW, Inbox, Outbox, Outgoing
from device.messaging.topics import TABLE, Row, Topics

KIOSK = Topics("helsinki", "kiosk-1")
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


def test_of_a_retained_message_only_the_newest_is_kept() -> None:  # failure 11
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


def test_a_new_connection_begins_with_every_retained_message() -> None:  # failure 17
    outbox = Outbox(10, Clock())
    outbox.put(state("status", "online"))
    outbox.put(state("health", "well"))
    outbox.put(event("1"))
    assert Broker(outbox).take_all() == ["online", "well", "1"]
    outbox.reconnected()
    assert Broker(outbox).take_all() == ["online", "well"]


def test_a_retained_message_waits_for_the_one_before_it_and_the_newest_follows() -> None:
    outbox = Outbox(10, Clock())
    broker = Broker(outbox)
    outbox.put(state("health", "1"))
    (first,) = broker.take()
    outbox.put(state("health", "2"))
    outbox.put(state("health", "3"))
    assert broker.take() == []
    outbox.acknowledged(first)
    assert broker.take_all() == ["3"]


def test_no_more_than_a_window_is_in_flight() -> None:
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


class Corridor:
    """An inbox, and every message that its handlers have been called with."""

    def __init__(self, topics: Topics = KIOSK) -> None:
        self.topics, self.inbox = topics, Inbox(topics, lambda: 7.0)
        self.handled: list[tuple[Received, float]] = []
        for row in topics.table:
            if row.received:
                self.inbox.route(row.message, self._handle)

    def put(self, name: str, message: Any, *, retained: bool = False) -> None:
        """What the bus does with a message from the broker."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.inbox.put(self.topics.topic(name), data, retained=retained)

    def turn(self) -> list[tuple[Received, float]]:
        """What one turn of the corridor handles."""
        self.handled.clear()
        self.inbox.deliver()
        return list(self.handled)

    def _handle(self, message: Received, at: float) -> None:
        self.handled.append((message, at))


def test_messages_are_handled_once_in_their_order_with_the_time_of_arrival() -> None:
    corridor = Corridor()
    corridor.put("display", BEAT)
    corridor.put("feedback", LIKED)
    corridor.put("weather", {"condition": "rain"}, retained=True)
    assert corridor.handled == [], "nothing is handled on the bus's thread"
    assert corridor.turn() == [
        (Display(**BEAT), 7.0),
        (Feedback(**LIKED), 7.0),
        (Weather(condition="rain"), 7.0),
    ]
    assert corridor.turn() == []


def test_each_room_gets_the_kinds_that_it_registered_for() -> None:
    inbox = Inbox(KIOSK, lambda: 7.0)
    touches: list[Feedback] = []
    ledger: list[Feedback] = []
    inbox.route(Feedback, lambda touch, at: touches.append(touch))
    inbox.route(Feedback, lambda touch, at: ledger.append(touch))
    inbox.put(KIOSK.topic("feedback"), json.dumps(LIKED).encode(), retained=False)
    inbox.put(KIOSK.topic("weather"), b'{"condition": "rain"}', retained=True)
    inbox.deliver()
    assert touches == ledger == [Feedback(**LIKED)]
    assert inbox.malformed == 0, "a kind that no room wants is no error"


class Lamp(Received):
    """A message of tomorrow: switch a lamp."""

    on: bool


def test_a_new_kind_of_message_takes_a_row_of_the_table_and_a_room_that_wants_it() -> None:
    row = Row("lamp", "wayside/v1/{site}/{kiosk}/lamp", Lamp, "anyone", retained=False, qos=1)
    corridor = Corridor(Topics("helsinki", "kiosk-1", (*TABLE, row)))
    corridor.put("lamp", {"on": True, "id": 1})
    corridor.put("lamp", {"on": True, "id": 1})  # delivered twice
    corridor.put("lamp", {"on": "yes"})
    corridor.put("lamp", {"on": False, "id": 2}, retained=True)
    assert corridor.turn() == [(Lamp(on=True), 7.0)]
    assert corridor.inbox.malformed == 2


@pytest.mark.parametrize("kind", [Lamp, Status])
def test_no_room_can_register_for_what_the_table_does_not_have_it_receive(kind: type) -> None:
    with pytest.raises(ValueError, match=kind.__name__):
        Inbox(KIOSK, lambda: 7.0).route(kind, lambda message, at: None)


def test_a_touch_that_is_delivered_twice_counts_once() -> None:  # failure 19
    corridor = Corridor()
    corridor.put("feedback", LIKED)
    corridor.put("feedback", LIKED)
    assert len(corridor.turn()) == 1
    corridor.put("feedback", LIKED)
    assert corridor.turn() == []
    corridor.put("feedback", {**LIKED, "at": "2026-11-21T12:00:01.000Z"})
    assert len(corridor.turn()) == 1


def test_a_heartbeat_that_says_the_same_again_is_a_new_one() -> None:
    corridor = Corridor()
    corridor.put("display", BEAT)
    corridor.put("display", BEAT)
    assert len(corridor.turn()) == 2


def test_a_retained_touch_or_heartbeat_is_ignored() -> None:  # failure 14
    corridor = Corridor()
    corridor.put("feedback", {**LIKED, "verdict": "opt_out"}, retained=True)
    corridor.put("display", BEAT, retained=True)
    assert corridor.turn() == []
    assert corridor.inbox.malformed == 2


def test_malformed_messages_are_counted_and_dropped() -> None:  # failure 8
    corridor = Corridor()
    corridor.put("display", b"\xff")
    corridor.put("feedback", {"verdict": "liked"})
    assert corridor.turn() == []
    assert corridor.inbox.malformed == 2


def test_a_message_that_was_not_subscribed_to_is_ignored() -> None:
    corridor = Corridor()
    corridor.put("suggestions", {"items": []})
    other = "wayside/v1/helsinki/kiosk-2/feedback"
    corridor.inbox.put(other, json.dumps(LIKED).encode(), retained=False)
    corridor.put("weather", b"")
    assert corridor.turn() == []
    assert corridor.inbox.malformed == 0


def test_a_corridor_that_does_not_turn_loses_the_oldest_and_they_are_counted() -> None:
    corridor = Corridor()
    for n in range(LIMIT + 5):
        corridor.put("display", {**BEAT, "serial": n})
    serials = [message.serial for message, _ in corridor.turn() if isinstance(message, Display)]
    assert serials == list(range(5, LIMIT + 5))
    assert corridor.inbox.drops == 5
