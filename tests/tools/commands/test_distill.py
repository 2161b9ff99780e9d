"""`wayside-tools distill`: files of soft targets, written once for each teacher."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.tools.small_datasets import fer_zip, utkface_zip
from tools.__main__ import main
from tools.training.networks import TINY, face_network
from tools.training.recipes import TEACHERS
from tools.training.temporal import temporal_network

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fer_zip(tmp_path / "fer2013.zip", 6)
    utkface_zip(tmp_path / "utkface_112.zip", 3)
    keras.utils.set_random_seed(1)
    face_network(TINY).save(tmp_path / "large.keras")
    return tmp_path


def distill(folder: Path, *options: str) -> int:
    where = (
        "--data",
        str(folder),
        "--runs",
        str(folder / "runs"),
        "--out",
        str(folder / "soft_targets"),
    )
    return main(["distill", "--views", "2", *options, *where])


def test_a_given_network_predicts_every_training_face(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert distill(folder, str(folder / "large.keras")) == 0
    assert "large.npz: 6 faces, 2 views" in capsys.readouterr().out
    with np.load(folder / "soft_targets/large.npz") as kept:
        assert kept["emotion"].shape == (2, 6, 7)
        assert kept["female"].shape == (2, 6, 1)


def test_a_teacher_with_a_file_is_not_trained_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert distill(folder, str(folder / "large.keras")) == 0
    (folder / "soft_targets/large.npz").rename(folder / "soft_targets/emotion.npz")
    assert distill(folder, "--only", "emotion") == 0
    assert "emotion.npz exists" in capsys.readouterr().out
    assert not (folder / "runs/teachers").exists()


def test_errors_are_reported_before_hours_of_training(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert distill(folder, str(folder / "large.keras")) == 0
    for options, error in (
        (("--only", "age", "--views", "3"), "large.npz: written for another request (views: "),
        ((str(folder / "large.keras"), "--only", "age"), "is trained already"),
        ((str(folder / "none.keras"),), "none.keras: no such file"),
        ((str(folder / "large.keras"),) * 2, "would write large.npz like"),
    ):
        capsys.readouterr()
        assert distill(folder, *options) == 1
        assert error in capsys.readouterr().err


def test_a_network_that_cannot_be_a_teacher_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    temporal_network((3, 3, 16), 7, kind="dense").save(folder / "temporal.keras")
    face_network(TINY, labels=8).save(folder / "moods.keras")
    for name, error in (
        ("temporal", "not a face network"),
        ("moods", "emotion has 8 classes, not 7"),
    ):
        assert distill(folder, str(folder / f"{name}.keras")) == 1
        assert error in capsys.readouterr().err


def test_an_unknown_teacher_is_a_user_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert distill(folder, "--only", "emotion-z") == 1
    assert (
        f"--only: no teacher 'emotion-z'; there are {', '.join(TEACHERS)}"
        in capsys.readouterr().err
    )
