"""Fetching blobs in parts: whatever the hub sends or loses, whole content or none comes of it."""

from __future__ import annotations

import errno
import hashlib
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.fleet.blobs import PART, encode_part, encode_parts
from device.fleet.manifest import Entry
from device.fleet.parts import LATER_S, LONGEST_S, SILENCE_S, WINDOW, Part, Parts
from device.messaging.topics import blob_part

CONTENT = random.Random(1).randbytes(3 * PART + 100)


@dataclass
class Hub:
    """What is retained, and what is asked for; it answers when it is told to."""

    retained: dict[Part, bytes] = field(default_factory=dict)
    asked: list[Part] = field(default_factory=list)
    sent: list[Part] = field(default_factory=list)
    read_at: float = 0.0

    def publish(self, *blobs: bytes) -> tuple[Entry, ...]:
        for blob in blobs:
            for number, payload in enumerate(encode_parts(blob)):
                self.retained[Part(sha256_of(blob), number)] = payload
        return tuple(
            Entry(path=f"catalogue/{n}.sqlite", sha256=sha256_of(blob), size=len(blob))
            for n, blob in enumerate(blobs)
        )

    def subscribe(self, topic: str, qos: int) -> None:
        assert qos == 0
        part = blob_part(topic)
        assert part is not None
        self.asked.append(Part(*part))

    def unsubscribe(self, topic: str) -> None:
        self.asked = [part for part in self.asked if part != blob_part(topic)]


