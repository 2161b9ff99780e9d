"""What OpenCV does not read from a picture's header: formats that it lacks, WebP's orientation.

Pure functions of a file's bytes; a broken header is never an error here.
"""

from __future__ import annotations

import struct
from typing import Literal

UPRIGHT = 1
"""EXIF's orientation of a picture that is stored as it is shown."""

HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")
"""Brands in the `ftyp` box of ISO/IEC 23008-12, annex B, and of AV1 Image File Format, section 8.
`mif1` and `msf1` hold either format."""

_PNG = b"\x89PNG\r\n\x1a\n"
_EXIF_ORIENTATION = 0x0112


def unsupported_format(content: bytes) -> Literal["HEIC", "AVIF"] | None:
    """The format of a file that begins as a HEIC or AVIF picture, which OpenCV cannot decode."""
    if content[4:8] != b"ftyp" or content[8:12] not in (*HEIF_BRANDS, *AVIF_BRANDS):
        return None
    box = content[: int.from_bytes(content[:4], "big")]
    return "AVIF" if any(brand in box for brand in AVIF_BRANDS) else "HEIC"


def webp_orientation(content: bytes) -> int:
    """EXIF's orientation of a WebP, 1 to 8; `UPRIGHT` without EXIF and for other formats."""
    if content[:4] != b"RIFF" or content[8:16] != b"WEBPVP8X":
        return UPRIGHT
    at = 12
    while at + 8 <= len(content):
        kind, length = struct.unpack_from("<4sI", content, at)
        at += 8
        if kind == b"EXIF":
            return _orientation(content[at : at + length].removeprefix(b"Exif\0\0"))
        at += length + length % 2
    return UPRIGHT


def _orientation(tiff: bytes) -> int:
    """The orientation in the first directory of an EXIF block; `UPRIGHT` if it is broken."""
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, at)
            if tag == _EXIF_ORIENTATION:
                return int(value) if 1 <= value <= 8 else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT


def may_be_transparent(content: bytes) -> bool:
    """Whether the header of a PNG or a WebP announces transparency."""
    if content.startswith(_PNG):
        return content[25:26] in (b"\4", b"\6") or b"tRNS" in content[:2048]
    return content[8:16] == b"WEBPVP8L" or (content[8:16] == b"WEBPVP8X" and content[20] & 16 > 0)


def without_profile(content: bytes) -> bytes:
    """A PNG without its colour profile, about which libpng writes warnings to the terminal; other
    formats unchanged."""
    if not content.startswith(_PNG):
        return content
    kept, at = [_PNG], len(_PNG)
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind != b"iCCP":
            kept.append(content[at : at + length + 12])
        at += length + 12
    return b"".join(kept)
