"""What the hub hears of a kiosk, and what it never hears."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.fleet.moment import Scene
from device.fleet.relay import HEARD, Relay
from device.messaging.payloads import LONGEST
from device.messaging.queues import Outgoing
from device.messaging.topics import TABLE, Topics

KIOSK = Topics("helsinki", "kiosk-1")


class Kiosk:
    """A kiosk's own broker, and what reaches the hub."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.relay = Relay(KIOSK, self.sent.append, lambda: 1_800_000_000.0)

    def says(self, name: str, content: Any, *, retained: bool = False) -> None:
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.relay.hear(KIOSK.topic(name), payload, retained)

    def states(self) -> list[str]:
        return [json.loads(m.payload)["state"] for m in self.sent if m.topic.endswith("/status")]


@pytest.mark.parametrize("name", ["health", "counts", "touches"])
def test_what_is_relayed_arrives_unchanged(name: str) -> None:
    kiosk = Kiosk()
    kiosk.says(name, {"at": "now"})
    (sent,) = kiosk.sent
    assert (sent.topic, sent.payload) == (KIOSK.topic(name), b'{"at": "now"}')
    assert sent.retain is KIOSK.row(name).retained


def test_what_the_page_shows_and_what_people_touch_stays_on_the_kiosk() -> None:
    kiosk = Kiosk()
    for row in TABLE:
        if row.name not in ("status", "health", "counts", "touches"):
            kiosk.says(row.name, {"state": "showing"})
    assert kiosk.sent == []
    assert not {"display", "feedback"} & set(HEARD)


def test_status_is_online_stopped_or_offline() -> None:
    kiosk = Kiosk()
    assert json.loads(kiosk.relay.status().payload)["state"] == "stopped"
    kiosk.says("status", {"state": "online", "boot": "b1", "release": "0.1.0"})
    kiosk.says("status", {"state": "online", "boot": "b1", "release": "0.1.0", "at": "later"})
    assert kiosk.states() == ["online"]
    kiosk.says("status", {"state": "offline", "boot": "b1", "release": "0.1.0"})
    assert kiosk.states() == ["online", "stopped"]
    will = json.loads(kiosk.relay.status(reachable=False).payload)
    assert (will["state"], will["boot"], will["release"]) == ("offline", "b1", "0.1.0")


def test_a_kiosk_whose_own_broker_is_gone_is_stopped_and_shows_nobody() -> None:
    kiosk = Kiosk()
    kiosk.says("status", {"state": "online", "boot": "b1", "release": "0.1.0"})
    kiosk.says("suggestions", {"state": "showing"})
    kiosk.says("health", {"camera": {"state": "open"}})
    assert kiosk.relay.scene(None) == Scene(somebody=True, camera=True)
    kiosk.relay.lost()
    assert kiosk.states() == ["online", "stopped"]
    assert kiosk.relay.scene(None) == Scene()


def test_a_screen_with_texts_in_every_language_still_tells_that_somebody_is_there() -> None:
    kiosk = Kiosk()
    kiosk.says("suggestions", {"state": "showing", "items": ["a" * 60_000]})
    assert kiosk.relay.scene(None).somebody
    kiosk.says("health", {"camera": {"state": "open"}, "reason": "a" * 60_000})
    assert not kiosk.relay.scene(None).camera


def test_nothing_retained_is_sent_twice_and_nothing_of_yesterday_at_all() -> None:  # failure 19
    kiosk = Kiosk()
    for _ in range(2):
        kiosk.says("health", {"fps": 15}, retained=True)
    kiosk.says("counts", {"visitors": 12}, retained=True)
    kiosk.says("health", b"", retained=True)
    assert [m.topic for m in kiosk.sent] == [KIOSK.topic("health")]
    for _ in range(2):
        kiosk.says("counts", {"visitors": 12})
    assert len(kiosk.sent) == 3  # failure 19


@given(
    st.sampled_from(HEARD), st.binary(max_size=60) | st.from_regex(r"[\[{].*[\]}]").map(str.encode)
)
def test_no_payload_stops_it(name: str, payload: bytes) -> None:
    kiosk = Kiosk()
    kiosk.says(name, payload)
    kiosk.relay.hear("wayside/v1/elsewhere/kiosk-9/status", payload, False)
    kiosk.says(name, b"[" * LONGEST)
    kiosk.says(name, b'{"state": {"camera": [1]}, "camera": "open"}')
    assert json.loads(kiosk.relay.status().payload)["state"] == "stopped"


def test_what_is_too_long_is_dropped_and_counted() -> None:
    kiosk = Kiosk()
    kiosk.says("health", b" " * (LONGEST + 1))
    assert kiosk.sent == []
    assert kiosk.relay.ignored == 1
