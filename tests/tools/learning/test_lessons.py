"""What teachers say is kept by the face, and given back to whoever has the face."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from device.errors import UserError
from tools.faces.datasets import TRAIN, Stills, from_pictures, pixels_digest
from tools.learning.lessons import ask, load, save
from tools.learning.networks import HEADS, TINY, face_network, with_only


def faces(count: int, seed: int = 0) -> Stills:
    pictures = np.random.default_rng(seed).integers(0, 256, (count, 64, 64), np.uint8)
    return from_pictures(pictures, TRAIN, np.array([pixels_digest(p) for p in pictures]))


def teacher(path: Path, seed: int, heads: Collection[str] = HEADS) -> Path:
    keras.utils.set_random_seed(seed)
    with_only(face_network(TINY), heads).save(path)
    return path


def test_lessons_come_back_by_face_in_any_order(tmp_path: Path) -> None:
    stills = faces(6)
    lessons = ask([teacher(tmp_path / "a.keras", 1), teacher(tmp_path / "b.keras", 2)], stills)
    for value in (lessons.emotion, lessons.votes, lessons.age):
        np.testing.assert_allclose(value.sum(axis=1), 1, atol=1e-5)
    save(tmp_path / "lessons.npz", stills, lessons)
    order = np.array([4, 0, 5])
    again = load(tmp_path / "lessons.npz", stills.take(order))
    for name in ("emotion", "votes", "age", "female"):
        expected = getattr(lessons, name)[order]
        np.testing.assert_allclose(getattr(again, name), expected, atol=1 / 100)


def test_a_face_and_its_mirror_image_are_one_lesson(tmp_path: Path) -> None:
    path = teacher(tmp_path / "a.keras", 1)
    stills = faces(3)
    mirrored = replace(stills, pictures=stills.pictures[:, :, ::-1])
    np.testing.assert_allclose(
        ask([path], stills).emotion, ask([path], mirrored).emotion, atol=1e-6
    )


def test_a_teacher_speaks_for_what_it_has_learnt(tmp_path: Path) -> None:
    stills = faces(3)
    ages = teacher(tmp_path / "ages.keras", 1, ("age", "female"))
    rest = teacher(tmp_path / "rest.keras", 2, ("emotion", "votes"))
    both, other = ask([ages, rest], stills), ask([teacher(tmp_path / "b.keras", 2)], stills)
    np.testing.assert_allclose(both.emotion, other.emotion, atol=1e-6)
    assert np.abs(both.age - other.age).max() > 1e-4
    with pytest.raises(UserError, match="no teacher has learnt emotion"):
        ask([ages], stills)


def test_a_face_that_no_teacher_saw_is_one_clear_line(tmp_path: Path) -> None:
    stills = faces(3)
    save(tmp_path / "lessons.npz", stills, ask([teacher(tmp_path / "a.keras", 1)], stills))
    with pytest.raises(UserError, match="no lesson for 2 of 2 training faces"):
        load(tmp_path / "lessons.npz", faces(2, seed=9))
