"""USB cameras: which are plugged in, their names, and one that is plugged in elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.camera.sources import open_source
from device.camera.usb import UsbCamera, UsbDevice, find_usb, source_of, usb_cameras
from device.config import CameraConfig
from device.errors import UserError

CAPTURE, METADATA = 0x1, 0x800000
LOGITECH = UsbDevice(0, "HD Pro Webcam C920", "usb-046d_HD_Pro_Webcam_C920_1A2B-video-index0")
TWINS = (UsbDevice(2, "USB Camera", "usb-Twin_1-video-index0"), UsbDevice(4, "USB Camera"))
ALL = (LOGITECH, *TWINS)


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A folder as /dev on a Pi with two cameras, the second one plugged in first."""
    (tmp_path / "v4l/by-id").mkdir(parents=True)
    for number in (0, 1, 2, 10):
        (tmp_path / f"video{number}").touch()
    (tmp_path / "v4l/by-id/usb-Acme_Eye-video-index0").symlink_to("../../video2")
    (tmp_path / "v4l/by-id/usb-Acme_Eye-video-index1").symlink_to("../../video1")
    return tmp_path


def test_only_nodes_of_usb_cameras_with_pictures_are_listed(devices: Path):
    nodes = {
        "video0": ("Other Eye: Other Eye", "usb-0000:00:14.0-1", CAPTURE),
        "video1": ("Eye", "usb-0000:00:14.0-2", METADATA),
        "video2": ("Eye", "usb-0000:00:14.0-2", CAPTURE),
        "video10": ("bcm2835-isp", "platform:bcm2835-isp", CAPTURE),
    }
    found = usb_cameras(devices, lambda device: nodes[device.name])
    assert found == (
        UsbDevice(0, "Other Eye: Other Eye"),
        UsbDevice(2, "Eye", "usb-Acme_Eye-video-index0"),
    )


def test_what_is_listed_names_one_camera():
    nameless = UsbDevice(6, "")
    sources = {
        "usb:by-id/usb-046d_HD_Pro_Webcam_C920_1A2B-video-index0": LOGITECH,
        "usb:by-id/usb-Twin_1-video-index0": TWINS[0],
        "usb:4": TWINS[1],
        "usb:Eye: Eye": UsbDevice(5, "Eye: Eye"),
        "usb:6": nameless,
    }
    cameras = tuple(sources.values())
    assert {source_of(camera, cameras): camera for camera in cameras} == sources
    for source, camera in sources.items():
        assert find_usb(source.removeprefix("usb:"), cameras) == camera


def test_what_is_no_video_device_is_not_listed(tmp_path: Path):
    (tmp_path / "video0").write_text("not a device")
    (tmp_path / "video1").symlink_to("/dev/null")
    (tmp_path / "video2").symlink_to(tmp_path / "gone")
    (tmp_path / "video-old").touch()
    assert usb_cameras(tmp_path) == ()


@pytest.mark.parametrize(
    "wanted",
    [
        "0",
        "HD Pro Webcam C920",
        "hd pro  webcam c920 ",
        "by-id/usb-046d_HD_Pro_Webcam_C920_1A2B-video-index0",
    ],
)
def test_a_camera_is_found_by_number_product_or_link(wanted: str):
    assert find_usb(wanted, ALL) == LOGITECH


@pytest.mark.parametrize("wanted", ["7", "C920", "by-id/usb-046d", "one"])
def test_a_camera_that_is_not_plugged_in_is_an_error_that_lists_those_that_are(wanted: str):
    with pytest.raises(UserError) as error:
        find_usb(wanted, ALL)
    assert f"usb:{wanted}: not found" in str(error.value)
    assert "usb:0 (HD Pro Webcam C920)" in str(error.value)
    assert "wayside check --cameras" in str(error.value)


@pytest.mark.parametrize("wanted", ["rtsp://me:geheim@camera/1", "me:geheim@camera"])
def test_an_address_after_usb_is_not_repeated(wanted: str):
    # failure 40
    with pytest.raises(UserError, match="not found") as error:
        find_usb(wanted, ALL)
    assert "geheim" not in str(error.value)


def test_of_two_cameras_of_one_product_the_link_is_asked_for():
    with pytest.raises(UserError, match="2 cameras") as error:
        find_usb("USB Camera", ALL)
    assert "usb:by-id/usb-Twin_1-video-index0 or usb:4" in str(error.value)


def test_a_named_camera_is_looked_for_at_each_opening():
    # failure 34
    plugged_in = [(), (UsbDevice(61, "Eye"),), (UsbDevice(62, "Eye"),)]
    camera = UsbCamera("Eye", CameraConfig(), plugged_in=lambda: plugged_in.pop(0))
    with pytest.raises(UserError, match="usb:Eye: not found"):
        camera.open()
    for number in (61, 62):
        with pytest.raises(OSError, match=f"/dev/video{number} does not open"):
            camera.open()
    camera.close()


def test_a_missing_numbered_camera_is_an_error_of_open():
    camera = open_source("usb:63", CameraConfig())
    with pytest.raises(OSError, match="/dev/video63 does not open"):
        camera.open()
    camera.close()
