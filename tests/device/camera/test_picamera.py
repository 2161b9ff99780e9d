"""The Raspberry Pi's camera, with stand-ins for picamera2 and libcamera."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STANDIN = Path(__file__).parent / "standin"


def run(program: str, root: Path, **environment: str) -> str:
    """Run a program that sees the stand-in where picamera2 would be installed."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{STANDIN}:{root}", **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_grey_plane_is_the_luma_of_the_second_stream_without_its_padding(root: Path):
    program = """
from device.config import CameraConfig
from device.camera.sources import open_source
camera = open_source("picamera", CameraConfig(width=600, height=400))
camera.open()
frame = camera.read()
print(frame.grey.shape, int(frame.grey.min()), int(frame.grey.max()))
print(frame.rgb.shape, frame.rgb[0, 0].tolist())
camera.close()
camera.close()
"""
    assert run(program, root, PICAMERA2_STANDIN="ribbon") == (
        "(400, 600) 90 90\n(400, 600, 3) [200, 100, 50]\n"
    )


def test_the_camera_is_configured_for_its_whole_view_full_range_and_the_frame_rate(root: Path):
    program = """
import json, picamera2
from device.config import CameraConfig
from device.camera.picamera import PiCamera
camera = PiCamera(CameraConfig(fps=20))
camera.open()
print(json.dumps(picamera2.Picamera2.holder.config))
"""
    asked = json.loads(run(program, root, PICAMERA2_STANDIN="ribbon"))
    assert asked["main"] == {"size": [640, 480], "format": "BGR888"}
    assert asked["lores"] == {"size": [640, 480], "format": "YUV420"}
    assert asked["sensor"]["output_size"] == [1640, 1232]
    assert asked["controls"]["FrameDurationLimits"] == [50000, 50000]
    assert "full range" in asked["colour_space"]
    assert asked["raw"] is None
    assert not asked["queue"]


def test_a_stalled_camera_is_lost_and_reopened_and_never_opened_twice(root: Path):
    # failure 6
    program = """
import picamera2
from device.config import CameraConfig
from device.camera.picamera import PiCamera
camera = PiCamera(CameraConfig())
for _ in range(50):
    camera.open()
    try:
        camera.read()
    except TimeoutError:
        camera.close()
print(picamera2.LOG == ["open", "close"] * 50)
"""
    stalls = {"PICAMERA2_STANDIN": "ribbon", "PICAMERA2_STANDIN_STALLS": "1"}
    assert run(program, root, **stalls) == "True\n"


@pytest.mark.parametrize(("attached", "means"), [("ribbon", "picamera"), ("usb", "other")])
def test_auto_takes_the_camera_on_the_ribbon_cable_and_not_a_usb_camera(root, attached, means):
    program = """
from device.camera.sources import resolve_source
print("picamera" if resolve_source("auto") == "picamera" else "other")
"""
    assert run(program, root, PICAMERA2_STANDIN=attached).strip() == means


def test_without_a_camera_the_error_says_what_to_check(root: Path):
    program = """
from device.config import CameraConfig
from device.errors import UserError
from device.camera.picamera import PiCamera
try:
    PiCamera(CameraConfig()).open()
except UserError as error:
    print(error)
"""
    assert "ribbon cable" in run(program, root)


def test_without_picamera2_the_kiosk_starts_and_says_how_to_install_it(root: Path):
    program = """
import sys
from device.config import CameraConfig
from device.errors import UserError
from device.camera.sources import open_source, resolve_source
assert "picamera2" not in sys.modules
camera = open_source("picamera", CameraConfig())  # a missing camera is a state
try:
    camera.open()
except UserError as error:
    print(error)
"""
    with_nothing = {"PYTHONPATH": str(root)}
    error = run(program, root, **with_nothing)
    assert error.count("\n") == 1
    assert "sudo apt install python3-picamera2" in error
    assert "--system-site-packages" in error
