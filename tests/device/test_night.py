"""Outside `display.hours` the whole kiosk sleeps: no camera, no notice, no suggestions."""

from __future__ import annotations

from datetime import UTC, datetime

from device.config import Config
from device.session.world import World
from device.upkeep.clock import WallClock
from tests.brokers import wait_until
from tests.kiosks import changed, running, somebody

EVENING = datetime(2026, 12, 1, 23, 0, tzinfo=UTC).timestamp()


def test_the_camera_closes_with_the_screen_and_opens_when_a_page_shows_the_notice_again(
    config: Config,
) -> None:
    config = changed(
        config, display__hours="06:00-23:30", place__timezone="UTC", upkeep__health_every_s=1.0
    )
    now = [EVENING]
    world = World(config, wall=WallClock(0, ask=lambda: True, wall=lambda: now[0]))
    with running(config, somebody(config), live=True, world=world) as kiosk:
        assert kiosk.says("screen") == {"on": True}
        kiosk.page_shows(True)
        kiosk.says("suggestions", lambda said: said["items"])

        now[0] += 3600
        kiosk.says("screen", lambda said: not said["on"])
        asleep = kiosk.says("suggestions", lambda said: said["notice"] == "not_watching")
        assert (asleep["state"], asleep["items"]) == ("resting", [])
        kiosk.page_shows(True)  # a page that is behind the times opens no camera
        camera = kiosk.says("health", lambda said: said["camera"]["state"] == "closed")["camera"]
        assert camera["reason"] == "the screen is off: display.hours"
        assert kiosk.kiosk.audience.size == 0

        now[0] += 7 * 3600
        wait_until(lambda: kiosk.newest("screen") == {"on": True}, "the morning")
        kiosk.page_shows(True)
        wait_until(lambda: kiosk.newest("suggestions")["items"], "suggestions in the morning")
