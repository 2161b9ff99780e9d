"""Which detector runs, and why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device.config import VisionConfig
from device.errors import UserError
from device.faces.detect import obstacle, open_detector
from device.values import Frame

PI_4 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU part\t: 0xd08\n"
PI_5 = "processor\t: 0\nFeatures\t: fp asimd evtstrm aes crc32 atomics fphp cpuid\n"

OBSTACLE = obstacle()
mediapipe_runs_here = pytest.mark.skipif(OBSTACLE is not None, reason=str(OBSTACLE))
BOTH = [pytest.param("mediapipe", marks=mediapipe_runs_here), "blazeface"]


@pytest.fixture
def pi_4(tmp_path: Path) -> Path:
    (tmp_path / "cpuinfo").write_text(PI_4)
    return tmp_path / "cpuinfo"


def test_a_pi_4_uses_blazeface_and_reports_why(face_models: Path, pi_4: Path) -> None:
    detector, choice = open_detector(VisionConfig(), face_models, cpuinfo=pi_4, machine="aarch64")
    detector.close()
    assert choice.name == "blazeface"
    assert "atomics" in choice.reason


def test_a_pi_4_never_imports_mediapipe(root: Path, pi_4: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from device.config import VisionConfig\n"
        "from device.faces.detect import open_detector\n"
        f"open_detector(VisionConfig(), Path('models/third_party'), cpuinfo=Path({str(pi_4)!r}),"
        " machine='aarch64')\n"
        "print('mediapipe' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "False")


def test_a_pi_5_may_run_mediapipe(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(PI_5)
    assert obstacle(tmp_path / "cpuinfo", "aarch64") is None


def test_mediapipe_is_not_used_on_an_unknown_processor(tmp_path: Path) -> None:
    assert "does not say" in str(obstacle(tmp_path / "none", "aarch64"))
    (tmp_path / "cpuinfo").write_text("")
    assert "atomics" in str(obstacle(tmp_path / "cpuinfo", "aarch64"))


def test_blazeface_replaces_a_mediapipe_that_does_not_load(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mediapipe.py").write_text("raise OSError('libEGL.so.1: no such file')\n")
    code = (
        "from pathlib import Path; from device.config import VisionConfig\n"
        "from device.faces.detect import open_detector\n"
        "print(open_detector(VisionConfig(), Path('models/third_party'), machine='x86_64')[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "name='blazeface'" in done.stdout, done.stderr
    assert "does not load (libEGL.so.1: no such file)" in done.stdout


def test_mediapipe_configured_on_a_pi_4_is_one_clear_line(face_models: Path, pi_4: Path) -> None:
    vision = VisionConfig(detector="mediapipe")
    with pytest.raises(UserError, match=r"vision.detector: mediapipe: .*atomics.*`auto`") as error:
        open_detector(vision, face_models, cpuinfo=pi_4, machine="aarch64")
    assert "\n" not in str(error.value)


def test_a_detector_that_does_not_exist_is_one_clear_line(face_models: Path) -> None:
    with pytest.raises(UserError, match=r"vision.detector: got 'yolo', takes auto, mediapipe, b"):
        open_detector(VisionConfig(detector="yolo"), face_models)


@mediapipe_runs_here
def test_auto_takes_mediapipe_where_it_runs(face_models: Path) -> None:
    detector, choice = open_detector(VisionConfig(), face_models)
    detector.close()
    assert choice.name == "mediapipe"


@pytest.mark.parametrize("name", BOTH)
def test_a_broken_model_file_is_one_clear_line(
    face_models: Path, tmp_path: Path, name: str
) -> None:
    for path in face_models.glob("*.tflite"):
        whole = path.read_bytes()
        (tmp_path / path.name).write_bytes(whole[: len(whole) // 2])
    vision = VisionConfig.model_validate({"detector": name})
    with pytest.raises(UserError, match="not a complete model") as error:
        open_detector(vision, tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", BOTH)
def test_both_detectors_find_a_face_in_a_view_of_the_cameras_buffer(
    face_models: Path, hopper: Frame, name: str
) -> None:
    detector, _ = open_detector(VisionConfig.model_validate({"detector": name}), face_models)
    buffer = np.ascontiguousarray(hopper.rgb[:, :, ::-1])
    view = buffer[:, :, ::-1]
    assert not view.flags.c_contiguous
    (face,) = detector.detect(Frame(hopper.grey, view, 1.0))
    assert 60 < face.box.w < 300
    detector.close()


@mediapipe_runs_here
def test_mediapipe_accepts_a_clip_that_starts_again(face_models: Path, hopper: Frame) -> None:
    detector, _ = open_detector(VisionConfig(detector="mediapipe"), face_models)
    for at in (5.0, 5.0, 0.0, 0.001, 7.0):
        assert len(detector.detect(Frame(hopper.grey, hopper.rgb, at))) == 1
    detector.close()
