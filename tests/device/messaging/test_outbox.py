"""What waits for the broker: bounded, newest state first, nothing lost between two connections."""

from __future__ import annotations

from device.messaging.outbox import WINDOW, Outbox, Outgoing


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def state(topic: str, text: str) -> Outgoing:
    return Outgoing(topic, text.encode(), retain=True)


def event(text: str) -> Outgoing:
    return Outgoing("counts", text.encode(), retain=False)


class Broker:
    """Takes messages; acknowledges them when it is told to."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.told: list[str] = []

    def take(self, most: int = 10_000) -> list[int]:
        """Numbers of as many messages as the outbox sends now."""
        before = len(self.told)
        while len(self.told) - before < most and self.outbox.send_next(self._publish):
            pass
        return list(range(before + 1, len(self.told) + 1))

    def take_all(self) -> list[str]:
        """Everything, each acknowledged at once."""
        before = len(self.told)
        while numbers := self.take():
            for number in numbers:
                self.outbox.acknowledged(number)
        return self.told[before:]

    def _publish(self, message: Outgoing) -> int:
        self.told.append(message.payload.decode())
        return len(self.told)


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
    (number,) = Broker(outbox).take()
    clock.now += 12
    assert outbox.oldest_s() == 12
    outbox.acknowledged(number)
    assert outbox.oldest_s() == 0
