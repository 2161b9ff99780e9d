"""Loads a picture: upright, without transparency, no larger than the corridor needs.

A broken file is a `UserError` of one line. A huge picture is decoded at a fraction of its size: a
JPEG of 108 megapixels takes 12 MB instead of 600.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from device.camera.formats import (
    UPRIGHT,
    may_be_transparent,
    unsupported_format,
    webp_orientation,
    without_profile,
)
from device.errors import UserError
from device.values import Frame, Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
UNSUPPORTED_SUFFIXES = (".heic", ".heif", ".avif")
LONGEST_SIDE = 2048
"""Pixels. Detection scales a picture to 192 and recognition reads crops of 64."""

SHORTEST_SIDE = 16
"""Pixels. `crop.trust_of` gives smaller faces a trust of 0."""

_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_FLIPS = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
"""EXIF's orientations and the `cv2.flip` that each needs, those from 5 on after transposing."""

# OpenCV would write warnings beside our own error of one line.
cv2.setLogLevel(0)


def is_picture(path: Path) -> bool:
    """Whether the file has a picture's suffix; its content is checked when it is loaded."""
    return path.suffix.lower() in (*SUFFIXES, *UNSUPPORTED_SUFFIXES)


def list_pictures(folder: Path) -> tuple[Path, ...]:
    """The pictures of a folder in the order of their names.

    Raises:
        UserError: no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    pictures = tuple(sorted(p for p in folder.iterdir() if is_picture(p) and p.is_file()))
    if not pictures:
        raise UserError(f"{folder}: no picture in this folder; takes {', '.join(SUFFIXES)}")
    return pictures


def load_picture(path: Path) -> Image:
    """Read a picture: (H, W, 3) uint8 RGB, rotated by its EXIF, at most `LONGEST_SIDE` long.

    Transparent parts become white, as a viewer shows them.

    Raises:
        UserError: as `load_scaled`.
    """
    return load_scaled(path)[0]


def load_scaled(path: Path) -> tuple[Image, float]:
    """As `load_picture`, and the pixels of the file for one pixel of the picture.

    Raises:
        UserError: no such file, not a picture, a format that OpenCV lacks, cut short, or too small
            to hold a face.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    refuse_unsupported(path, content)
    content = without_profile(content)
    # At an eighth first, which gives the size for little memory. A tiny picture has no eighth.
    eighth = decode(content, cv2.IMREAD_REDUCED_GRAYSCALE_8)
    longest = 0 if eighth is None else 8 * max(eighth.shape)
    factor = next((f for f in (8, 4, 2) if longest / f >= LONGEST_SIDE), 1)
    bgr = decode(content, _REDUCED[factor])
    if bgr is None:
        raise UserError(f"{path}: not a picture that can be read, or cut short; export it again")
    height, width = bgr.shape[:2]
    if min(height, width) * factor < SHORTEST_SIDE:
        raise UserError(
            f"{path}: {width}x{height} pixels are too few for a face; takes {SHORTEST_SIDE} or more"
        )
    if may_be_transparent(content):
        bgr = _on_white(bgr, content)
    small = fit(bgr, LONGEST_SIDE)
    scale = factor * max(bgr.shape) / max(small.shape)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8), scale


def fit(picture: Image, longest: int) -> Image:
    """The picture itself, or scaled down so that no side is longer than `longest` pixels."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def frame_of(rgb: Image, at: float) -> Frame:
    """A frame of an RGB picture (H, W, 3); at: monotonic seconds."""
    return Frame(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8), rgb, at)


def decode(content: bytes, flag: int) -> Image | None:
    """A picture, upright, as OpenCV's `IMREAD_...` flag says; None: not a picture, or cut short."""
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    except cv2.error:  # empty, or beyond OpenCV's own limit of 2^30 pixels
        return None
    if picture is None:
        return None
    orientation = webp_orientation(content)  # of the other formats OpenCV applies it itself
    if orientation > UPRIGHT:
        picture = cv2.transpose(picture) if orientation >= 5 else picture
        picture = cv2.flip(picture, _FLIPS[orientation]) if orientation in _FLIPS else picture
    return np.asarray(picture)


def refuse_unsupported(path: Path, content: bytes) -> None:
    """Raises: UserError: the file begins as a format that OpenCV lacks."""
    if name := unsupported_format(content):
        raise UserError(f"{path}: {name} is not supported; save it as JPEG")


def _on_white(bgr: Image, content: bytes) -> Image:
    """Blend a picture that has an alpha channel with white."""
    whole = decode(content, cv2.IMREAD_UNCHANGED)
    if whole is None or whole.ndim != 3 or whole.shape[2] != 4:
        return bgr
    height, width = bgr.shape[:2]
    if (whole.shape[0] > whole.shape[1]) != (height > width):
        return bgr  # rotated by EXIF, as the alpha channel is not
    opaque = whole[:, :, 3].astype(np.float32) / np.iinfo(whole.dtype).max
    alpha = cv2.resize(opaque, (width, height), interpolation=cv2.INTER_AREA)[:, :, None]
    return np.asarray(np.rint(255 + (bgr.astype(np.float32) - 255) * alpha), np.uint8)
