"""USB cameras by V4L2: those that are plugged in, and one as a `Camera`.

The kernel numbers cameras in the order in which it finds them, which may change with a restart. A
name of the product, or of the link in /dev/v4l/by-id, does not.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2

from device.addresses import shown
from device.camera.files import retrieved
from device.config import CameraConfig
from device.errors import UserError
from device.values import Frame

DEVICES = Path("/dev")
BY_ID = "by-id/"

Capabilities = tuple[str, str, int]
"""Of a video device: its name, its bus, and what this node can do."""


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A USB camera. number: of /dev/video<number>. name: of the product, as it reports it. by_id:
    its link in /dev/v4l/by-id, empty if there is none."""

    number: int
    name: str
    by_id: str = ""


def capabilities(device: Path) -> Capabilities | None:
    """What a video device reports; None: it is none, or cannot be opened."""
    query = 0x80685600  # VIDIOC_QUERYCAP of linux/videodev2.h
    answer = bytearray(104)
    try:
        handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.ioctl(handle, query, answer)
    except OSError:
        return None
    finally:
        os.close(handle)
    # struct v4l2_capability: driver[16], card[32], bus_info[32], version, capabilities of the whole
    # device and of this node.
    card, bus, node = struct.unpack("16x32s32s8xI12x", answer)
    name, where = (text.partition(b"\0")[0].decode(errors="replace") for text in (card, bus))
    return name, where, node


def usb_cameras(
    devices: Path = DEVICES, query: Callable[[Path], Capabilities | None] = capabilities
) -> tuple[UsbDevice, ...]:
    """The USB cameras that can be opened, by number; none of them starts to stream."""
    return tuple(sorted(_found(devices, query), key=lambda camera: camera.number))


def _found(devices: Path, query: Callable[[Path], Capabilities | None]) -> Iterator[UsbDevice]:
    video_capture = 0x1
    links = {link.resolve(): link.name for link in sorted((devices / "v4l/by-id").glob("*"))}
    for device in devices.glob("video*"):
        number = device.name.removeprefix("video")
        answer = query(device) if number.isdecimal() else None
        # The Pi's own nodes are on the platform bus; a camera's second node has metadata alone.
        if answer and answer[1].startswith("usb-") and answer[2] & video_capture:
            yield UsbDevice(int(number), answer[0].strip(), links.get(device.resolve(), ""))


def find_usb(wanted: str, cameras: tuple[UsbDevice, ...]) -> UsbDevice:
    """The camera that a source names after `usb:`: a number, a product, or by-id/<link>.

    Raises:
        UserError: none of this name is plugged in, or more than one.
    """
    found = [camera for camera in cameras if _is(camera, wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"camera.source: usb:{wanted}: {len(found)} cameras have this name; take "
            + " or ".join(source_of(camera, cameras) for camera in found)
        )
    there = ", ".join(f"usb:{c.number} ({c.name})" for c in cameras) or "none"
    raise UserError(
        f"camera.source: {shown(f'usb:{wanted}')}: not found (found: {there}); is it plugged in? "
        "`wayside check --cameras` lists the names"
    )


def source_of(camera: UsbDevice, cameras: tuple[UsbDevice, ...]) -> str:
    """The source that names a camera: one that survives a restart, unless another of the same
    product, without a link of its own, leaves only its number."""
    if camera.by_id:
        return f"usb:{BY_ID}{camera.by_id}"
    named = camera.name and [one for one in cameras if _is(one, camera.name)] == [camera]
    return f"usb:{camera.name}" if named else f"usb:{camera.number}"


def _is(camera: UsbDevice, wanted: str) -> bool:
    if wanted.isdecimal():
        return camera.number == int(wanted)
    if wanted.startswith(BY_ID):
        return wanted.removeprefix(BY_ID) == camera.by_id
    return _plain(wanted) == _plain(camera.name)


def _plain(name: str) -> str:
    return " ".join(re.split(r"\s+", name.casefold())).strip()


class UsbCamera:
    """A USB camera; one that has a name is looked for at each opening, whatever its number."""

    def __init__(
        self,
        wanted: str,
        config: CameraConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
        plugged_in: Callable[[], tuple[UsbDevice, ...]] = usb_cameras,
    ) -> None:
        """wanted: what the source has after `usb:`."""
        self._wanted = wanted
        self._config = config
        self._clock = clock
        self._plugged_in = plugged_in
        self._capture = cv2.VideoCapture()
        self._device = ""
        self._due = 0.0

    def open(self) -> None:
        """Start the camera at the configured size and rate, or the nearest that it has.

        Raises:
            UserError: no camera of this name is plugged in.
            OSError: it does not open.
        """
        numbered = self._wanted.isdecimal()
        wanted = self._wanted if numbered else find_usb(self._wanted, self._plugged_in()).number
        self._device = f"/dev/video{int(wanted)}"
        # OpenCV waits ten seconds for a picture unless this is set.
        patience = max(1, int(self._config.read_deadline_s) - 1)
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(patience))
        if not self._capture.open(int(wanted), cv2.CAP_V4L2):
            raise OSError(f"{self._device} does not open")
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
                raise OSError(f"{self._device} delivers no picture")
            now = self._clock()
            if now >= self._due:
                break
        # Up to a quarter of a frame early is accepted, since clocks differ.
        self._due = now + 0.75 / self._config.fps
        return retrieved(self._capture, now, max(self._config.width, self._config.height))

    def close(self) -> None:
        """Release the device."""
        self._capture.release()
