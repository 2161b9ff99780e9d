"""The waits of a fleet, in virtual time: a thousand kiosks, seeded."""

from __future__ import annotations

import random
from collections import Counter

from device.config import MqttConfig
from device.messaging.backoff import Backoff

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


def test_a_hub_that_is_away_is_not_asked_more_often_than_twice_a_minute_by_each() -> None:
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


def test_a_connection_that_ends_soon_does_not_shorten_the_waits() -> None:
    def total(lasted_s: float) -> float:
        return sum(kiosk.lost(lasted_s) for kiosk in fleet() for _ in range(10))

    assert total(lasted_s=1.0) > 2 * total(lasted_s=3600.0)


def test_who_gives_way_waits_at_least_half_of_the_longest() -> None:  # failure 12
    waits = [kiosk.give_way() for kiosk in fleet() for _ in range(5)]
    assert min(waits) >= 30
    assert max(waits) <= 60


def test_a_broker_of_ones_own_is_back_within_a_second() -> None:
    kiosk = Backoff(1, 60, spread_s=1, rng=random.Random(1))
    assert all(kiosk.lost(3600.0) <= 1 for _ in range(100))


def test_a_thousand_failures_do_not_overflow() -> None:
    kiosk = Backoff(1, 60)
    assert all(0 <= kiosk.failed() <= 60 for _ in range(5000))
