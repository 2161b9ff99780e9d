"""Files as cameras: videos and folders of pictures, with times of their own.

They are read as fast as possible; `Paced` plays them at their own speed on the kiosk's clock. A
broken file is a `UserError` of one line, even if it breaks in the middle.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from device.camera.capture import Camera
from device.camera.images import (
    LONGEST_SIDE,
    fit,
    frame_of,
    list_pictures,
    load_picture,
    refuse_unsupported,
)
from device.errors import UserError
from device.values import Frame, Image

log = logging.getLogger(__name__)

# FFmpeg would write to the terminal what our own errors say in one line.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


class VideoFile:
    """A video file, read as fast as possible and rotated by its metadata; a frame's time is its
    position in seconds."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: no such file."""
        if not path.is_file():
            raise UserError(f"{path}: no such file")
        self.scale = 1.0
        """Pixels of the file for one pixel of a frame, once a frame has been read."""
        self.frames: int | None = None
        """Number of frames by the header, once the file is open; None: the header has none."""
        self._path = path
        self._capture = cv2.VideoCapture()
        self._read = 0
        self._at = 0.0

    def open(self) -> None:
        """Open the file at its beginning.

        Raises:
            UserError: not a video that can be read, or cut short.
        """
        try:
            with self._path.open("rb") as file:
                refuse_unsupported(self._path, file.read(64))
        except OSError as error:
            raise UserError(f"{self._path}: cannot be read ({error.strerror})") from None
        # Absolute, since FFmpeg takes the part before a colon for a protocol.
        if not self._capture.open(str(self._path.resolve()), cv2.CAP_FFMPEG):
            raise UserError(
                f"{self._path}: not a video that can be read, or cut short; export it again"
            )
        # Off by default in this OpenCV. Phones rotate by metadata alone.
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        frames = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.frames = frames if frames > 0 else None
        self._read = 0

    def read(self) -> Frame | None:
        """The next frame, at most `LONGEST_SIDE` long.

        Raises:
            UserError: the file has no frame, or ends long before the length in its header.
        """
        if not self._capture.grab():
            self._check_end()
            return None
        # Some containers have no times, or repeat one; ours always increase.
        at = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        self._at = max(at, self._at + 0.001) if self._read else max(at, 0.0)
        self._read += 1
        try:
            frame = retrieved(self._capture, self._at, LONGEST_SIDE)
        except OSError:
            raise UserError(f"{self._path}: broken at {self._at:.1f} s; export it again") from None
        # The metadata may rotate a frame, so its width may be the file's height.
        sides = [
            self._capture.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        ]
        self.scale = max(*sides, 1.0) / max(frame.grey.shape)
        return frame

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _check_end(self) -> None:
        # The frame count in a container is sometimes a few too high.
        if self.frames and self._read < 0.9 * self.frames - 3:
            raise UserError(
                f"{self._path}: cut short after {self._at:.1f} s: {self._read} of "
                f"{self.frames} frames are there; export it again"
            )
        if not self._read:
            raise UserError(f"{self._path}: this video has no picture")


class PictureFolder:
    """The pictures of a folder by name, one a frame; broken ones are logged and skipped."""

    def __init__(self, folder: Path, fps: float) -> None:
        """Raises: UserError: no such folder, or no picture in it."""
        self._pictures = list_pictures(folder)
        self._fps = fps
        self._next = 0

    def open(self) -> None:
        """Restart with the first."""
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
        """Nothing to free."""


class Paced:
    """Plays a source at the speed of its own times, on the kiosk's clock."""

    LONGEST_WAIT_S = 1.0
    """Longest wait for a frame: a read must not reach its deadline where a picture lasts longer."""

    def __init__(
        self,
        camera: Camera,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """wait: waits a number of seconds of `clock`."""
        self._camera = camera
        self._clock = clock
        self._wait = wait or threading.Event().wait
        self._began: float | None = None

    def open(self) -> None:
        """Open the source; its first frame is due at once."""
        self._camera.open()
        self._began = None

    def read(self) -> Frame | None:
        """The next frame at its time; a late one at once."""
        frame = self._camera.read()
        if frame is None:
            return None
        now = self._clock()
        if self._began is None:
            self._began = now - frame.at
        ahead = self._began + frame.at - now
        if abs(ahead) > self.LONGEST_WAIT_S:  # a gap in the file, or the machine was suspended
            self._began = now - frame.at + min(max(ahead, 0.0), self.LONGEST_WAIT_S)
            ahead = min(ahead, self.LONGEST_WAIT_S)
        if ahead > 0:
            self._wait(ahead)
        return Frame(frame.grey, frame.rgb, self._clock())

    def close(self) -> None:
        """Close the source."""
        self._camera.close()


def retrieved(capture: cv2.VideoCapture, at: float, longest: int) -> Frame:
    """The grabbed frame, decoded, no side longer than `longest` pixels.

    Raises:
        OSError: OpenCV cannot decode it, or returns it undecoded.
    """
    found, bgr = capture.retrieve()
    if not found or bgr is None or bgr.ndim != 3 or bgr.shape[0] == 1:
        raise OSError("a picture could not be decoded")
    small: Image = fit(np.asarray(bgr, np.uint8), longest)
    return frame_of(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8), at)
