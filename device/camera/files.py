"""Files as cameras: videos and folders of pictures, which tell their own time.

They are read as fast as they can be; `Paced` plays them at their own speed on the kiosk's clock.
What is wrong with a file is a `UserError` of one line, also when it shows only in the middle.
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
from device.camera.images import LONGEST_SIDE, fit, frame_of, list_pictures, load_picture
from device.errors import UserError
from device.values import Frame, Image

log = logging.getLogger(__name__)

# FFmpeg writes to the terminal what our own errors say in one line.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


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
            frame = retrieved(self._capture, self._at, LONGEST_SIDE)
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


def retrieved(capture: cv2.VideoCapture, at: float, longest: int) -> Frame:
    """Decode the frame that was grabbed, no side longer than `longest` pixels.

    Raises:
        OSError: OpenCV cannot, or hands it out undecoded.
    """
    found, bgr = capture.retrieve()
    if not found or bgr is None or bgr.ndim != 3 or bgr.shape[0] == 1:
        raise OSError("a picture could not be decoded")
    small: Image = fit(np.asarray(bgr, np.uint8), longest)
    return frame_of(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8), at)
