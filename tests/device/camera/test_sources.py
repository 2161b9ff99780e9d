"""What `--source` may name, what this machine has, and memory over many openings."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import chdir

import cv2
import numpy as np
import pytest

from device.camera.sources import is_live, open_source, resolve_source
from device.config import CameraConfig
from device.errors import UserError
from tests.device.camera.clips import write_video


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("usb", "no such source"),
        ("no/such/clip.mp4", "no such source"),
        ("usb:", "no such source"),
        ("ftp://camera.example", "no such source"),
    ],
)
def test_an_unknown_source_is_an_error_that_lists_the_known_ones(spec, reason):
    with pytest.raises(UserError) as error:
        open_source(spec, CameraConfig())
    assert reason in str(error.value)
    assert "picamera, usb:0, usb:NAME, rtsp://" in str(error.value)
    assert spec in str(error.value)


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("/dev/video0", "usb:0"),
        ("video2", "usb:2"),
        ("usb0", "usb:0"),
        ("usb 1", "usb:1"),
        ("0", "usb:0"),
        ("USB:0", "usb:0"),
        ("usb:/dev/video0", "usb:0"),
        ("usb:video2", "usb:2"),
        ("usb:/dev/v4l/by-id/usb-046d_Cam-index0", "usb:by-id/usb-046d_Cam-index0"),
        ("/dev/v4l/by-path/pci-0000", "usb: and a name"),
        ("/dev/v4l/by-id/usb-046d_Cam-index0", "usb:by-id/usb-046d_Cam-index0"),
    ],
)
def test_another_way_to_write_a_usb_camera_is_told_the_right_one(spec, meant):
    with pytest.raises(UserError, match=f"then write {meant}"):
        open_source(spec, CameraConfig())


@pytest.mark.parametrize(
    "spec",
    [
        "192.168.1.20",
        "192.168.1.20:554/stream",
        "camera.example:554",
        "me:geheim@camera/1",
        "rtsp:/me:geheim@camera/1",
        "RTSP//camera/1",
        "http:camera/1",
        "rtsp ://me:geheim@camera/1",
        "rtps://me:geheim@camera/1",
        "onvif://me:geheim@camera",
        '"rtsp://me:geheim@camera/1"',
    ],
)
def test_an_address_without_its_beginning_is_told_how_to_begin(spec):
    with pytest.raises(UserError, match=r"a network camera\? then begin with rtsp://") as error:
        open_source(spec, CameraConfig())
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize("spec", ["Auto", "DEMO", " demo", "PiCamera\n"])
def test_a_name_in_other_letters_is_told_how_to_write_it(spec):
    with pytest.raises(UserError, match=f"write {spec.strip().lower()}, in small letters"):
        open_source(spec, CameraConfig())


@pytest.mark.parametrize("spec", ["", "  ", "~nobody-of-this-name/clip.mp4", "x" * 5000, "a\0b"])
def test_what_can_be_no_path_is_no_source(spec, tmp_path):
    cv2.imwrite(str(tmp_path / "one.jpg"), np.zeros((40, 40), np.uint8))
    no_such = pytest.raises(UserError, match=r"^camera\.source: .*no such source \(it takes auto")
    with chdir(tmp_path), no_such:  # an empty source is not the current folder
        open_source(spec, CameraConfig())


def test_blanks_around_the_name_of_a_usb_camera_do_not_matter():
    for spec in ("usb: 7", "usb:7 ", "usb:HD Pro Webcam C920 "):
        assert is_live(spec)
        open_source(spec, CameraConfig())


def test_a_single_picture_and_an_empty_folder_are_no_sources(tmp_path):
    path = tmp_path / "one.jpg"
    cv2.imwrite(str(path), np.zeros((40, 40), np.uint8))
    with pytest.raises(UserError, match="takes a folder of them"):
        open_source(str(path), CameraConfig())
    path.unlink()
    with pytest.raises(UserError, match="no picture in this folder"):
        open_source(str(tmp_path), CameraConfig())


def test_files_folders_and_the_demo_play_and_are_not_live(tmp_path):
    clip = write_video(tmp_path / "clip.mp4", 5)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((40, 40), np.uint8))
    for spec in (str(clip), str(tmp_path), "demo"):
        assert not is_live(spec)
        camera = open_source(spec, CameraConfig())
        camera.open()
        before = time.monotonic()
        frame = camera.read()
        assert frame is not None
        assert before <= frame.at <= time.monotonic()
        camera.close()
    network = [f"{scheme}://camera.example/1" for scheme in ("rtsp", "rtsps", "http", "HTTPS")]
    for spec in ("picamera", "usb:3", "usb:by-id/one", "usb:HD Webcam", *network):
        assert is_live(spec)


def test_auto_is_resolved_to_what_this_machine_has():
    found = resolve_source("auto")
    assert found == "picamera" or found == "demo" or found.startswith("usb:")
    assert resolve_source("usb:7") == "usb:7"


@pytest.mark.slow
def test_opening_fifty_times_does_not_increase_memory(tmp_path):
    # failure 6
    clip = write_video(tmp_path / "clip.mp4", 20)
    program = f"""
import json, resource, threading
from device.config import CameraConfig
from device.camera.capture import Capture
from device.camera.sources import open_source

def resident_kb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

sizes = {{}}
for spec in ({str(clip)!r}, "demo"):
    config = CameraConfig(reopen_first_s=0.01, reopen_longest_s=0.01)
    capture = Capture(open_source(spec, config), config)
    sizes[spec] = []
    for _ in range(60):
        capture.allow()
        assert capture.take(20) is not None
        capture.pause()
        while capture.state.name != "closed":
            threading.Event().wait(0.002)
        sizes[spec].append(resident_kb())
    capture.close()
assert threading.active_count() == 1
print(json.dumps(list(sizes.values())))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=170
    )
    assert done.returncode == 0, done.stderr
    for sizes in json.loads(done.stdout):
        assert max(sizes[-10:]) - max(sizes[:10]) < 4096  # KiB; one frame here is 900
