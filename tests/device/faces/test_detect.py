"""Which detector runs and why; what a second look keeps out; both detectors see the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device.camera.images import frame_of
from device.config import VisionConfig
from device.errors import UserError
from device.faces.blazeface import KEYPOINTS
from device.faces.detect import SecondLook, obstacle, open_detector
from device.faces.mesh import BELIEVED_S, FaceMesh
from device.values import Box, Face, Frame
from tests.device.faces.counting import CountingMesh

PI_4 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU part\t: 0xd08\n"
PI_5 = "processor\t: 0\nFeatures\t: fp asimd evtstrm aes crc32 atomics fphp cpuid\n"

OBSTACLE = obstacle()
mediapipe_runs_here = pytest.mark.skipif(OBSTACLE is not None, reason=str(OBSTACLE))
BOTH = [pytest.param("mediapipe", marks=mediapipe_runs_here), "blazeface"]


@pytest.fixture
def pi_4(tmp_path: Path) -> Path:
    (tmp_path / "cpuinfo").write_text(PI_4)
    return tmp_path / "cpuinfo"


def test_a_pi_4_takes_blazeface_and_says_why(face_models: Path, pi_4: Path) -> None:
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


def test_a_processor_that_cannot_be_asked_is_not_risked(tmp_path: Path) -> None:
    assert "does not say" in str(obstacle(tmp_path / "none", "aarch64"))
    (tmp_path / "cpuinfo").write_text("")
    assert "atomics" in str(obstacle(tmp_path / "cpuinfo", "aarch64"))


def test_a_mediapipe_that_does_not_load_is_done_without(root: Path, tmp_path: Path) -> None:
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


def test_mediapipe_asked_for_on_a_pi_4_is_one_clear_line(face_models: Path, pi_4: Path) -> None:
    vision = VisionConfig(detector="mediapipe")
    with pytest.raises(UserError, match=r"vision.detector: mediapipe: .*atomics.*`auto`") as error:
        open_detector(vision, face_models, cpuinfo=pi_4, machine="aarch64")
    assert "\n" not in str(error.value)


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
        broken = whole if path.name == "face_landmark.tflite" else whole[: len(whole) // 2]
        (tmp_path / path.name).write_bytes(broken)
    vision = VisionConfig.model_validate({"detector": name})
    with pytest.raises(UserError, match="not a whole model") as error:
        open_detector(vision, tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", BOTH)
def test_either_detector_finds_a_portrait_in_a_view_of_the_cameras_own_buffer(
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
def test_mediapipe_bears_a_clip_that_starts_again(face_models: Path, hopper: Frame) -> None:
    detector, _ = open_detector(VisionConfig(detector="mediapipe"), face_models)
    for at in (5.0, 5.0, 0.0, 0.001, 7.0):
        assert len(detector.detect(Frame(hopper.grey, hopper.rgb, at))) == 1
    detector.close()


class Claims:
    """A detector that claims to see whatever it is told to."""

    def __init__(self, *faces: Face) -> None:
        self.faces = faces

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return self.faces

    def close(self) -> None:
        pass


def face_at(x: float, y: float, side: float, score: float = 0.6) -> Face:
    shape = np.array([[-18, -20], [18, -20], [0, 5], [0, 25], [-42, -10], [42, -10]], np.float32)
    points = shape * np.float32(side / 100) + np.array([x, y], np.float32)
    return Face(Box(x - side / 2, y - side / 2, side, side), points, score, KEYPOINTS)


def test_a_second_look_keeps_out_what_is_no_face(face_models: Path, hopper: Frame) -> None:
    real, ghost = face_at(266, 240, 200), face_at(80, 520, 90)
    detector = SecondLook(Claims(real, ghost), FaceMesh(face_models))
    assert detector.detect(hopper) == (real,)


def test_a_face_that_has_gone_is_looked_at_again_before_long(
    face_models: Path, hopper: Frame
) -> None:
    real = face_at(266, 240, 200)
    detector = SecondLook(Claims(real), FaceMesh(face_models))
    assert detector.detect(hopper) == (real,)
    wall = frame_of(np.full_like(hopper.rgb, 140), BELIEVED_S / 2)
    assert detector.detect(wall) == (real,)
    assert detector.detect(Frame(wall.grey, wall.rgb, BELIEVED_S + 0.01)) == ()


def test_a_face_whose_eyes_were_just_looked_at_needs_no_second_look(
    face_models: Path, hopper: Frame
) -> None:
    real, mesh = face_at(266, 240, 200), CountingMesh(face_models)
    detector = SecondLook(Claims(real), mesh)
    assert mesh.look(hopper, real).believed
    later = Frame(hopper.grey, hopper.rgb, hopper.at + BELIEVED_S / 2)
    assert detector.detect(later) == (real,)
    assert mesh.looks == 1
    assert detector.detect(Frame(hopper.grey, hopper.rgb, hopper.at + BELIEVED_S)) == (real,)
    assert mesh.looks == 2


def test_a_look_at_a_ghost_makes_it_no_face(face_models: Path, hopper: Frame) -> None:
    ghost, mesh = face_at(80, 520, 90), FaceMesh(face_models)
    assert not mesh.look(hopper, ghost).believed
    assert SecondLook(Claims(ghost), mesh).detect(hopper) == ()


def test_a_face_that_walks_is_followed_and_not_looked_at_again_at_every_step(
    face_models: Path, hopper: Frame
) -> None:
    mesh = CountingMesh(face_models)
    for step in range(8):
        face = face_at(266 + 60 * step, 240, 200)
        walking = SecondLook(Claims(face), mesh)
        at = hopper.at + BELIEVED_S * step / 10
        assert walking.detect(Frame(hopper.grey, hopper.rgb, at)) == (face,)
    assert mesh.looks == 1
