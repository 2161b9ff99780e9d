"""The mesh that ships is MediaPipe's, packed."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from tools.face.mesh import A_VERTEX, GEOMETRY, TRIANGLES, VERTICES, script


def field(number: int, kind: int, value: bytes) -> bytes:
    return bytes([number << 3 | kind]) + value


def varint(value: int) -> bytes:
    low, high = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(high) if high else bytes([low])


def bundle(folder: Path) -> Path:
    """A bundle of the landmarker's form whose vertices and triangles tell their own numbers."""
    numbers = [place if place % A_VERTEX < 3 else 0 for place in range(VERTICES * A_VERTEX)]
    mesh = b"".join(field(3, 5, struct.pack("<f", number / 1000)) for number in numbers)
    mesh += b"".join(field(4, 0, varint(corner % VERTICES)) for corner in range(3 * TRIANGLES))
    with zipfile.ZipFile(folder / "some.task", "w") as archive:
        archive.writestr(
            GEOMETRY, field(2, 2, b"\x02\x08\x01") + field(1, 2, varint(len(mesh)) + mesh)
        )
    return folder / "some.task"


def test_vertices_and_triangles_are_packed_in_their_order(tmp_path: Path) -> None:
    text = script(bundle(tmp_path))
    assert 'vertices: "AAABAAIABQAGAAcA' in text  # 0 1 2, then 5 6 7, as int16 in base64
    assert 'triangles: "AAABAAIAAwAEAAUA' in text
    assert text == script(bundle(tmp_path))


def test_what_is_no_landmarker_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.task"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("face_detector.tflite", b"")
    with pytest.raises(KeyError):
        script(other)
