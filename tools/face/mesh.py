"""The mesh of the guide's face: `python -m tools.face.mesh face_landmarker.task`.

The bundle of MediaPipe's face landmarker holds its canonical face model (Apache License 2.0): 468
vertices in centimetres and 898 triangles, which become the page's `vendor/face-mesh.js`. The same
bundle gives the same bytes.
"""

from __future__ import annotations

import base64
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.display.server import PAGE

GEOMETRY = "geometry_pipeline_metadata_landmarks.binarypb"
FILE = PAGE / "vendor" / "face-mesh.js"

VERTICES, TRIANGLES = 468, 898
MESH, VERTEX, INDEX = 1, 3, 4
"""Fields of MediaPipe's `GeometryPipelineMetadata` and of its `Mesh3d`."""

A_VERTEX = 5
"""Numbers of a vertex: its place, and where it is in a texture, which is not used."""

UNITS_A_CM = 1000


def script(bundle: Path) -> str:
    """The text of the page's script.

    Raises:
        KeyError, ValueError: not the bundle of a face landmarker.
    """
    with zipfile.ZipFile(bundle) as archive:
        metadata = archive.read(GEOMETRY)
    (mesh,) = (value for field, value in _fields(metadata) if field == MESH)
    found = list(_fields(mesh))
    numbers = [struct.unpack("<f", value)[0] for field, value in found if field == VERTEX]
    places = np.array(numbers).reshape(VERTICES, A_VERTEX)[:, :3]
    corners = np.array([value for field, value in found if field == INDEX])
    triangles = corners.reshape(TRIANGLES, 3)
    vertices = _packed(places * UNITS_A_CM, "<i2")
    return (
        "/* MediaPipe's face model (face-mesh.LICENSE.md), packed by `tools/face/mesh.py`:\n"
        f"   vertices in 1/{UNITS_A_CM} cm, int16, and triangles, uint16, both little-endian. */\n"
        f'window.FACE_MESH = {{\n  unitsPerCm: {UNITS_A_CM},\n  vertices: "{vertices}",\n'
        f'  triangles: "{_packed(triangles, "<u2")}",\n}};\n'
    )


def _packed(numbers: npt.NDArray[np.float64], dtype: str) -> str:
    return base64.b64encode(np.round(numbers).astype(dtype).tobytes()).decode()


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Numbers and values of the fields of a message of Protocol Buffers' wire format."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            yield tag >> 3, varint()
            continue
        if kind not in (2, 5):
            raise ValueError(f"a field of type {kind}")
        length = varint() if kind == 2 else 4
        yield tag >> 3, message[at : at + length]
        at += length


def main() -> None:
    """Write the script."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    FILE.write_text(script(Path(sys.argv[1])), encoding="utf-8")
    print(f"{FILE}: {FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
