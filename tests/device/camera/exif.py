"""JPEG and WebP pictures with an EXIF orientation, and a video with the rotation of a phone."""

from __future__ import annotations

import struct
from pathlib import Path


def exif(orientation: int, order: str = "<") -> bytes:
    """An EXIF block. order: of bytes, `<` or `>`."""
    mark = b"II" if order == "<" else b"MM"
    entry = struct.pack(f"{order}HHHIHH", 1, 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}HI", 42, 8) + entry + bytes(4)


def turned_jpeg(jpeg: bytes, orientation: int) -> bytes:
    """The same JPEG with an EXIF orientation."""
    block = b"Exif\0\0" + exif(orientation)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def turned_webp(webp: bytes, width: int, height: int, block: bytes) -> bytes:
    """A WebP of this size with an EXIF block, in the extended format."""
    alpha = 0x10 if webp[12:16] == b"VP8L" else 0
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + chunk(b"VP8X", bytes([0x08 | alpha, 0, 0, 0]) + size)
    body += webp[12:] + chunk(b"EXIF", block)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a RIFF file."""
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def turn_video(path: Path, degrees: int) -> Path:
    """Write a clockwise rotation into the track header of an MP4, as a phone does."""
    a, b = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    # ISO/IEC 14496-12, 8.3.2: a 3x3 matrix, 44 bytes after the name of a header of version 0.
    matrix = [a << 16, b << 16, 0, -b << 16, a << 16, 0, 0, 0, 1 << 30]
    content = bytearray(path.read_bytes())
    struct.pack_into(">9i", content, content.index(b"tkhd") + 44, *matrix)
    path.write_bytes(content)
    return path
