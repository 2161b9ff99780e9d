"""From the configuration's `camera.source` to a camera: by name, through OpenCV, or from files.

What cannot work (an unknown name, a missing file or package) is a `UserError` when the camera is
created; what may recover (a cable, a network) is an error of `open` or `read`.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2

from device.addresses import Address, shown
from device.camera.ask import UNTOLD, ask
from device.camera.capture import Camera
from device.camera.demo import Demo
from device.camera.files import Paced, PictureFolder, VideoFile, retrieved
from device.camera.images import is_picture
from device.camera.mounting import Upright
from device.camera.picamera import PiCamera, picamera_attached
from device.camera.usb import BY_ID, UsbCamera, usb_cameras
from device.config import CameraConfig
from device.errors import UserError
from device.values import Frame

TAKES = (
    "auto, picamera, usb:0, usb:NAME, rtsp://..., http://..., a video file, a folder of images, "
    "demo"
)

NETWORK = ("rtsp://", "rtsps://", "http://", "https://")
"""What the address of a network camera begins with."""

UNREADABLE = "answers, but its stream cannot be read: choose H.264 or MJPEG at the camera"

SHORTEST_ASK_S = 0.2
"""With less time, a camera that does not open is not asked why."""

# With UDP a lost packet corrupts a face; some cameras support only TCP.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")


def open_source(spec: str, config: CameraConfig) -> Camera:
    """The camera that `spec` names, not yet open, with upright pictures; `auto` is resolved now.

    Raises:
        UserError: no such source, file or folder.
    """
    camera = _camera(resolve_source(spec), config)
    if config.rotate or config.flip:
        return Upright(camera, config.rotate, config.flip)
    return camera


def _camera(spec: str, config: CameraConfig) -> Camera:
    if spec == "picamera":
        return PiCamera(config)
    if spec == "demo":
        return Paced(Demo(config))
    if spec.startswith("usb:") and not re.match(r"usb:\s*($|/dev/|video\d+$)", spec):
        return UsbCamera(spec.removeprefix("usb:").strip(), config)
    if is_network(spec):
        return NetworkCamera(spec, config)
    what = "no such source"
    with suppress(OSError, ValueError, RuntimeError):  # no path at all, or one that is not there
        path = Path(spec).expanduser()
        mode = path.stat().st_mode if spec else 0
        if stat.S_ISDIR(mode):
            return Paced(PictureFolder(path, config.fps))
        if stat.S_ISREG(mode) and not is_picture(path):
            return Paced(VideoFile(path))
        if stat.S_ISREG(mode):
            what = "a single picture; takes a folder of them"
    meant = _meant(spec)
    fix = f"{meant}; it takes {TAKES}" if meant else f"it takes {TAKES}"
    raise UserError(f"camera.source: {shown(spec) or 'empty'}: {what} ({fix})")


def _meant(spec: str) -> str:
    """What a source that there is not may stand for; empty: no idea."""
    plain = spec.strip().lower()
    if plain in ("auto", "picamera", "demo"):
        return f"write {plain}, in small letters and without blanks"
    by_id = spec.strip().partition(f"/dev/v4l/{BY_ID}")[2]
    if by_id:
        return f"a USB camera? then write usb:{BY_ID}{by_id}"
    number = re.fullmatch(r"(?:usb)?:?\s*(?:/dev/)?(?:video)?\s*(\d+)", plain)
    if number:
        return f"a USB camera? then write usb:{number[1]}"
    if "/dev/v4l/" in spec or plain.startswith("usb"):
        return "a USB camera? then write usb: and a name that `wayside check --cameras` lists"
    if plain.startswith("file://"):
        return "a file is written as its path alone"
    address = r"(rtsp|http)s?\b|.*://|.*@|[\w.-]+:\d+\b|(\d+\.){3}\d"
    if re.match(address, plain):
        return "a network camera? then begin with rtsp://, rtsps://, http:// or https://"
    return ""


def resolve_source(spec: str) -> str:
    """The source that `auto` stands for on this machine; other names are returned unchanged."""
    if spec != "auto":
        return spec
    if picamera_attached():
        return "picamera"
    return next((f"usb:{camera.number}" for camera in usb_cameras()), "demo")


def is_live(spec: str) -> bool:
    """Whether a source shows people who are there now, so that a page must show the notice."""
    spec = resolve_source(spec)
    return spec == "picamera" or spec.startswith("usb:") or is_network(spec)


def is_network(spec: str) -> bool:
    """Whether a source is the address of a network camera."""
    return spec.strip().lower().startswith(NETWORK)


class NetworkCamera:
    """A network camera, by RTSP, or by HTTP as most send MJPEG."""

    def __init__(
        self, address: str, config: CameraConfig, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises: UserError: no address, or one that must be written otherwise."""
        self._name = shown(address)
        try:
            self._parts = Address.parse(address)
        except ValueError as error:
            raise UserError(f"camera.source: {self._name}: {error}") from None
        # FFmpeg knows a scheme in lower case alone.
        self._address = f"{self._parts.scheme}://{address.partition('://')[2].strip()}"
        self._config = config
        self._clock = clock
        self._capture = cv2.VideoCapture()
        self._read = 0

    def open(self) -> None:
        """Connect, within the deadline.

        Raises:
            OSError: it does not open, with the reason that the camera gives.
        """
        deadline = self._clock() + 0.9 * self._config.read_deadline_s
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
            left = deadline - self._clock()
            if left < SHORTEST_ASK_S:
                raise OSError(f"{self._name} does not answer")
            doubt = self.ask(left).replace(UNTOLD, "") or UNREADABLE
            raise OSError(f"{self._name} {doubt}")
        self._read = 0

    def ask(self, within_s: float) -> str:
        """Ask for the stream, and open no picture: empty if it would come, else why that is not
        certain.

        Raises:
            OSError: the camera does not send it, with the reason that it gives.
        """
        try:
            return ask(self._parts, within_s)
        except OSError as error:
            raise OSError(f"{self._name} {error}") from None

    def read(self) -> Frame:
        """The next frame of the stream, scaled down to the configured size."""
        if not self._capture.grab():
            if self._read == 1:
                raise OSError(f"{self._name} sends one picture alone; take the stream's address")
            raise OSError(f"{self._name} delivers no picture")
        self._read += 1
        return retrieved(self._capture, self._clock(), max(self._config.width, self._config.height))

    def close(self) -> None:
        """Disconnect."""
        self._capture.release()
