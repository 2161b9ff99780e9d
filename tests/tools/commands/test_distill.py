"""`wayside-tools teach`: what is kept, and what is not done twice."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.tools.small_datasets import fer_zip, utkface_zip
from tools.__main__ import main
from tools.training.networks import TINY, face_network
from tools.training.teachers import TEACHERS
from tools.training.temporal import temporal_network


@pytest.fixture
def room(tmp_path: Path) -> Path:
    fer_zip(tmp_path / "fer2013.zip", 6)
    utkface_zip(tmp_path / "utkface_112.zip", 3)
    keras.utils.set_random_seed(1)
    face_network(TINY).save(tmp_path / "large.keras")
    return tmp_path


def teach(room: Path, *more: str) -> int:
    where = ("--data", str(room), "--runs", str(room / "runs"), "--out", str(room / "lessons"))
    return main(["teach", "--views", "2", *more, *where])


def test_a_given_network_is_asked_about_every_training_face(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert teach(room, str(room / "large.keras")) == 0
    assert "large.npz: 6 faces, 2 views" in capsys.readouterr().out
    with np.load(room / "lessons/large.npz") as kept:
        assert kept["emotion"].shape == (2, 6, 7)
        assert kept["female"].shape == (2, 6, 1)


def test_a_teacher_whose_lessons_are_kept_is_not_trained_again(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert teach(room, str(room / "large.keras")) == 0
    (room / "lessons/large.npz").rename(room / "lessons/emotion.npz")
    assert teach(room, "--only", "emotion") == 0
    assert "emotion: its lessons are kept" in capsys.readouterr().out
    assert not (room / "runs/teachers").exists()


def test_what_would_be_refused_later_is_refused_before_hours_are_spent(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert teach(room, str(room / "large.keras")) == 0
    for more, said in (
        (("--only", "age", "--views", "3"), "large.npz: of another views"),
        ((str(room / "large.keras"), "--only", "age"), "is asked and not trained"),
        ((str(room / "none.keras"),), "none.keras: no such file"),
        ((str(room / "large.keras"),) * 2, "would be kept as large.npz like"),
    ):
        capsys.readouterr()
        assert teach(room, *more) == 1
        assert said in capsys.readouterr().err


def test_a_network_that_is_no_teacher_is_refused(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    temporal_network((3, 3, 16), 7, kind="dense").save(room / "temporal.keras")
    face_network(TINY, labels=8).save(room / "moods.keras")
    for name, said in (("temporal", "reads no face"), ("moods", "emotion tells 8 classes, not 7")):
        assert teach(room, str(room / f"{name}.keras")) == 1
        assert said in capsys.readouterr().err


def test_a_teacher_that_there_is_not_is_one_clear_line(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert teach(room, "--only", "emotion-z") == 1
    assert (
        f"--only: no teacher 'emotion-z'; there are {', '.join(TEACHERS)}"
        in capsys.readouterr().err
    )
