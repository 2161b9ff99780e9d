"""No message stops a kiosk or the operator's tools.

The agent, the page and the table of `watch` have such tests of their own, in
tests/device/fleet/test_orders.py, tests/device/display/test_operator.py and
tests/tools/fleet/test_table.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.camera.demo import Demo
from device.config import Config
from device.errors import UserError
from device.fleet.relay import HEARD as RELAYED
from device.messaging.topics import TABLE, Topics
from tests.junk import payloads
from tests.kiosks import changed, running
from tools.fleet.commands import send
from tools.fleet.keys import generate
from tools.fleet.table import HEARD as WATCHED

TO_THE_KIOSK = ("display", "feedback", "weather", "ask")
TO_THE_PAGE = ("status", "suggestions", "screen", "press", "heard", "announcement", "identify")
TO_THE_AGENT = (*RELAYED, "command", "site-announcement")
TO_THE_TOOLS = (*WATCHED, "command-result")

KEYS = ("at", "state", "serial", "shows_notice", "item_id", "verdict", "condition", "expires_at",
        "action", "press")  # fmt: skip


def test_every_message_is_sent_to_somebody_who_is_tried(root: Path) -> None:
    tried = {*TO_THE_KIOSK, *TO_THE_PAGE, *TO_THE_AGENT, *TO_THE_TOOLS}
    assert {row.name for row in TABLE} == tried
    assert {row.name for row in TABLE if row.received} == set(TO_THE_KIOSK)
    page = (root / "device/display/page/page.js").read_text(encoding="utf-8")
    received = page[page.index("const received = {") :].partition("\n  };")[0]
    assert set(re.findall(r"^    (\w+): \(", received, re.M)) == set(TO_THE_PAGE)


def test_no_message_stops_a_kiosk(config: Config) -> None:  # failure 8
    topics = Topics(config.site, config.kiosk)
    with running(changed(config), Demo(config.camera)) as kiosk:
        kiosk.says("status")

        @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.sampled_from(TO_THE_KIOSK), payloads(*KEYS), st.booleans())
        def say(name: str, payload: bytes, retain: bool) -> None:
            kiosk.heard.say(topics.topic(name), payload, retain=retain)

        say()
        kiosk.touch("opt_out", at="the last")
        kiosk.says("suggestions", lambda message: message["notice"] == "opted_out")
        assert kiosk.kiosk.bus.state.malformed > 0


class JunkKiosk:
    """The operator's connection to a hub where a kiosk says anything."""

    def __init__(self, status: bytes, agent: bytes, result: bytes) -> None:
        topics = Topics("helsinki", "kiosk-1")
        self._kept = {topics.topic("status"): status, topics.topic("agent"): agent}
        self._result = result

    def read(self, topics: Sequence[str]) -> dict[str, bytes]:
        return {topic: self._kept[topic] for topic in topics}

    def ask(
        self,
        topic: str,
        payload: bytes,
        answers: str,
        fits: Callable[[bytes], bool],
        within_s: float,
    ) -> bytes | None:
        return self._result if fits(self._result) else None


ONLINE, AGENT = b'{"state": "online"}', b'{"boot": "b", "sequence": 1}'


@settings(deadline=None, max_examples=150)
@given(
    status=st.just(ONLINE) | payloads("state"),
    agent=st.just(AGENT) | payloads("boot", "sequence"),
    result=payloads("sequence", "verb", "state", "reason", "lines"),
)
def test_whatever_a_kiosk_says_a_command_ends_in_a_result_or_an_error_in_words(
    status: bytes, agent: bytes, result: bytes
) -> None:
    desk = JunkKiosk(status, agent, result)
    now = datetime(2026, 11, 29, tzinfo=UTC)
    signer = generate("commands")[1]
    try:
        found = send(desk, signer, "helsinki/kiosk-1", "identify", now)
    except UserError:
        return
    assert found["sequence"] in (None, 2)


def test_a_kiosk_that_counts_beyond_all_bounds_takes_no_commands() -> None:
    desk = JunkKiosk(ONLINE, b'{"boot": "b", "sequence": 9007199254740991}', b"")
    with pytest.raises(UserError, match="takes no commands"):
        send(desk, generate("commands")[1], "helsinki/kiosk-1", "identify", datetime.now(UTC))
