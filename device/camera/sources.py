"""From the configuration's `camera.source` to a camera: by name, through OpenCV, or from files.

What cannot work (an unknown name, a missing file or package) is a `UserError` when the camera is
created; what may recover (a cable, a network) is an error of `open` or `read`.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from device.camera.capture import Camera
from device.camera.demo import Demo
from device.camera.files import Paced, PictureFolder, VideoFile, retrieved
from device.camera.images import is_picture
from device.camera.picamera import PiCamera, picamera_attached
from device.config import CameraConfig
from device.errors import UserError
from device.values import Frame

TAKES = "auto, picamera, usb:0, rtsp://..., a video file, a folder of images, demo"

# With UDP a lost packet corrupts a face; some cameras support only TCP.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")


def open_source(spec: str, config: CameraConfig) -> Camera:
    """The camera that `spec` names, not yet open; `auto` is resolved now.

    Raises:
        UserError: no such source, file or folder, or a package that is missing.
    """
    spec = resolve_source(spec)
    if spec == "picamera":
        return PiCamera(config)
    if spec == "demo":
        return Paced(Demo(config))
    if re.fullmatch(r"usb:\d+", spec):
        return UsbCamera(int(spec.partition(":")[2]), config)
    if spec.startswith(("rtsp://", "rtsps://")):
        return NetworkCamera(spec, config)
    path = Path(spec).expanduser()
    if path.is_dir():
        return Paced(PictureFolder(path, config.fps))
    if path.is_file() and not is_picture(path):
        return Paced(VideoFile(path))
    what = "a single picture; takes a folder of them" if path.is_file() else "no such source"
    raise UserError(f"camera.source: {spec}: {what} (it takes {TAKES})")


def resolve_source(spec: str) -> str:
    """The source that `auto` stands for on this machine; other names are returned unchanged."""
    if spec != "auto":
        return spec
    if picamera_attached():
        return "picamera"
    return next((f"usb:{index}" for index in usb_cameras()), "demo")


def is_live(spec: str) -> bool:
    """Whether a source shows people who are there now, so that a page must show the notice."""
    spec = resolve_source(spec)
    return spec == "picamera" or spec.startswith(("usb:", "rtsp://", "rtsps://"))


def usb_cameras(devices: Path = Path("/dev")) -> tuple[int, ...]:
    """Numbers of the USB cameras that can be opened; none of them starts to stream."""
    query_capabilities = 0x80685600  # VIDIOC_QUERYCAP of linux/videodev2.h
    video_capture = 0x1
    found = []
    for device in devices.glob("video*"):
        answer = bytearray(104)
        try:
            handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            fcntl.ioctl(handle, query_capabilities, answer)
        except OSError:
            continue
        finally:
            os.close(handle)
        # struct v4l2_capability: driver[16], card[32], bus_info[32], version, capabilities of the
        # whole device and of this node. The Pi's own nodes are on the platform bus.
        bus, capabilities = struct.unpack("48x32s8xI12x", answer)
        if bus.startswith(b"usb-") and capabilities & video_capture:
            found.append(int(device.name.removeprefix("video")))
    return tuple(sorted(found))


class UsbCamera:
    """A camera that the kernel shows as /dev/video<index>."""

    def __init__(
        self, index: int, config: CameraConfig, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._index = index
        self._config = config
        self._clock = clock
        self._capture = cv2.VideoCapture()
        self._due = 0.0

    def open(self) -> None:
        """Start the camera at the configured size and rate, or the nearest that it has."""
        # OpenCV waits ten seconds for a picture unless this is set.
        patience = max(1, int(self._config.read_deadline_s) - 1)
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(patience))
        if not self._capture.open(self._index, cv2.CAP_V4L2):
            raise OSError(f"/dev/video{self._index} does not open")
        # Uncompressed where USB 2 has the bandwidth; OpenCV may choose a format by itself that
        # it returns undecoded.
        small = self._config.width * self._config.height <= 640 * 480
        for wish, value in (
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*("YUYV" if small else "MJPG"))),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
            (cv2.CAP_PROP_FRAME_WIDTH, self._config.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, self._config.height),
            (cv2.CAP_PROP_FPS, self._config.fps),
        ):
            self._capture.set(wish, value)

    def read(self) -> Frame:
        """The next frame that is due; frames beyond the configured rate are not decoded."""
        while True:
            if not self._capture.grab():
                raise OSError(f"/dev/video{self._index} delivers no picture")
            now = self._clock()
            if now >= self._due:
                break
        # Up to a quarter of a frame early is accepted, since clocks differ.
        self._due = now + 0.75 / self._config.fps
        return retrieved(self._capture, now, max(self._config.width, self._config.height))

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


class NetworkCamera:
    """A network camera, by RTSP."""

    def __init__(
        self, address: str, config: CameraConfig, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = address
        self._name = without_password(address)
        self._config = config
        self._clock = clock
        self._capture = cv2.VideoCapture()

    def open(self) -> None:
        """Connect, within the deadline."""
        patience_ms = round(800 * self._config.read_deadline_s)
        opened = self._capture.open(
            self._address,
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, patience_ms),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, patience_ms),
            ],
        )
        if not opened:
            raise OSError(f"{self._name} does not answer")

    def read(self) -> Frame:
        """The next frame of the stream, scaled down to the configured size."""
        if not self._capture.grab():
            raise OSError(f"{self._name} delivers no picture")
        return retrieved(self._capture, self._clock(), max(self._config.width, self._config.height))

    def close(self) -> None:
        """Disconnect."""
        self._capture.release()


def without_password(address: str) -> str:
    """An address that may be shown: `rtsp://user:secret@host` without the part before @."""
    return re.sub(r"(?<=://)[^/]*@", "", address)
