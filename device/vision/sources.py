"""From the configuration's `camera.source` to a camera: by name, through OpenCV, or from files.

What can never work (a name that means nothing, a file that is not there, a missing package) is a
`UserError` when the camera is made; what may come back (a cable, a network) is an error of `open`
or `read`. Files tell their own time; `Paced` plays them at their own speed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from device.config import CameraConfig
from device.errors import UserError
from device.values import Frame, Image
from device.vision.camera import Camera
from device.vision.demo import Demo
from device.vision.images import (
    LONGEST_SIDE,
    fit,
    frame_of,
    is_picture,
    list_pictures,
    load_picture,
)
from device.vision.picamera import PiCamera, picamera_attached

log = logging.getLogger(__name__)

TAKES = "auto, picamera, usb:0, rtsp://..., a video file, a folder of images, demo"

# FFmpeg writes to the terminal what our own errors say in one line.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
# By UDP a lost packet smears a face; some cameras speak only TCP.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")


def open_source(spec: str, config: CameraConfig) -> Camera:
    """The camera that `spec` names, not opened yet; `auto` is looked for now.

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
    """What `auto` means on this machine now; every other name is returned as it is."""
    if spec != "auto":
        return spec
    if picamera_attached():
        return "picamera"
    return next((f"usb:{index}" for index in usb_cameras()), "demo")


def is_live(spec: str) -> bool:
    """Whether a source shows people who are there now, and so needs a page with the notice."""
    spec = resolve_source(spec)
    return spec == "picamera" or spec.startswith(("usb:", "rtsp://", "rtsps://"))


def usb_cameras(devices: Path = Path("/dev")) -> tuple[int, ...]:
    """Numbers of the USB cameras that can be opened; none of them is made to look."""
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
        # whole device and of this node. The Pi's own nodes are on its platform bus.
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
        # OpenCV waits ten seconds for a picture unless this says less.
        patience = max(1, int(self._config.read_deadline_s) - 1)
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(patience))
        if not self._capture.open(self._index, cv2.CAP_V4L2):
            raise OSError(f"/dev/video{self._index} does not open")
        # Not compressed where USB 2 can carry that; OpenCV's own first choice may be one that it
        # hands out undecoded.
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
        """The next picture that is due; a camera that is faster than asked is not decoded."""
        while True:
            if not self._capture.grab():
                raise OSError(f"/dev/video{self._index} gives no picture")
            now = self._clock()
            if now >= self._due:
                break
        # A quarter of a frame early is in time: clocks differ.
        self._due = now + 0.75 / self._config.fps
        return _retrieved(self._capture, now, max(self._config.width, self._config.height))

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()


class NetworkCamera:
    """A camera that speaks RTSP."""

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
        """The next picture of the stream, scaled down to the configured size."""
        if not self._capture.grab():
            raise OSError(f"{self._name} gives no picture")
        return _retrieved(
            self._capture, self._clock(), max(self._config.width, self._config.height)
        )

    def close(self) -> None:
        """Hang up."""
        self._capture.release()


class VideoFile:
    """A video file, as fast as it can be read; a frame's time is its place in the file, seconds."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: no such file."""
        if not path.is_file():
            raise UserError(f"{path}: no such file")
        self.scale = 1.0
        """How many of the file's pixels one of a frame's is, once a frame was read."""
        self._path = path
        self._capture = cv2.VideoCapture()
        self._read = 0
        self._at = 0.0

    def open(self) -> None:
        """Open the file at its beginning.

        Raises:
            UserError: not a video that can be read, or cut short.
        """
        # Absolute, since FFmpeg takes what stands before a colon for a protocol.
        if not self._capture.open(str(self._path.resolve()), cv2.CAP_FFMPEG):
            raise UserError(
                f"{self._path}: not a video that can be read, or cut short; export it anew"
            )
        self._read = 0

    def read(self) -> Frame | None:
        """The next frame, at most `LONGEST_SIDE` long.

        Raises:
            UserError: there is no frame in it, or it ends long before its own end.
        """
        if not self._capture.grab():
            self._check_end()
            return None
        # Some containers tell no times, or the same one twice; time only goes on.
        at = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        self._at = max(at, self._at + 0.001) if self._read else max(at, 0.0)
        self._read += 1
        try:
            frame = _retrieved(self._capture, self._at, LONGEST_SIDE)
        except OSError:
            raise UserError(f"{self._path}: broken at {self._at:.1f} s; export it anew") from None
        # Turned by its metadata, a frame's width is the file's height.
        sides = [
            self._capture.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        ]
        self.scale = max(*sides, 1.0) / max(frame.grey.shape)
        return frame

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _check_end(self) -> None:
        if not self._read:
            raise UserError(f"{self._path}: there is no picture in this video")
        # Containers count their frames, sometimes a few too many.
        expected = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if self._read < 0.9 * expected - 3:
            raise UserError(
                f"{self._path}: cut short after {self._at:.1f} s: {self._read} of "
                f"{expected:.0f} frames are there; export it anew"
            )


class PictureFolder:
    """The pictures of a folder by name, one a frame; a broken one is logged and left out."""

    def __init__(self, folder: Path, fps: float) -> None:
        """Raises: UserError: no such folder, or no picture in it."""
        self._pictures = list_pictures(folder)
        self._fps = fps
        self._next = 0

    def open(self) -> None:
        """Begin with the first."""
        self._next = 0

    def read(self) -> Frame | None:
        """The next picture, timed as a frame of a video at the configured rate."""
        while self._next < len(self._pictures):
            at, path = self._next / self._fps, self._pictures[self._next]
            self._next += 1
            try:
                return frame_of(load_picture(path), at)
            except UserError as error:
                log.warning("%s", error)
        return None

    def close(self) -> None:
        """Nothing is held."""


class Paced:
    """Plays a source that tells its own time at that speed, on the kiosk's clock."""

    LONGEST_WAIT_S = 1.0
    """A still that stands longer is not a hang: the deadline of a read must not be reached."""

    def __init__(
        self,
        camera: Camera,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """wait: waits so many seconds of `clock`."""
        self._camera = camera
        self._clock = clock
        self._wait = wait or threading.Event().wait
        self._began: float | None = None

    def open(self) -> None:
        """Open the source; its first frame comes at once."""
        self._camera.open()
        self._began = None

    def read(self) -> Frame | None:
        """The next frame when its time has come; one that is late comes at once."""
        frame = self._camera.read()
        if frame is None:
            return None
        now = self._clock()
        if self._began is None:
            self._began = now - frame.at
        ahead = self._began + frame.at - now
        if abs(ahead) > self.LONGEST_WAIT_S:  # a gap in the file, or the machine stood still
            self._began = now - frame.at + min(max(ahead, 0.0), self.LONGEST_WAIT_S)
            ahead = min(ahead, self.LONGEST_WAIT_S)
        if ahead > 0:
            self._wait(ahead)
        return Frame(frame.grey, frame.rgb, self._clock())

    def close(self) -> None:
        """Close the source."""
        self._camera.close()


def without_password(address: str) -> str:
    """An address as it may be shown: `rtsp://user:secret@host` without what stands before @."""
    return re.sub(r"(?<=://)[^/]*@", "", address)


def _retrieved(capture: cv2.VideoCapture, at: float, longest: int) -> Frame:
    """Decode the frame that was grabbed."""
    found, bgr = capture.retrieve()
    if not found or bgr is None or bgr.ndim != 3 or bgr.shape[0] == 1:
        raise OSError("a picture could not be decoded")
    small: Image = fit(np.asarray(bgr, np.uint8), longest)
    return frame_of(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8), at)
