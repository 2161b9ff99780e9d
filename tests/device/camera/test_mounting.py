"""Pictures of a camera that is not upright, and of one that sees hardly anything."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera.capture import FakeCamera
from device.camera.mounting import BRIGHT, DARK, Light, Upright
from device.camera.sources import open_source
from device.config import CameraConfig, load_config
from device.errors import UserError
from device.values import Frame
from tests.device.camera.clips import write_video

PICTURE = np.arange(2 * 3, dtype=np.uint8).reshape(2, 3)


def frame(picture: np.ndarray, at: float = 1.0) -> Frame:
    return Frame(picture, np.dstack([picture] * 3), at)


@pytest.mark.parametrize(
    ("rotate", "flip", "upright"),
    [
        (0, False, PICTURE),
        (90, False, [[3, 0], [4, 1], [5, 2]]),  # clockwise
        (180, False, [[5, 4, 3], [2, 1, 0]]),
        (270, False, [[2, 5], [1, 4], [0, 3]]),
        (0, True, [[2, 1, 0], [5, 4, 3]]),
        (90, True, [[0, 3], [1, 4], [2, 5]]),
    ],
)
def test_a_picture_is_turned_clockwise_and_then_mirrored(rotate, flip, upright):
    camera = Upright(FakeCamera([frame(PICTURE), None]), rotate, flip)
    camera.open()
    seen = camera.read()
    assert seen is not None
    assert seen.grey.tolist() == np.asarray(upright).tolist()
    assert seen.rgb[..., 2].tolist() == np.asarray(upright).tolist()
    assert seen.at == 1.0
    assert camera.read() is None
    camera.close()


def test_every_kind_of_source_is_turned(tmp_path: Path):
    clip = write_video(tmp_path / "clip.mp4", 5)  # 160 x 120
    (tmp_path / "folder").mkdir()
    cv2.imwrite(str(tmp_path / "folder/a.png"), np.zeros((40, 60), np.uint8))
    for spec, shape in ((str(clip), (160, 120)), (str(tmp_path / "folder"), (60, 40))):
        camera = open_source(spec, CameraConfig(rotate=270))
        camera.open()
        seen = camera.read()
        assert seen is not None
        assert seen.grey.shape == shape
        camera.close()
    demo, turned = (open_source("demo", CameraConfig(rotate=angle)) for angle in (0, 90))
    for camera in (demo, turned):
        camera.open()
    upright, lying = demo.read(), turned.read()
    assert upright is not None
    assert lying is not None
    assert lying.grey.shape == upright.grey.shape[::-1]


@pytest.mark.parametrize("line", ["rotate: 45", "rotate: -90", "flip: up", "rotation: 90"])
def test_other_angles_and_keys_are_refused(tmp_path: Path, line: str):
    path = tmp_path / "config.yaml"
    path.write_text(f"camera:\n  {line}\n")
    with pytest.raises(UserError, match=rf"camera\.{line.partition(':')[0]}"):
        load_config(path)


def test_a_dark_picture_is_noticed_and_a_little_more_light_does_not_flicker():
    # failure 33
    light = Light()
    assert light.luma is None
    assert not light.dark
    for at, luma, dark in [
        (0, DARK + 1, False),
        (1, DARK - 1, True),
        (2, DARK + 1, True),  # not yet as bright as needed
        (3, BRIGHT + 1, False),
        (4, DARK + 1, False),
    ]:
        light.measure(frame(np.full((48, 64), luma, np.uint8), at))
        assert light.luma == luma
        assert light.dark == dark


def test_the_light_is_measured_once_a_second():
    light = Light()
    for number in range(30):
        light.measure(frame(np.full((48, 64), 100 + number, np.uint8), number / 15))
    assert light.luma == 115
