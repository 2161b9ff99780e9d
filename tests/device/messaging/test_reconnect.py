"""What follows each way in which a connection can end, for one kiosk and for a fleet of a thousand.

Time is virtual.
"""

from __future__ import annotations

import logging
import random
from collections import Counter

import pytest

from device.config import MqttConfig
from device.messaging.link import End, How
from device.messaging.reconnect import Backoff, Reconnect
from device.messaging.topics import Topics

FLEET = 1000


def fleet() -> list[Backoff]:
    config = MqttConfig()
    return [
        Backoff(config.reconnect_first_s, config.reconnect_longest_s, rng=random.Random(seed))
        for seed in range(FLEET)
    ]


def connects(away_s: float, lasted_s: float = 3600.0) -> list[float]:
    """When each kiosk is back, in seconds after the hub went away for `away_s`."""
    back = []
    for kiosk in fleet():
        at = kiosk.lost(lasted_s)
        while at < away_s:
            at += kiosk.failed()
        back.append(at)
    return back


def busiest_second(times: list[float]) -> int:
    return max(Counter(int(at) for at in times).values())


def test_a_fleet_whose_hub_restarts_at_once_does_not_come_back_in_one_second() -> None:
    back = connects(away_s=0.1)  # failure 13
    assert busiest_second(back) <= FLEET // 10
    assert max(back) < 30, "suggestions on the screens would have expired"


def test_a_fleet_whose_hub_was_away_for_ten_minutes_comes_back_within_two_and_spread() -> None:
    back = connects(away_s=600)  # failure 13
    assert busiest_second(back) <= FLEET // 10
    assert max(back) <= 720


def test_a_hub_that_is_away_is_tried_at_most_twice_a_minute_by_each_kiosk() -> None:
    tries = 0
    for kiosk in fleet()[:100]:
        at = kiosk.lost(3600.0)
        while at < 3600:
            at += kiosk.failed()
            tries += 1
    assert tries / 100 < 130


def test_the_first_waits_are_short_and_grow_to_the_longest() -> None:
    waits = [[kiosk.failed() for _ in range(12)] for kiosk in fleet()]
    longest = [max(column) for column in zip(*waits, strict=True)]
    assert longest[0] <= 1
    assert longest[1] <= 2
    assert longest[2] <= 4
    assert 50 < longest[-1] <= 60


def test_a_short_connection_does_not_shorten_the_waits() -> None:
    def total(lasted_s: float) -> float:
        return sum(kiosk.lost(lasted_s) for kiosk in fleet() for _ in range(10))

    assert total(lasted_s=1.0) > 2 * total(lasted_s=3600.0)


def test_after_a_refusal_a_kiosk_waits_for_at_least_half_of_the_longest_wait() -> (
    None
):  # failure 12
    waits = [kiosk.refused() for kiosk in fleet() for _ in range(5)]
    assert min(waits) >= 30
    assert max(waits) <= 60


def test_at_a_broker_of_its_own_a_kiosk_is_back_within_a_second() -> None:
    kiosk = Backoff(1, 60, spread_s=1, rng=random.Random(1))
    assert all(kiosk.lost(3600.0) <= 1 for _ in range(100))


def test_a_thousand_failures_do_not_overflow() -> None:
    kiosk = Backoff(1, 60)
    assert all(0 <= kiosk.failed() <= 60 for _ in range(5000))


KIOSK = Topics("helsinki", "kiosk-1")
HUB = MqttConfig(broker="hub.example.org")


def judge(config: MqttConfig = HUB, seed: int = 1) -> Reconnect:
    return Reconnect(config, KIOSK, random.Random(seed))


def test_mqtt_5_is_refused_once_and_never_tried_again() -> None:
    reconnect = judge()
    assert reconnect.protocol == "5"
    assert reconnect.after(End("protocol", "no"), None) == 0.0
    assert reconnect.protocol == "3.1.1"
    for how in ("closed", "lost", "unanswered", "unreachable"):
        reconnect.after(End(how, "gone"), 100.0)
        assert reconnect.protocol == "3.1.1"


def test_a_broker_that_does_not_answer_is_tried_with_both_versions_in_turn() -> None:
    reconnect = judge()
    asked = []
    for _ in range(4):
        asked.append(reconnect.protocol)
        reconnect.after(End("unanswered", "nothing"), None)
    assert asked == ["5", "3.1.1", "5", "3.1.1"]


def test_a_takeover_waits_at_least_half_of_the_longest_and_is_reported() -> None:  # failure 12
    for seed in range(200):
        reconnect = judge(seed=seed)
        assert reconnect.after(End("taken_over", "another client"), 5.0) >= 30
        assert reconnect.takeovers == 1
        assert "second machine called helsinki/kiosk-1?" in (reconnect.trouble(None) or "")


def test_a_name_that_is_used_twice_is_reported_until_a_connection_has_lasted() -> None:
    reconnect = judge()
    reconnect.after(End("taken_over", "another client"), 5.0)
    assert reconnect.trouble(59.0)
    assert reconnect.trouble(60.0) is None
    reconnect.after(End("lost", "the broker does not answer"), 7200.0)
    assert reconnect.trouble(0.0) is None


def test_three_short_connections_closed_without_a_reason_count_as_a_takeover() -> None:
    reconnect = judge()
    closed = End("closed", "the broker has closed the connection")
    reconnect.after(closed, 3.0)
    reconnect.after(closed, 3.0)
    assert reconnect.takeovers == 0
    assert reconnect.after(closed, 3.0) >= 30  # failure 12
    assert reconnect.takeovers == 1


@pytest.mark.parametrize(
    ("how", "lasted_s"),
    [("closed", 3600.0), ("disconnected", 3.0), ("lost", 3.0), ("refused", None)],
)
def test_nothing_else_counts_as_a_takeover(how: How, lasted_s: float | None) -> None:
    reconnect = judge()
    for _ in range(10):
        reconnect.after(End(how, "gone"), lasted_s)
    assert reconnect.takeovers == 0


def test_an_unreachable_hub_in_between_does_not_hide_a_takeover() -> None:
    reconnect = judge()
    for _ in range(3):
        reconnect.after(End("closed", "closed"), 3.0)
        reconnect.after(End("unreachable", "refused"), None)
    assert reconnect.takeovers == 1


def test_a_refused_login_is_not_tried_again_soon() -> None:
    reconnect = judge()
    assert all(reconnect.after(End("refused", "bad password"), None) >= 30 for _ in range(20))


def test_a_kiosk_is_back_at_a_broker_of_its_own_within_a_second_and_spread_at_a_hub() -> None:
    def longest(config: MqttConfig) -> float:
        lost = End("lost", "gone")
        return max(judge(config, seed).after(lost, 3600.0) for seed in range(500))

    assert longest(MqttConfig(broker="127.0.0.1")) <= 1
    assert 14 < longest(HUB) <= 15  # failure 13


def test_the_same_trouble_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    reconnect = judge()
    for _ in range(100):
        reconnect.after(End("unreachable", "Connection refused"), None)
    assert [record.getMessage() for record in caplog.records] == [
        "hub.example.org: Connection refused"
    ]
