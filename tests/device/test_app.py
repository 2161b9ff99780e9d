"""The kiosk: it starts, reports its state, survives a lost camera or broker, and stops cleanly."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from device.app import Kiosk
from device.camera.capture import FakeCamera
from device.camera.demo import Demo
from device.camera.files import Paced
from device.camera.sources import NetworkCamera
from device.commands.check import PARTS
from device.config import Config
from device.errors import UserError
from device.messaging.payloads import LIFETIME_S
from device.session import archive as told
from device.session.kept import FILE
from device.session.world import World
from device.upkeep.clock import WallClock
from device.upkeep.notify import Notifier
from device.upkeep.watchdog import Watchdog
from device.values import Frame, Tried
from tests.brokers import Mosquitto, listen, wait_until
from tests.kiosks import changed, nobody, person, running, somebody, wall
from tests.needs import needs
from tests.rtsp import RtspCamera

FPS = 15


def test_the_demo_brings_suggestions_over_mqtt_and_a_clean_stop_takes_them_back(
    config: Config,
) -> None:
    with running(config, Paced(Demo(config.camera))) as kiosk:
        said = kiosk.says("suggestions", lambda m: m["state"] == "showing")
        assert len(said["items"]) == config.matching.count
        assert said["notice"] == "demo"
        assert kiosk.says("status")["state"] == "online"
        assert any(said["items"][0]["title"] in line for line in kiosk.lines)
        kiosk.stop()
        assert kiosk.says("status", lambda m: m["state"] == "offline")  # failure 15
        assert kiosk.newest("suggestions")["items"] == []


def test_what_a_touch_teaches_outlives_a_restart_and_a_forged_one_teaches_nothing(
    config: Config, tmp_path: Path
) -> None:
    config = changed(config, state=tmp_path, session__hold_s=600.0)
    camera = FakeCamera(person(config))
    with running(config, Paced(camera)) as kiosk:
        shown = kiosk.says("suggestions", lambda m: m["state"] == "showing")["items"][0]["id"]
        kiosk.touch("liked", "forged", at="1")
        kiosk.touch("liked", shown, at="2")
        wait_until(lambda: kiosk.kiosk.counts.tried, "the touch is counted")
        kiosk.stop()
        assert kiosk.kiosk.counts.tried == {shown: Tried(0, 1)}
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    with running(config, nobody()) as again:
        assert again.kiosk.counts.tried == {shown: Tried(0, 1)}


def test_what_was_told_is_kept_by_day_and_hour_for_the_report(
    config: Config, tmp_path: Path
) -> None:
    config = changed(config, state=tmp_path, privacy__smallest_cell=2, session__hold_s=600.0)
    passed = [0.0]
    noon = datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp()
    world = World(
        config,
        clock=lambda: time.monotonic() + passed[0],
        wall=WallClock(0, ask=lambda: True, wall=lambda: noon + passed[0]),
    )
    with running(config, Paced(FakeCamera(person(config))), world=world) as kiosk:
        shown, other, *_ = kiosk.says("suggestions", lambda m: m["state"] == "showing")["items"]
        for at in "12":
            kiosk.touch("scanned", shown["id"], at=at)
        kiosk.touch("liked", other["id"], at="3")
        wait_until(lambda: other["id"] in kiosk.kiosk.counts.tried, "all touches are counted")
        passed[0] = 24 * 3600.0
        kiosk.says("touches")
        wait_until((tmp_path / told.FILE).exists, "it is kept")
        kiosk.stop()
    assert [hour.begins.day for hour in told.read_hours(tmp_path)] == [28]
    kept = told.read_items(tmp_path, date(2026, 11, 28), date(2026, 11, 28))
    scanned = [(one.title, one.number) for one in kept if one.what == "scanned"]
    assert scanned == [(shown["title"], 2)]


@pytest.mark.slow
def test_suggestions_are_published_again_before_they_expire(config: Config) -> None:
    with running(config, nobody()) as kiosk:
        first = kiosk.says("suggestions")
        again = kiosk.says("suggestions", lambda m: m["at"] != first["at"])
    assert again["serial"] == first["serial"]
    assert again["lifetime_s"] == LIFETIME_S


def test_a_camera_that_vanishes_is_a_state_and_is_opened_again(config: Config) -> None:
    # failure 4
    unplugged = OSError("No such device")
    frames = (wall(number / FPS) for number in itertools.count())
    camera = FakeCamera(itertools.chain(itertools.islice(frames, 5), [unplugged], frames))
    config = changed(config, camera__reopen_first_s=0.05, upkeep__health_every_s=1)
    with running(config, Paced(camera)) as kiosk:
        wait_until(lambda: camera.opened >= 2, "the camera is opened again")
        health = kiosk.says("health", lambda m: m["camera"]["state"] == "open")
        assert all(step["ok"] for step in health["steps"].values())


def test_a_camera_that_refuses_the_login_is_reported_as_check_reports_it(config: Config) -> None:
    # failure 41
    with RtspCamera(login=("me", "other")) as camera:
        source = NetworkCamera(camera.address("me:geheim@"), config.camera)
        with running(changed(config, upkeep__health_every_s=1), source) as kiosk:
            health = kiosk.says("health", lambda m: m["camera"]["state"] == "lost")
        with pytest.raises(UserError) as error:
            PARTS["camera"](changed(config, camera__source=camera.address("me:geheim@")))
    assert health["camera"]["reason"].startswith(f"rtsp://127.0.0.1:{camera.port} refuses the user")
    assert str(error.value) == f"camera.source: {health['camera']['reason']}"
    assert all(b"geheim" not in message.payload for message in kiosk.heard.messages)


def test_a_camera_that_stays_away_is_reported_with_its_reason_and_the_loop_goes_on(
    config: Config,
) -> None:
    # failure 4
    camera = FakeCamera([], failures=[OSError("No such device")] * 1000)
    config = changed(config, upkeep__health_every_s=1)
    with running(config, camera) as kiosk:
        health = kiosk.says("health", lambda m: m["camera"]["state"] == "lost")
        assert health["camera"]["reason"] == "No such device"
        assert not kiosk.watchdog.heartbeats.late()


def test_a_picture_that_is_too_dark_is_a_state_with_its_luma(config: Config) -> None:
    # failure 33
    night = np.full((480, 640), 4, np.uint8)
    frames = (Frame(night, np.dstack([night] * 3), n / FPS) for n in itertools.count())
    config = changed(config, upkeep__health_every_s=1)
    with running(config, Paced(FakeCamera(frames))) as kiosk:
        health = kiosk.says("health", lambda m: m["camera"]["state"] == "dark")
    assert health["camera"]["luma"] == 4
    assert health["camera"]["reason"] == "too dark to see faces"


def test_a_camera_that_hangs_stops_feeding_the_watchdog(config: Config) -> None:
    # failure 5
    released = threading.Event()
    config = changed(config, camera__read_deadline_s=0.2)
    with running(config, FakeCamera([wall(0.0), released])) as kiosk:
        wait_until(lambda: kiosk.kiosk.capture.state.name == "hung", "the camera hangs")
        steps = kiosk.watchdog.heartbeats.steps
        then = steps()["corridor"].age_s
        wait_until(lambda: steps()["camera"].age_s > 1, "its heartbeat has stopped")
        assert steps()["corridor"].age_s < 1 + then
        released.set()


def test_health_names_what_is_really_in_use(config: Config) -> None:
    # failure 3
    with running(config, nobody()) as kiosk:
        health = kiosk.says("health")
    assert health["accelerator"]["name"] == "cpu"
    assert health["detector"]["name"] in ("mediapipe", "blazeface")
    assert health["detector"]["reason"]
    assert health["runtime"] in ("ai-edge-litert", "tflite-runtime")
    assert set(health["steps"]) == {"broker", "bus", "camera", "corridor"}


@pytest.mark.mosquitto
@needs("mosquitto")
def test_a_kiosk_starts_without_its_broker_and_publishes_once_it_comes(
    config: Config, tmp_path: Path
) -> None:
    # failure 10
    late = Mosquitto(tmp_path)
    config = changed(config, mqtt__broker="127.0.0.1", mqtt__port=late.port)
    kiosk = Kiosk(config, somebody(config), Watchdog(Notifier(None)), live=False)
    try:
        wait_until(lambda: kiosk.turn().state == "showing", "somebody is offered something")
        assert not kiosk.bus.state.connected
        late.start()
        with listen(late.port) as heard:
            wait_until(lambda: kiosk.turn() and kiosk.bus.state.connected, "the broker is found")
            assert heard.wait(lambda m: m.name == "suggestions").json()["items"]
    finally:
        kiosk.stop()
        late.stop()


@pytest.mark.slow
def test_a_hot_board_is_given_fewer_frames(config: Config) -> None:
    # failure 27
    celsius = 50.0
    world = World(config, temperature=lambda: celsius)
    with running(config, somebody(config), world=world) as kiosk:
        fps = lambda: kiosk.kiosk.health.payload()["fps"]  # noqa: E731
        wait_until(lambda: fps() > 0.8 * config.camera.fps, "all of the frames")
        celsius = 95.0
        wait_until(lambda: fps() < 0.6 * config.camera.fps, "half of the frames")
