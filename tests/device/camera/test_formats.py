"""What a file's first bytes say: formats that cannot be read, and orientation."""

from __future__ import annotations

import pytest

from device.camera.formats import UPRIGHT, unsupported_format, webp_orientation
from tests.device.camera.exif import exif, turned_webp

WEBP = b"RIFF\x0e\0\0\0WEBPVP8 \2\0\0\0ab"


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    """The first box of an ISO media file, and the beginning of the next."""
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0\0\1\0meta"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (ftyp(b"heic", b"mif1", b"heic"), "HEIC"),
        (ftyp(b"heix"), "HEIC"),
        (ftyp(b"hevc", b"msf1"), "HEIC"),
        (ftyp(b"mif1", b"miaf", b"heic"), "HEIC"),
        (ftyp(b"mif1", b"avif"), "AVIF"),
        (ftyp(b"avif", b"mif1", b"miaf"), "AVIF"),
        (ftyp(b"isom", b"hvc1", b"mp41"), None),  # a video
        (ftyp(b"qt  "), None),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", None),
        (b"", None),
    ],
)
def test_a_format_that_opencv_lacks_is_recognised_by_its_brand(content, name):
    assert unsupported_format(content) == name


@pytest.mark.parametrize("block", [exif(6), exif(6, ">"), b"Exif\0\0" + exif(6)])
def test_exif_is_read_in_both_byte_orders_with_or_without_its_name(block):
    assert webp_orientation(turned_webp(WEBP, 60, 40, block)) == 6


@pytest.mark.parametrize("block", [b"", b"II", exif(6)[:18], exif(0), exif(9), b"\xff" * 40])
def test_a_webp_with_broken_exif_counts_as_upright(block):
    assert webp_orientation(turned_webp(WEBP, 60, 40, block)) == UPRIGHT


def test_a_file_without_exif_counts_as_upright():
    for content in (b"", WEBP, turned_webp(WEBP, 60, 40, exif(6))[:40], b"RIFF0000WEBPVP8X"):
        assert webp_orientation(content) == UPRIGHT
