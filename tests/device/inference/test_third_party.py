"""The face models are downloaded and checked, or one line says why not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from device.inference.third_party import SHA256, WHEEL, missing


def run(root: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "device.inference.third_party", "--folder", str(folder)]
    return subprocess.run(
        command,
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_complete_models_are_not_downloaded_again(root: Path, face_models: Path) -> None:
    assert missing(face_models) == ()
    before = {path: path.stat().st_mtime_ns for path in face_models.iterdir()}
    done = run(root, face_models, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert done.returncode == 0
    assert "already in" in done.stdout
    assert before == {path: path.stat().st_mtime_ns for path in face_models.iterdir()}


def test_an_altered_model_counts_as_missing(face_models: Path, tmp_path: Path) -> None:
    for path in face_models.glob("*.tflite"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "face_landmark.tflite").write_bytes(b"altered")
    assert missing(tmp_path) == ("face_landmark.tflite",)


def test_offline_the_error_is_one_clear_line(root: Path, tmp_path: Path) -> None:
    done = run(root, tmp_path / "models", PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert WHEEL in done.stderr
    assert "connect this machine" in done.stderr


def test_a_wheel_with_another_hash_is_refused(root: Path, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    name = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(wheels / name, "w") as wheel:
        wheel.writestr("mediapipe-0.10.21.dist-info/METADATA", "Name: mediapipe\nVersion: 0.10.21")
        for inside in SHA256:
            wheel.writestr(f"mediapipe/modules/{inside}", "not a model")
    folder = tmp_path / "models"
    done = run(root, folder, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert not list(folder.glob("*.tflite"))