@dataclass
class Shelf:
    """Keeps content in memory; `full` refuses what is added."""

    partial: dict[str, bytes] = field(default_factory=dict)
    whole: dict[str, bytes] = field(default_factory=dict)
    full: bool = False

    def arrived(self, sha256: str) -> int:
        return len(self.partial.get(sha256, b""))

    def append(self, sha256: str, content: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.partial[sha256] = self.partial.get(sha256, b"") + content

    def finish(self, sha256: str) -> bool:
        content = self.partial.pop(sha256)
        if sha256_of(content) != sha256:
            return False
        self.whole[sha256] = content
        return True


class Fetch:
    """Parts between a hub and a shelf, with a clock that a test sets."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.hub, self.shelf, self.now = Hub(), shelf or Shelf(), 0.0
        self.parts = Parts(self.hub, self.shelf, clock=lambda: self.now)

    def deliver(self, part: Part, payload: bytes | None = None) -> bool:
        self.hub.read_at = self.now
        return self.parts.receive(part, self.hub.retained[part] if payload is None else payload)

    def run(self) -> None:
        """Deliver what is asked for until nothing is."""
        while self.hub.asked:
            assert len(self.hub.asked) <= WINDOW
            self.deliver(self.hub.asked[0])

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.parts.turn()


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("sizes", [(0,), (1,), (PART,), (PART + 1, 0, 5 * PART, 17)])
def test_blobs_of_every_size_arrive(sizes: tuple[int, ...]) -> None:
    fetch = Fetch()
    blobs = [random.Random(n).randbytes(size) for n, size in enumerate(sizes)]
    fetch.parts.want(fetch.hub.publish(*blobs))
    fetch.run()
    assert list(fetch.shelf.whole.values()) == blobs
    assert fetch.parts.wanted == ()
    assert (fetch.parts.again, fetch.parts.ignored) == (0, 0)


def test_parts_that_come_in_another_order_are_put_in_order() -> None:
    fetch = Fetch()
    fetch.parts.want(fetch.hub.publish(CONTENT))
    while fetch.hub.asked:
        fetch.deliver(fetch.hub.asked[-1])
    assert fetch.shelf.whole == {sha256_of(CONTENT): CONTENT}


def test_a_part_that_is_lost_is_asked_for_again_and_one_that_comes_twice_is_ignored() -> (
    None
):  # failure 19
    fetch = Fetch()
    fetch.parts.want(fetch.hub.publish(CONTENT))
    first, second = fetch.hub.asked
    fetch.deliver(second)
    fetch.deliver(second)
    assert fetch.parts.ignored == 1
    fetch.wait(SILENCE_S / 2)
    assert fetch.parts.again == 0
    fetch.wait(SILENCE_S)
    assert fetch.parts.again == 1
    assert fetch.hub.asked == [first]
    fetch.run()
    assert fetch.shelf.whole == {sha256_of(CONTENT): CONTENT}


def test_over_a_slow_line_nothing_is_asked_for_twice() -> None:
    fetch = Fetch()
    fetch.parts.want(fetch.hub.publish(CONTENT))
    for _ in range(int(LONGEST_S)):
        fetch.hub.read_at = fetch.now  # a few bytes of a part come in every second
        fetch.wait(1)
    assert fetch.parts.again == 0
    fetch.hub.read_at = fetch.now
    fetch.wait(1)
    assert fetch.parts.again == WINDOW, "a line that other messages keep busy"


def test_what_has_arrived_is_not_fetched_again_after_a_cut_or_a_restart() -> None:
    shelf, fetched = Shelf(), 0
    while not shelf.whole:
        fetch = Fetch(shelf)
        fetch.parts.want(fetch.hub.publish(CONTENT))
        fetch.parts.connected()
        fetch.deliver(fetch.hub.asked[-2])
        fetched += 1
    assert shelf.whole == {sha256_of(CONTENT): CONTENT}
    assert fetched == 4


@pytest.mark.parametrize("cut", [1, PART - 1, PART, PART + 1, len(CONTENT) - 1, len(CONTENT)])
def test_a_write_that_a_power_cut_ended_goes_on_where_it_ended(cut: int) -> None:
    fetch = Fetch(Shelf({sha256_of(CONTENT): CONTENT[:cut]}))
    fetch.parts.want(fetch.hub.publish(CONTENT))
    fetch.run()
    assert fetch.shelf.whole == {sha256_of(CONTENT): CONTENT}


def test_content_with_another_hash_is_fetched_again_from_the_start_later() -> None:
    shelf = Shelf({sha256_of(CONTENT): bytes(PART)})  # what the disk held was damaged
    fetch = Fetch(shelf)
    fetch.parts.want(fetch.hub.publish(CONTENT, b"another"))
    fetch.run()
    assert list(shelf.whole.values()) == [b"another"]
    assert "another hash" in fetch.parts.trouble
    fetch.wait(LATER_S)
    fetch.run()
    assert shelf.whole[sha256_of(CONTENT)] == CONTENT
    assert fetch.parts.trouble == ""


@pytest.mark.parametrize(
    "payload", [b"", b"\0", b"\2", b"\0" + bytes(PART + 1), encode_part(bytes(PART + 1)), b"\1xx"]
)
def test_a_part_that_is_not_as_declared_is_ignored_and_asked_for_again(
    payload: bytes,
) -> None:  # failure 31
    fetch = Fetch()
    fetch.parts.want(fetch.hub.publish(CONTENT))
    first = fetch.hub.asked[0]
    fetch.deliver(first, payload)
    assert fetch.shelf.partial == {}
    assert fetch.parts.ignored == 1
    fetch.wait(SILENCE_S + 1)
    fetch.run()
    assert fetch.shelf.whole == {sha256_of(CONTENT): CONTENT}


def test_a_full_disk_stops_a_blob_for_a_while_and_nothing_is_lost() -> None:  # failure 32
    fetch = Fetch()
    fetch.parts.want(fetch.hub.publish(CONTENT))
    fetch.deliver(fetch.hub.asked[0])
    fetch.shelf.full = True
    fetch.run()
    assert fetch.parts.trouble == "disk: No space left on device"
    fetch.shelf.full = False
    fetch.wait(LATER_S)
    fetch.run()
    assert fetch.shelf.whole == {sha256_of(CONTENT): CONTENT}


def test_what_is_no_longer_wanted_is_no_longer_asked_for() -> None:
    fetch = Fetch()
    fetch.parts.want(fetch.hub.publish(CONTENT))
    fetch.parts.want(())
    assert fetch.hub.asked == []
    assert not fetch.deliver(Part(sha256_of(CONTENT), 0))
    assert fetch.shelf.partial == {}


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_happens_on_the_way_the_content_is_right_in_the_end(data: st.DataObject) -> None:
    fetch = Fetch()
    wanted = fetch.hub.publish(CONTENT, b"small")
    fetch.parts.want(wanted)
    parts = [*fetch.hub.retained, Part("00" * 32, 0)]
    events = st.sampled_from(["deliver", "stray", "garbage", "wait", "cut", "restart"])
    for event in data.draw(st.lists(events, max_size=30)):
        if event == "deliver" and fetch.hub.asked:
            fetch.deliver(data.draw(st.sampled_from(fetch.hub.asked)))
        elif event == "stray":
            part = data.draw(st.sampled_from(parts))
            fetch.deliver(part, fetch.hub.retained.get(part, b"\0"))
        elif event == "garbage":
            fetch.deliver(data.draw(st.sampled_from(parts)), data.draw(st.binary(max_size=9)))
        elif event == "wait":
            fetch.wait(data.draw(st.floats(0, 100)))
        elif event == "cut":
            fetch.hub.asked.clear()
            fetch.parts.connected()
        elif event == "restart":
            retained = fetch.hub.retained
            fetch = Fetch(fetch.shelf)
            fetch.hub.retained = retained
            fetch.parts.want([one for one in wanted if one.sha256 not in fetch.shelf.whole])
        assert len(fetch.hub.asked) <= WINDOW
    for _ in range(3):
        fetch.wait(LONGEST_S + 1)
        fetch.run()
    assert set(fetch.shelf.whole.values()) == {CONTENT, b"small"}
