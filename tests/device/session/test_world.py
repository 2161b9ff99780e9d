"""The context: what messages, the button, the clock and the board's sensors make of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from device.config import Config
from device.messaging.messages import Display, Feedback, Verdict, Weather
from device.messaging.queues import Inbox
from device.messaging.topics import Topics
from device.session.world import World
from device.upkeep.clock import WallClock
from device.values import UNKNOWN, Context, Item, Screen, Sky, Suggestion, Touch
from tests.kiosks import changed

LAKE = Screen("showing", (Suggestion(Item("west-lake", "place", "Lake", "lake"), 1.0, ()),))
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


class Time:
    """A monotonic clock and a wall clock that a test sets."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.wall = NOON.timestamp()

    def clock(self) -> float:
        return self.at


def beat(*, shows_notice: bool = True) -> Display:
    return Display(state="resting", serial=1, shows_notice=shows_notice)


def touch(verdict: Verdict, item_id: str | None = None) -> Feedback:
    return Feedback(item_id=item_id, verdict=verdict, at="2026-12-01T12:00:00Z")


def heard(config: Config, messages: dict[str, dict[str, object]]) -> Context:
    """The context of a world that listens to an inbox, after these messages."""
    topics = Topics(config.site, config.kiosk)
    inbox, world = Inbox(topics, lambda: 1000.0), world_at(config, Time())
    world.shown(LAKE, 1000.0)
    world.listen(inbox)
    for name, message in messages.items():
        inbox.put(topics.topic(name), json.dumps(message).encode(), retained=False)
    inbox.deliver()
    return world.context()


def world_at(config: Config, time: Time, celsius: float | None = None) -> World:
    wall = WallClock(60, ask=lambda: True, clock=time.clock, wall=lambda: time.wall)
    return World(
        config,
        clock=time.clock,
        wall=wall,
        temperature=lambda: celsius,
        throttled=lambda: None,
    )


def test_the_world_listens_to_the_page_and_to_the_weather(config: Config) -> None:
    at = "2026-12-01T12:00:00Z"
    context = heard(
        config,
        {
            "display": {"state": "showing", "serial": 1, "shows_notice": True},
            "feedback": {"item_id": "west-lake", "verdict": "liked", "at": at},
            "weather": {"condition": "rain"},
        },
    )
    assert context.page_alive
    assert context.touches == (Touch("west-lake", "liked"),)
    assert context.weather == "rain"


def test_a_use_of_the_page_is_in_one_context_however_often_it_is_told(config: Config) -> None:
    world = world_at(config, Time())
    told = []
    for at in (None, "2026-12-01T12:00:00Z", "2026-12-01T12:00:00Z", "2026-12-01T12:00:01Z", None):
        world.page(Display(state="showing", shows_notice=True, used_at=at), 1000.0)
        told += [world.context().used, world.context().used]
    assert told == [False, False, True, False, False, False, True, False, False, False]


def test_a_page_is_alive_while_it_reports_the_notice(config: Config) -> None:
    time, timeout = Time(), config.display.heartbeat_timeout_s
    world = world_at(config, time)
    assert not world.context().page_alive
    world.page(beat(), time.at)
    assert world.context().page_alive
    time.at += timeout - 0.1
    assert world.context().page_alive
    time.at += 0.2
    assert not world.context().page_alive


def test_a_page_that_hides_the_notice_is_not_alive_from_that_moment(config: Config) -> None:
    time = Time()
    world = world_at(config, time)
    world.page(beat(), time.at)
    world.page(beat(shows_notice=False), time.at)
    assert not world.context().page_alive


def test_a_jump_of_the_wall_clock_changes_nothing_but_the_time_of_day(config: Config) -> None:
    # failure 21
    time = Time()
    world = world_at(changed(config, session__opt_out_s=60.0), time)
    world.page(beat(), time.at)
    world.touch(touch("opt_out"), time.at)
    before = world.context()
    time.wall += 7 * 3600
    after = world.context()
    assert (after.page_alive, after.opted_out, after.at) == (True, True, before.at)
    assert before.now
    assert after.now == before.now + timedelta(hours=7)


def test_the_time_of_day_is_unknown_until_the_clock_can_be_trusted(config: Config) -> None:
    # failure 20
    time, answers = Time(), iter([False, False, True])
    wall = WallClock(60, ask=lambda: next(answers), clock=time.clock, wall=lambda: time.wall)
    world = World(config, clock=time.clock, wall=wall)
    assert world.context().now is None
    time.at += 2
    assert world.context().now is None
    time.at += 2
    now = world.context().now
    assert now is not None
    assert now.utcoffset() == timedelta(hours=2)  # Helsinki in winter, where the kiosk is


