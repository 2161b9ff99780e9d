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


def send_all(outbox: Outbox, first: int = 1) -> list[str]:
    """Send and have acknowledged whatever there is."""
    told = []
    for number in range(first, first + 10_000):
        message = outbox.next()
        if message is None:
            return told
        outbox.sent(number, message)
        assert outbox.acknowledged(number)
        told.append(message.payload.decode())
    raise AssertionError("the outbox never ends")


def test_of_a_state_only_the_newest_is_kept() -> None:  # failure 11
    outbox = Outbox(10, Clock())
    for n in range(100_000):
        outbox.put(state("suggestions", str(n)))
    assert outbox.waiting() == 1
    assert send_all(outbox) == ["99999"]
    assert outbox.drops == 0


def test_a_full_queue_loses_its_oldest_and_counts_them() -> None:  # failure 11
    outbox = Outbox(3, Clock())
    for n in range(10):
        outbox.put(event(str(n)))
    assert outbox.drops == 7
    assert send_all(outbox) == ["7", "8", "9"]


def test_what_was_not_acknowledged_is_sent_again_in_its_order() -> None:
    outbox = Outbox(10, Clock())
    for n in range(4):
        outbox.put(event(str(n)))
    for number in (1, 2):
        message = outbox.next()
        assert message is not None
        outbox.sent(number, message)
    assert outbox.acknowledged(1)
    outbox.reconnected()
    assert not outbox.acknowledged(2), "an answer to the old connection is no answer"
    assert send_all(outbox) == ["1", "2", "3"]


def test_the_bound_holds_for_what_comes_back_from_a_lost_connection_too() -> None:  # failure 11
    outbox = Outbox(2, Clock())
    for n in range(2):
        outbox.put(event(str(n)))
        message = outbox.next()
        assert message is not None
        outbox.sent(n, message)
    for n in range(2, 4):
        outbox.put(event(str(n)))
    outbox.reconnected()
    assert send_all(outbox) == ["2", "3"]
    assert outbox.drops == 2


def test_a_new_connection_begins_with_every_state() -> None:  # failure 17
    outbox = Outbox(10, Clock())
    outbox.put(state("status", "online"))
    outbox.put(state("health", "well"))
    outbox.put(event("1"))
    assert send_all(outbox) == ["online", "well", "1"]
    outbox.reconnected()
    assert send_all(outbox) == ["online", "well"]


def test_a_state_waits_for_the_one_before_it_and_the_newest_follows() -> None:
    outbox = Outbox(10, Clock())
    outbox.put(state("health", "1"))
    first = outbox.next()
    assert first is not None
    outbox.sent(1, first)
    outbox.put(state("health", "2"))
    outbox.put(state("health", "3"))
    assert outbox.next() is None
    assert outbox.acknowledged(1)
    assert send_all(outbox, first=2) == ["3"]


def test_no_more_than_a_window_is_under_way() -> None:
    outbox = Outbox(100, Clock())
    for n in range(50):
        outbox.put(event(str(n)))
    for number in range(WINDOW):
        message = outbox.next()
        assert message is not None
        outbox.sent(number, message)
    assert outbox.next() is None
    assert outbox.waiting() == 50


def test_it_knows_for_how_long_an_answer_has_been_missing() -> None:  # failure 9
    clock = Clock()
    outbox = Outbox(10, clock)
    assert outbox.oldest_s() == 0
    outbox.put(event("1"))
    message = outbox.next()
    assert message is not None
    outbox.sent(1, message)
    clock.now += 12
    assert outbox.oldest_s() == 12
