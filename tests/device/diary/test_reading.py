"""What the device reads of the person who asks for it."""

from __future__ import annotations

from device.camera.capture import FakeCamera
from device.camera.demo import Demo
from device.config import Config
from device.diary.reading import read
from tests.kiosks import wall


def test_a_person_before_the_camera_is_a_number_on_the_scale_of_the_answers(config: Config) -> None:
    demo, seen = Demo(config.camera), list[int]()
    found = read(config, demo, 6.0, lambda done, total: seen.append(done))
    assert found is not None
    assert 1 <= found <= 5
    assert seen[-1] >= 58


def test_without_anybody_nothing_is_read_and_the_camera_is_closed(config: Config) -> None:
    camera = FakeCamera([wall(at / 15) for at in range(45)])
    assert read(config, camera, 2.0, lambda done, total: None) is None