def test_a_touch_of_what_is_not_on_the_screen_is_dropped(config: Config) -> None:
    time = Time()
    world = world_at(changed(config, session__opt_out_s=60.0), time)
    world.touch(touch("liked", "west-lake"), time.at)  # before anything was shown
    world.shown(LAKE, time.at)
    world.touch(touch("liked", "made-up"), time.at)
    world.touch(touch("chosen", "west-lake"), time.at)
    assert world.context().touches == (Touch("west-lake", "chosen"),)
    world.shown(Screen(), time.at)
    world.touch(touch("liked", "west-lake"), time.at)  # late
    assert world.context().touches == ()
    world.touch(touch("opt_out"), time.at)
    time.at += 59
    world.touch(touch("liked", "made-up"), time.at)
    time.at += 2
    assert not world.context().opted_out  # nobody was there to prolong it


def test_opting_out_ends_by_itself_and_by_a_touch(config: Config) -> None:
    time = Time()
    world = world_at(config, time)
    world.touch(touch("opt_out"), time.at)
    assert world.context().opted_out
    time.at += config.session.opt_out_s + 1
    assert not world.context().opted_out
    world.press()
    assert world.context().opted_out
    world.touch(touch("opt_in"), time.at)
    assert not world.context().opted_out


def test_of_a_screen_only_what_the_page_has_had_in_view_counts(config: Config) -> None:
    cards = tuple(Suggestion(Item(name, "place", name, "lake"), 1.0, ()) for name in "ab")
    world = world_at(config, Time())
    world.shown(Screen("showing", cards, serial=7), 1000.0)
    for serial, seen in ((7, ("a",)), (6, ("a", "b")), (7, None)):  # of another screen, of none
        world.page(Display(state="showing", serial=serial, shows_notice=True, seen=seen), 1001.0)
    assert world.shown(Screen(serial=8), 1020.0) == ("a",)


def test_a_touch_is_in_one_context_only(config: Config) -> None:
    world = world_at(config, Time())
    world.shown(LAKE, 1000.0)
    world.touch(touch("liked", "west-lake"), 1000.0)
    assert world.context().touches == (Touch("west-lake", "liked"),)
    assert world.context().touches == ()


def test_the_weather_holds_until_it_expires(config: Config) -> None:
    time = Time()
    world = world_at(config, time)
    assert world.context().weather == UNKNOWN
    world.weather(Weather(condition="rain", expires_at=NOON + timedelta(hours=1)), time.at)
    assert world.context().weather == "rain"
    time.wall += 3601
    assert world.context().weather == UNKNOWN


def test_only_weather_that_says_until_when_it_holds_is_shown(config: Config) -> None:
    time = Time()
    world = world_at(config, time)
    world.weather(Weather(condition="rain", celsius=7.0), time.at)
    assert (world.context().weather, world.context().sky) == ("rain", None)
    later = NOON + timedelta(hours=1)
    world.weather(Weather(condition="rain", celsius=7.0, expires_at=later), time.at)
    assert world.context().sky == Sky("rain", 7.0)
    time.wall += 3601
    assert world.context().sky is None


def test_the_board_is_hot_before_it_throttles_and_without_a_sensor_it_is_not(
    config: Config,
) -> None:
    # failure 27
    limit = config.upkeep.hot_celsius
    assert world_at(config, Time(), limit + 1).context().hot
    assert not world_at(config, Time(), limit - 10).context().hot
    assert not world_at(config, Time(), None).context().hot


def test_outside_its_hours_the_screen_sleeps_and_touches_do_not_wake_it(config: Config) -> None:
    time = Time()
    time.wall = datetime(2026, 12, 1, 23, 29, 30, tzinfo=UTC).timestamp()
    config = changed(config, display__hours="06:00-23:30", place__timezone="UTC")
    world = world_at(config, time)
    world.shown(LAKE, time.at)
    assert not world.context().asleep
    time.wall += 60
    world.touch(touch("liked", "west-lake"), time.at)
    context = world.context()
    assert context.asleep
    assert context.touches == ()
    time.wall += 6.5 * 3600
    assert not world.context().asleep
    assert world.context().touches == ()


@pytest.mark.parametrize("answer", [False, None])
def test_a_screen_stays_on_while_no_time_server_has_set_the_clock(
    config: Config, answer: bool | None
) -> None:
    time = Time()
    time.wall = datetime(2026, 12, 1, 3, tzinfo=UTC).timestamp()
    config = changed(config, display__hours="06:00-23:30", place__timezone="UTC")
    wall = WallClock(60, ask=lambda: answer, clock=time.clock, wall=lambda: time.wall)
    world = World(config, clock=time.clock, wall=wall)
    assert not world.context().asleep
    time.at += 61
    assert world.context().now is not None  # after a while opening hours use the clock as it is
    assert not world.context().asleep
