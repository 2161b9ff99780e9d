"""Loads a picture: upright, without transparency, no larger than the corridor needs.

A broken file is a `UserError` of one line. A huge picture is decoded at a fraction of its size: a
JPEG of 108 megapixels takes 12 MB instead of 600.
"""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np

from device.errors import UserError
from device.values import Frame, Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
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
_PNG = b"\x89PNG\r\n\x1a\n"

# OpenCV would write warnings beside our own error of one line.
cv2.setLogLevel(0)


def is_picture(path: Path) -> bool:
    """Whether the file has a picture's suffix; its content is checked when it is loaded."""
    return path.suffix.lower() in SUFFIXES


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
        UserError: no such file, not a picture, cut short, or too small to hold a face.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if content.startswith(_PNG):
        content = _without_profile(content)
    data = np.frombuffer(content, np.uint8)
    # At an eighth first, which gives the size for little memory. A tiny picture has no eighth.
    eighth = _decode(data, cv2.IMREAD_REDUCED_GRAYSCALE_8)
    longest = 0 if eighth is None else 8 * max(eighth.shape)
    factor = next((f for f in (8, 4, 2) if longest / f >= LONGEST_SIDE), 1)
    bgr = _decode(data, _REDUCED[factor])
    if bgr is None:
        raise UserError(f"{path}: not a picture that can be read, or cut short; export it again")
    height, width = bgr.shape[:2]
    if min(height, width) * factor < SHORTEST_SIDE:
        raise UserError(
            f"{path}: {width}x{height} pixels are too few for a face; takes {SHORTEST_SIDE} or more"
        )
    if _may_be_transparent(content):
        bgr = _on_white(bgr, data)
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


def _decode(data: Image, flag: int) -> Image | None:
    try:
        picture = cv2.imdecode(data, flag)
    except cv2.error:  # empty, or beyond OpenCV's own limit of 2^30 pixels
        return None
    return None if picture is None else np.asarray(picture)


def _may_be_transparent(content: bytes) -> bool:
    """Whether the header of a PNG or a WebP announces transparency."""
    if content.startswith(_PNG):
        return content[25:26] in (b"\4", b"\6") or b"tRNS" in content[:2048]
    return content[8:16] == b"WEBPVP8L" or (content[8:16] == b"WEBPVP8X" and content[20] & 16 > 0)


def _on_white(bgr: Image, data: Image) -> Image:
    """Blend a picture that has an alpha channel with white."""
    whole = _decode(data, cv2.IMREAD_UNCHANGED)
    if whole is None or whole.ndim != 3 or whole.shape[2] != 4:
        return bgr
    height, width = bgr.shape[:2]
    if (whole.shape[0] > whole.shape[1]) != (height > width):
        return bgr  # rotated by EXIF, as the alpha channel is not
    opaque = whole[:, :, 3].astype(np.float32) / np.iinfo(whole.dtype).max
    alpha = cv2.resize(opaque, (width, height), interpolation=cv2.INTER_AREA)[:, :, None]
    return np.asarray(np.rint(255 + (bgr.astype(np.float32) - 255) * alpha), np.uint8)


def _without_profile(png: bytes) -> bytes:
    """A PNG without its colour profile, about which libpng writes warnings to the terminal."""
    kept, at = [_PNG], len(_PNG)
    while at + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind != b"iCCP":
            kept.append(png[at : at + length + 12])
        at += length + 12
    return b"".join(kept)
