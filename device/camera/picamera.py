"""The Raspberry Pi's camera by picamera2: RGB, and a grey plane at no cost.

The ISP writes each picture twice: RGB as `main`, and YUV as `lores`, whose first plane is the luma.
picamera2 comes by apt and on a Pi only, so it is imported when a `PiCamera` is created.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from device.config import CameraConfig
from device.errors import UserError
from device.values import Frame

MISSING = (
    "camera.source: picamera needs picamera2; run `sudo apt install python3-picamera2` and make "
    "the virtual environment with --system-site-packages (`make clean run` does so)"
)


def picamera_attached() -> bool:
    """Whether picamera2 can be imported and sees a camera on the ribbon cable."""
    try:
        module = importlib.import_module("picamera2")
        found = module.Picamera2.global_camera_info()
    except Exception:  # absent, or built for another numpy
        return False
    # USB cameras are listed too, but have no `lores` stream.
    return any("/usb" not in camera.get("Id", "") for camera in found)


class PiCamera:
    """The first camera on the ribbon cable."""

    def __init__(self, config: CameraConfig, *, clock: Callable[[], float] = time.monotonic):
        """Import picamera2 now: it takes seconds on a Pi, too long for the deadline of a read.

        Where it cannot be imported the camera is lost: the kiosk runs without it, and says why.
        """
        self._missing = ""
        try:
            self._picamera2 = importlib.import_module("picamera2")
            self._libcamera = importlib.import_module("libcamera")
        except ImportError as error:
            self._missing = f"{MISSING} ({error})"
        self._config = config
        self._clock = clock
        self._camera: Any = None

    def require(self) -> None:
        """Raises: UserError: picamera2 cannot be imported."""
        if self._missing:
            raise UserError(self._missing)

    def open(self) -> None:
        """Start both streams.

        Raises:
            UserError: picamera2 is missing, or no camera is attached.
            RuntimeError: libcamera's own errors, such as a camera that is in use.
        """
        self.require()
        if not self._picamera2.Picamera2.global_camera_info():
            raise UserError("no camera found; check the ribbon cable, then `rpicam-hello`")
        camera = self._camera = self._picamera2.Picamera2()
        size = (self._config.width, self._config.height)
        across, down = camera.sensor_resolution
        frame_us = round(1e6 / self._config.fps)
        camera.configure(
            camera.create_video_configuration(
                main={"size": size, "format": "BGR888"},  # libcamera's name for R, G, B in memory
                lores={"size": size, "format": "YUV420"},
                raw=None,
                # Full range: the default for video limits luma to 16 to 235.
                colour_space=self._libcamera.ColorSpace.Sycc(),
                # Small sensor modes crop the view; half of the pixels each way keeps all of it.
                sensor={"output_size": (across // 2, down // 2)},
                controls={"FrameDurationLimits": (frame_us, frame_us)},
                buffer_count=4,
                queue=False,  # wait for the next picture instead of returning the last
                display=None,
                encode=None,
            )
        )
        camera.start()

    def read(self) -> Frame:
        """The next frame, copied out of the camera's buffers."""
        wait = 0.8 * self._config.read_deadline_s
        (rgb, yuv), _ = self._camera.capture_arrays(["main", "lores"], wait=wait)
        height, width = rgb.shape[:2]
        grey = yuv[:height, :width]  # rows are padded to the ISP's stride
        across, down = self._camera.camera_configuration()["lores"]["size"]
        if (across, down) != (width, height):  # the ISP aligned only one stream
            grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        return Frame(grey, rgb, self._clock())

    def close(self) -> None:
        """Stop the streams and free their buffers."""
        camera, self._camera = self._camera, None
        if camera is None:
            return
        # `close` would wait for ever for a request that timed out.
        getattr(camera, "cancel_all_and_flush", lambda: None)()
        camera.close()
